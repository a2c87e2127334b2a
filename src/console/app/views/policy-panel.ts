import { h } from 'preact';
import { PolicyDetail, type PolicyDetailQuery, type PolicyWarningsQuery } from '../graph/documents.generated.ts';
import { useQuery } from '../graph/use-query.ts';
import { Badge } from '../parts/badge.ts';
import { Facts } from '../parts/facts.ts';
import { ago, number, percent, words } from '../parts/format.ts';
import { useName } from '../parts/names.ts';
import { Panel } from '../parts/panel.ts';
import { linkTo } from '../parts/router.ts';
import { Loaded, Note } from '../parts/state.ts';
import { When } from '../parts/when.ts';

type Policy = NonNullable<PolicyDetailQuery['routerPolicy']>;
type Target = NonNullable<Policy['targets']>[number];
type Warning = NonNullable<PolicyWarningsQuery['routerPolicyLint']>[number];

interface Props {
  policyId: string;
  warnings: readonly Warning[];
  close: () => void;
}

/** A policy closely: what the linter says, and how each of its targets does. */
export function PolicyPanel({ policyId, warnings, close }: Props) {
  const answer = useQuery(
    PolicyDetail,
    { policyId },
    { every: 2_000, on: ['breaker.*', 'policy.*', 'router_policy.*'] },
  );
  return h(
    Panel,
    { title: answer.data?.routerPolicy?.name ?? 'Policy', close },
    h(Loaded<PolicyDetailQuery>, {
      answer,
      children: ({ routerPolicy }) =>
        routerPolicy
          ? h(Closely, { policy: routerPolicy, warnings })
          : h(Note, { title: 'There is no such policy any more.' }),
    }),
  );
}

function Closely({ policy, warnings }: { policy: Policy; warnings: readonly Warning[] }) {
  const { circuitBreaker: breaker } = policy;
  return h(
    'div',
    null,
    policy.description && h('p', null, policy.description),
    h('p', null, h(Badge, { word: policy.latched ? 'latched' : policy.status })),
    warnings.length > 0 &&
      h(
        'ul',
        { class: 'warnings', 'aria-label': 'Warnings of the linter' },
        warnings.map(({ code, message, relatedId }) =>
          h('li', { key: `${code} ${relatedId}` }, h('strong', null, words(code)), ' ', message),
        ),
      ),
    h(Facts, {
      of: [
        ['Rank', `${policy.rank ?? '–'}, priority ${policy.priority}`],
        ['Routes to', policy.routeTo],
        ['Falls back to', policy.fallback ?? '–'],
        ['Matched', `${number(policy.matchCount)} times`],
        ['Last', h(When, { at: policy.lastMatchedAt })],
        [
          'Errors',
          `${number(policy.errorCount)} of ${number(policy.successCount + policy.errorCount)}, ${percent(policy.errorRatePercent)}`,
        ],
      ],
    }),
    h('p', null, h('a', { href: linkTo('decisions', undefined, { policy: policy.policyId }) }, 'Its decisions')),
    h('h3', null, 'Targets'),
    policy.targets === null
      ? h('p', { class: 'faint' }, 'This token may not read models.')
      : policy.targets.map((target) =>
          h(TargetCard, { key: `${target.providerAccountId} ${target.upstreamModel}`, target }),
        ),
    h(
      'p',
      { class: 'faint' },
      `A target opens at ${breaker.consecutiveFailures} failures in a row, or ${percent(breaker.errorThresholdPercent)} of at least ${breaker.minRequestsThreshold} results within ${breaker.evaluationWindowSeconds} s`,
      breaker.latencyThresholdMs !== null && ` (slower than ${number(breaker.latencyThresholdMs)} ms counts, too)`,
      `; it rests for ${breaker.cooldownSeconds} s and closes after ${breaker.halfOpenRequests} good probes.`,
    ),
  );
}

function TargetCard({ target }: { target: Target }) {
  const name = useName();
  const { state, results, failures, slow, consecutiveFailures, openUntil, nextProbeAt, probes, probeSuccesses } =
    target;
  return h(
    'section',
    { class: 'target' },
    h('h4', null, target.upstreamModel, ' ', h('span', { class: 'faint' }, name(target.providerAccountId))),
    h(Badge, { word: target.enabled ? state : 'disabled' }),
    h(Facts, {
      of: [
        ['In the window', `${results} results, ${failures} failed, ${slow} slow`],
        ['In a row', `${consecutiveFailures} failed`],
        ...(openUntil ? [['Open until', ago(openUntil)] as const] : []),
        ...(nextProbeAt ? [['Next probe', ago(nextProbeAt)] as const] : []),
        ...(state === 'half_open' ? [['Probes', `${probes} under way, ${probeSuccesses} succeeded`] as const] : []),
      ],
    }),
  );
}
