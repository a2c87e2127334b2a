import { h } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { useAllPages } from '../graph/all-pages.ts';
import { type PolicyRowFragment as Policy, PolicyWarnings } from '../graph/documents.generated.ts';
import { useQuery } from '../graph/use-query.ts';
import { Badge } from '../parts/badge.ts';
import { compact, number, percent, words } from '../parts/format.ts';
import { go, type ViewProps } from '../parts/router.ts';
import { Rows } from '../parts/rows.ts';
import { Failed, Note } from '../parts/state.ts';
import { conditionsOf } from './conditions.ts';
import { LIST } from './policy-list.ts';
import { PolicyPanel } from './policy-panel.ts';

const COLUMNS = ['Rank', 'Policy', 'When', 'To', 'Breakers', 'Matches', 'Errors'];
const CHANGES = ['router_policy.*', 'logical_model.*'];

/** Where requests go, in the order in which policies are looked at. */
export function Policies({ id }: ViewProps) {
  const { nodes, total, isWhole, refusal, see } = useAllPages(LIST);
  const { data: lint } = useQuery(
    PolicyWarnings,
    {},
    { on: [...CHANGES, 'model_entitlement.*', 'provider_account.*'], when: isWhole },
  );
  const [wanted, setWanted] = useState('');
  const ranked = useMemo(() => [...nodes].sort((left, right) => (left.rank ?? 0) - (right.rank ?? 0)), [nodes]);
  const shown = useMemo(
    () => ranked.filter((policy) => textOf(policy).includes(wanted.toLowerCase())),
    [ranked, wanted],
  );
  const warnings = useMemo(() => Map.groupBy(lint?.routerPolicyLint ?? [], ({ policyId }) => policyId), [lint]);
  if (refusal && nodes.length === 0) return h(Failed, { refusal, again: () => location.reload() });
  return h(
    'div',
    null,
    h(
      'div',
      { class: 'tools' },
      h(
        'label',
        null,
        'Find ',
        h('input', {
          type: 'search',
          value: wanted,
          onInput: (event: InputEvent) => setWanted((event.currentTarget as HTMLInputElement).value),
        }),
      ),
      h(
        'p',
        { class: 'summary', role: 'status' },
        summaryOf(shown.length, nodes.length, total, isWhole, lint?.routerPolicyLint?.length ?? 0),
      ),
    ),
    isWhole && total === 0
      ? h(Note, { title: 'There is no policy yet: requests go where they ask to go.' })
      : h(Rows<Policy>, {
          label: 'Policies in rank order',
          kind: 'policies',
          columns: COLUMNS,
          rows: shown,
          keyOf: ({ policyId }) => policyId,
          heights: [40, 112],
          open: ({ policyId }) => go('policies', policyId),
          see,
          cells: (policy, press) => cellsOf(policy, warnings.get(policy.policyId)?.length ?? 0, press),
        }),
    id && h(PolicyPanel, { key: id, policyId: id, warnings: warnings.get(id) ?? [], close: () => go('policies') }),
  );
}

function summaryOf(shown: number, read: number, total: number, isWhole: boolean, warnings: number): string {
  if (!isWhole) return `Reading ${number(read)} of ${number(total)} …`;
  const found = shown === total ? `${number(total)} policies` : `${number(shown)} of ${number(total)} policies`;
  return `${found}, ${number(warnings)} ${warnings === 1 ? 'warning' : 'warnings'} of the linter`;
}

function textOf({ name, routeTo, fallback, match }: Policy): string {
  return [name, routeTo, fallback, ...conditionsOf(match)].join(' ').toLowerCase();
}

function cellsOf(policy: Policy, warnings: number, press: { tabIndex: number }) {
  const conditions = conditionsOf(policy.match);
  return [
    h('span', { class: 'faint' }, policy.rank ?? '–'),
    h(
      'span',
      { class: 'named' },
      h('button', { type: 'button', class: 'link', ...press }, policy.name),
      warnings > 0 &&
        h(Badge, { word: 'degraded', label: String(warnings), title: `${warnings} warnings of the linter` }),
      !policy.enabled && h(Badge, { word: policy.latched ? 'latched' : 'inactive' }),
    ),
    h(
      'span',
      { class: 'conditions', title: conditions.join('\n') },
      conditions.length > 0 ? conditions.join(', ') : 'always',
    ),
    h(
      'span',
      { class: 'route' },
      policy.routeTo,
      policy.fallback && h('span', { class: 'faint' }, ` else ${policy.fallback}`),
    ),
    h(Breakers, { policy }),
    compact(policy.matchCount),
    policy.matchCount === 0 ? '–' : percent(policy.errorRatePercent),
  ];
}

function Breakers({ policy: { targets, status } }: { policy: Policy }) {
  if (!targets) return h(Badge, { word: status });
  const enabled = targets.filter((target) => target.enabled);
  if (enabled.length === 0) return h('span', { class: 'faint' }, 'no target');
  const troubled = enabled.filter(({ state }) => state !== 'closed');
  if (troubled.length === 0) return h(Badge, { word: 'closed', label: `${enabled.length} closed` });
  const word = troubled.some(({ state }) => state === 'open') ? 'open' : 'half_open';
  return h(Badge, { word, label: `${troubled.length} of ${enabled.length} ${words(word)}` });
}
