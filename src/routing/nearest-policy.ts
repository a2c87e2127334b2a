import type { Policy, SmallestChange } from './facts.ts';
import { actualOf, type Compiled, type MatchContext } from './matching.ts';

/** A policy as one change would make it match, and that change. */
export interface Near {
  policy: Policy;
  change: SmallestChange;
}

/** The policies that one change would make match, in rank order. */
export function nearPolicies(ranked: readonly Compiled[], context: MatchContext): Near[] {
  return ranked.flatMap((one) => nearOf(one, context) ?? []);
}

/**
 * Enabling it, or dropping the one condition that fails: it goes on to match all that it does. A policy of another
 * workspace is that one's own and stays out of it.
 */
function nearOf({ policy, conditions }: Compiled, context: MatchContext): Near | null {
  const failing = conditions.filter((condition) => actualOf(condition, context) !== condition.expected);
  const change = (field: string, to: unknown): Near => ({
    policy: { ...policy, enabled: true },
    change: { resourceType: 'router_policy', resourceId: policy.id, field, to },
  });
  const [only, ...others] = failing;
  if (!only) return policy.enabled ? null : change('enabled', true);
  if (others.length > 0 || !policy.enabled || only.name === 'workspaceId') return null;
  return change(`match.${only.field}`, only.kind === 'demand' ? false : null);
}
