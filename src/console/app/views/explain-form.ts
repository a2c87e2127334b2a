import { type ComponentChildren, h } from 'preact';
import type { DecideInput } from '../graph/documents.generated.ts';

interface Props {
  workspaces: readonly { workspaceId: string; name: string }[];
  models: readonly { logicalModelId: string; name: string }[];
  explain: (input: DecideInput) => void;
}

const DEMANDS = {
  requiresStreaming: 'Streaming',
  requiresFunctionCalling: 'Function calling',
  requiresVision: 'Vision',
} as const;

/** What a request says of itself. */
export function ExplainForm({ workspaces, models, explain }: Props) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    explain(inputOf(new FormData(event.currentTarget as HTMLFormElement)));
  };
  return h(
    'form',
    { class: 'card', onSubmit: submit },
    h(
      Labeled,
      { label: 'Workspace' },
      h(
        'select',
        { name: 'workspaceId' },
        workspaces.map((one) => h('option', { key: one.workspaceId, value: one.workspaceId }, one.name)),
      ),
    ),
    h(Text, { label: 'Purpose', name: 'purpose' }),
    h(Text, { label: 'Step type', name: 'stepType' }),
    h(Text, { label: 'Endpoint type', name: 'endpointType' }),
    h(Text, { label: 'Endpoint id', name: 'endpointId' }),
    h(
      Labeled,
      { label: 'Model, when no policy matches' },
      h(
        'select',
        { name: 'logicalModelId' },
        h('option', { value: '' }, 'none'),
        models.map((one) => h('option', { key: one.logicalModelId, value: one.logicalModelId }, one.name)),
      ),
    ),
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

function inputOf(form: FormData): DecideInput {
  const text = (name: string) => String(form.get(name) ?? '').trim() || null;
  const count = (name: string) => (text(name) === null ? undefined : Number(text(name)));
  return {
    workspaceId: text('workspaceId') ?? '',
    purpose: text('purpose'),
    stepType: text('stepType'),
    endpointType: text('endpointType'),
    endpointId: text('endpointId'),
    logicalModelId: text('logicalModelId'),
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
