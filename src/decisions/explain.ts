import type { Context } from '../context.ts';
import { find } from '../nouns.ts';
import { policyIndex } from '../router-policies/cache.ts';
import { actualOf, type Compiled, firstFailing, type MatchContext } from '../router-policies/matching.ts';
import type { RouterPolicy } from '../router-policies/model.ts';
import { workspaces } from '../workspaces/model.ts';
import type { Decision, DecisionContext, Hop, Refusal, SmallestChange } from './model.ts';
import { matchContextOf } from './plan.ts';

export interface PolicyVerdict {
  policy: RouterPolicy;
  matched: boolean;
  /** The first condition that failed, by its documented name. */
  field: string | null;
  expected: string | boolean | null;
  actual: string | boolean | null;
  /** Whether it changed after the decision. */
  changed: boolean;
}

export interface Explanation {
  decisionId: string | null;
  policies: PolicyVerdict[];
  hops: Hop[];
  refusal: Refusal | null;
  smallestChange: SmallestChange | null;
}

export interface Explained {
  decisionId: string | null;
  /** When it was decided; null: now. */
  at: string | null;
  workspaceId: string;
  context: DecisionContext;
  hops: Hop[];
  refusal: Refusal | null;
}

/** Every policy as it stands today, the hops as they were, and the one change that would have admitted the request. */
export async function explain(
  ctx: Context,
  { decisionId, at, workspaceId, context, hops, refusal }: Explained,
): Promise<Explanation> {
  const workspace = await find(ctx, workspaces, workspaceId);
  const request = matchContextOf(workspace ?? { id: workspaceId, tags: [] }, context);
  const { ranked } = await policyIndex(ctx);
  const policies = ranked.map((one) => verdictOf(one, request, at));
  const smallestChange =
    refusal?.code === 'NO_POLICY_MATCHED' ? nearestPolicy(ranked, request) : (refusal?.change ?? null);
  return { decisionId, policies, hops, refusal, smallestChange };
}

export function explainDecision(ctx: Context, decision: Decision): Promise<Explanation> {
  const { id, createdAt, workspaceId, context, hops, refusal } = decision;
  return explain(ctx, { decisionId: id, at: createdAt, workspaceId, context, hops, refusal });
}

function verdictOf({ policy, conditions }: Compiled, context: MatchContext, at: string | null): PolicyVerdict {
  const changed = at !== null && policy.updatedAt > at;
  if (!policy.enabled) return { policy, matched: false, field: 'enabled', expected: true, actual: false, changed };
  const failed = firstFailing(conditions, context);
  if (!failed) return { policy, matched: true, field: null, expected: null, actual: null, changed };
  return {
    policy,
    matched: false,
    field: failed.field,
    expected: failed.expected,
    actual: actualOf(failed, context),
    changed,
  };
}

/** The highest-ranked policy that one change would make match: enabling it, or the one condition that fails. */
function nearestPolicy(ranked: readonly Compiled[], context: MatchContext): SmallestChange | null {
  for (const { policy, conditions } of ranked) {
    const failing = conditions.filter((condition) => actualOf(condition, context) !== condition.expected);
    const change = (field: string, to: unknown): SmallestChange => ({
      resourceType: 'router_policy',
      resourceId: policy.id,
      field,
      to,
    });
    if (failing.length === 0 && !policy.enabled) return change('enabled', true);
    if (failing.length !== 1 || !policy.enabled) continue;
    const [only] = failing as [(typeof failing)[0]];
    return change(
      `match.${only.field}`,
      only.kind === 'pair' ? null : only.kind === 'demand' ? false : actualOf(only, context),
    );
  }
  return null;
}
