import { type ComponentChildren, h } from 'preact';
import type { DecideInput, ExplainChoicesQuery } from '../graph/documents.generated.ts';
import { Choice, meant, type Option, optionsOf } from '../parts/choice.ts';

interface Props {
  choices: ExplainChoicesQuery;
  explain: (input: DecideInput) => void;
}

const DEMANDS = {
  requiresStreaming: 'Streaming',
  requiresFunctionCalling: 'Function calling',
  requiresVision: 'Vision',
} as const;

/** What a request says of itself. */
export function ExplainForm({ choices, explain }: Props) {
  const workspaces = optionsOf(choices.workspaces, 'workspaceId');
  const models = optionsOf(choices.logicalModels, 'logicalModelId');
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    explain(inputOf(form, workspaces.options, models.options));
  };
  return h(
    'form',
    { class: 'card', onSubmit: submit },
    h(Choice, { label: 'Workspace', name: 'workspaceId', ...workspaces }),
    h(Text, { label: 'Purpose', name: 'purpose' }),
    h(Text, { label: 'Step type', name: 'stepType' }),
    h(Text, { label: 'Endpoint type', name: 'endpointType' }),
    h(Text, { label: 'Endpoint id', name: 'endpointId' }),
    h(Choice, { label: 'Model, when no policy matches', name: 'logicalModelId', none: 'none', ...models }),
    h(
      'div',
      { class: 'pair' },
      h(
        Labeled,
        { label: 'Input tokens' },
        h('input', { name: 'estimatedInputTokens', type: 'number', min: 0, step: 1 }),
      ),
      h(
        Labeled,
        { label: 'Output tokens' },
        h('input', { name: 'estimatedOutputTokens', type: 'number', min: 0, step: 1 }),
      ),
    ),
    h(Text, { label: 'Tags, as key=value, key=value', name: 'tags' }),
    h(
      'fieldset',
      null,
      h('legend', null, 'Demands'),
      Object.entries(DEMANDS).map(([name, label]) =>
        h('label', { key: name, class: 'check' }, h('input', { type: 'checkbox', name }), ` ${label}`),
      ),
    ),
    h('button', { class: 'primary' }, 'Explain'),
  );
}

function Labeled({ label, children }: { label: string; children?: ComponentChildren }) {
  return h('label', { class: 'field' }, h('span', null, label), children);
}

function Text({ label, name }: { label: string; name: string }) {
  return h(Labeled, { label }, h('input', { name, autocomplete: 'off' }));
}

function inputOf(form: FormData, workspaces: readonly Option[], models: readonly Option[]): DecideInput {
  const text = (name: string) => String(form.get(name) ?? '').trim() || null;
  const count = (name: string) => (text(name) === null ? undefined : Number(text(name)));
  return {
    workspaceId: meant(workspaces, text('workspaceId') ?? ''),
    purpose: text('purpose'),
    stepType: text('stepType'),
    endpointType: text('endpointType'),
    endpointId: text('endpointId'),
    logicalModelId: meant(models, text('logicalModelId') ?? '') || null,
    estimatedInputTokens: count('estimatedInputTokens'),
    estimatedOutputTokens: count('estimatedOutputTokens'),
    tags: pairsOf(text('tags') ?? ''),
    ...Object.fromEntries(Object.keys(DEMANDS).map((name) => [name, form.has(name)])),
  };
}

/** Split at the first `=`; what has none is left out. */
function pairsOf(text: string): Record<string, string> {
  const pairs = text.split(',').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at < 1 ? [] : [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const];
  });
  return Object.fromEntries(pairs);
}
