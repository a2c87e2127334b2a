import type { DecisionContext, SmallestChange } from '../nouns/decisions/model.ts';
import type { RouterPolicy } from '../nouns/router-policies/model.ts';
import type { Workspace } from '../nouns/workspaces/model.ts';
import type { Context } from '../resource/context.ts';
import { actualOf, type Compiled, type MatchContext } from './matching.ts';
import { matchContextOf } from './plan.ts';
import { admits } from './smallest-change.ts';
import type { Estimate } from './subjects.ts';
import { gather, gatherPolicies, type RoutingWorld } from './world.ts';

/** A policy as one change would make it match, and that change. */
interface Near {
  policy: RouterPolicy;
  change: SmallestChange;
}

const TRIED_AT_ONCE = 50;

/** The highest-ranked policy that one change would make match, and that would then admit the request. */
export async function nearestPolicy(
  ctx: Context,
  workspace: Workspace,
  { context, estimate }: { context: DecisionContext; estimate: Estimate },
  ranked: readonly Compiled[],
): Promise<SmallestChange | null> {
  const request = { context, estimate, requestedModelId: null, passedOver: new Set<string>() };
  const near = ranked.flatMap((one) => nearOf(one, matchContextOf(workspace, context)) ?? []);
  for (let from = 0; from < near.length; from += TRIED_AT_ONCE) {
    const some = near.slice(from, from + TRIED_AT_ONCE);
    const world = await worldOf(ctx, workspace, some);
    const found = some.find(({ policy }) => admits({ ...world, matches: [policy] }, request));
    if (found) return found.change;
  }
  return null;
}

async function worldOf(ctx: Context, workspace: Workspace, near: readonly Near[]): Promise<RoutingWorld> {
  const policies = near.map(({ policy }) => policy);
  const each = await Promise.all(policies.map((policy) => gatherPolicies(ctx, [policy])));
  const known = {
    nowMs: ctx.deps.now(),
    matches: policies,
    models: new Map(each.flatMap(({ models }) => [...models])),
    breakers: new Map(each.flatMap(({ breakers }) => [...breakers])),
  };
  return gather(ctx, known, workspace, null);
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
  if (failing.length === 0) return policy.enabled ? null : change('enabled', true);
  const [only] = failing;
  if (failing.length > 1 || !policy.enabled || only!.name === 'workspaceId') return null;
  return change(`match.${only!.field}`, only!.kind === 'demand' ? false : null);
}
