import { h } from 'preact';
import { useState } from 'preact/hooks';
import { DecisionChoices } from '../graph/documents.generated.ts';
import type { Wanted } from '../graph/follow-decisions.ts';
import { useQuery } from '../graph/use-query.ts';
import { Choice, type Option, optionsOf } from '../parts/choice.ts';
import { words } from '../parts/format.ts';
import { type Asked, go } from '../parts/router.ts';
import { momentOf, NAMES, type Name, refusals, wallTimeOf } from './decisions-wanted.ts';

interface Props {
  asked: Asked;
  wanted: Wanted;
}

const RESULTS: readonly Option[] = [
  ['admitted', 'admitted'],
  ['refused', 'refused'],
];

/** Which decisions are shown: what is chosen goes into the address, which can be handed on, and gone back from. */
export function DecisionFilters({ asked, wanted }: Props) {
  const { data } = useQuery(DecisionChoices, {}, { on: ['workspace.*', 'router_policy.*', 'provider_account.*'] });
  const count = Object.keys(wanted).length;
  const [isOpen] = useState(count > 0);
  const choose = (name: Name, value: string) => {
    const { [name]: _, ...others } = asked;
    go('decisions', undefined, value === '' ? others : { ...others, [name]: value });
  };
  const select = (label: string, name: Name, chosen: string | null | undefined, { options, isWhole }: Choices) =>
    h(Choice, {
      ...{ label, isWhole, none: 'any', chosen: chosen ?? '' },
      options: withChosen(options, chosen ?? ''),
      choose: (value) => choose(name, value),
    });
  const { workspaceId, policyId, logicalModelId, providerAccountId, admitted, refusalCode, since, until } = wanted;
  return h(
    'details',
    { class: 'filters', open: isOpen },
    h('summary', null, count === 0 ? 'Filters' : `Filters: ${count}`),
    h(
      'form',
      { 'aria-label': 'Filters', onSubmit: (event: SubmitEvent) => event.preventDefault() },
      select('Workspace', 'workspace', workspaceId, optionsOf(data?.workspaces, 'workspaceId')),
      select('Policy', 'policy', policyId, optionsOf(data?.routerPolicies, 'policyId')),
      select('Model', 'model', logicalModelId, optionsOf(data?.logicalModels, 'logicalModelId')),
      select('Account', 'account', providerAccountId, optionsOf(data?.providerAccounts, 'providerAccountId')),
      select('Result', 'result', admitted == null ? '' : admitted ? 'admitted' : 'refused', all(RESULTS)),
      select('Refused because', 'refusal', refusalCode, all(refusals.map((code) => [code, words(code)]))),
      h(Time, { label: 'Made from', at: since, choose: (value) => choose('since', value) }),
      h(Time, { label: 'Made before', at: until, choose: (value) => choose('until', value) }),
      h(
        'button',
        { type: 'button', disabled: count === 0, onClick: () => go('decisions', undefined, withoutFilters(asked)) },
        'Show all',
      ),
    ),
  );
}

function withoutFilters(asked: Asked): Asked {
  return Object.fromEntries(Object.entries(asked).filter(([name]) => !NAMES.some((one) => one === name)));
}

interface Choices {
  options: readonly Option[];
  isWhole: boolean;
}

function all(options: readonly Option[]): Choices {
  return { options, isWhole: true };
}

/** What is chosen can be chosen, whether or not it is among the first of its kind. */
function withChosen(options: readonly Option[], chosen: string): readonly Option[] {
  const isKnown = chosen === '' || options.some(([value]) => value === chosen);
  return isKnown ? options : [[chosen, chosen], ...options];
}

interface TimeProps {
  label: string;
  at: string | null | undefined;
  choose: (value: string) => void;
}

function Time({ label, at, choose }: TimeProps) {
  return h(
    'label',
    { class: 'field time' },
    h('span', null, label),
    h('input', {
      type: 'datetime-local',
      value: at == null ? '' : wallTimeOf(at),
      onChange: (event: Event) => choose(momentOf((event.currentTarget as HTMLInputElement).value)),
    }),
  );
}
