import type { LongList } from '../graph/all-pages.ts';
import {
  NewPolicy,
  Policies,
  PoliciesAgain,
  type PoliciesAgainQuery,
  type PoliciesQuery,
  type PolicyRowFragment as Policy,
} from '../graph/documents.generated.ts';
import { ask, type Refusal } from '../graph/graph.ts';

/** All policies of the organization. */
export const LIST: LongList<PoliciesQuery, Policy> = {
  query: Policies,
  pageOf: ({ routerPolicies }) => routerPolicies,
  keyOf: ({ policyId }) => policyId,
  shows: ({ routeTo, fallback }) => [routeTo, fallback],
  async readAgain(policies, signal) {
    const { nodes } = await ask(PoliciesAgain, { ids: policies.map(({ id }) => id) }, signal);
    return nodes.map((node) => (isPolicy(node) ? node : null));
  },
  readNew: (policyId, signal) =>
    ask(NewPolicy, { policyId }, signal).then(
      ({ routerPolicy }) => routerPolicy,
      (refusal: Refusal) => {
        if (refusal.code === 'RESOURCE_NOT_FOUND') return null;
        throw refusal;
      },
    ),
  put: rankedWith,
  on: ['router_policy.*', 'breaker.*', 'policy.*'],
  onShown: ['logical_model.*'],
  every: 15_000,
};

function isPolicy(node: PoliciesAgainQuery['nodes'][number]): node is Policy {
  return node !== null && 'policyId' in node;
}

/** Those that were read say their ranks; the others keep their order around them, and move up or down. */
function rankedWith(others: readonly Policy[], read: readonly Policy[]): Policy[] {
  const byRank = (left: Policy, right: Policy) => (left.rank ?? 0) - (right.rank ?? 0);
  const isRanked = ({ rank }: Policy) => rank !== null;
  const ranked = others.filter(isRanked).sort(byRank);
  for (const policy of read.filter(isRanked).sort(byRank)) ranked.splice((policy.rank ?? 0) - 1, 0, policy);
  const unranked = [...others, ...read].filter((policy) => !isRanked(policy));
  return [...unranked, ...ranked.map((policy, at) => (policy.rank === at + 1 ? policy : { ...policy, rank: at + 1 }))];
}
