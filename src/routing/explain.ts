import type { Decision, DecisionContext, Hop, Refusal, SmallestChange } from '../nouns/decisions/model.ts';
import { policyIndex } from '../nouns/router-policies/cache.ts';
import type { RouterPolicy } from '../nouns/router-policies/model.ts';
import { workspaces } from '../nouns/workspaces/model.ts';
import type { Context } from '../resource/context.ts';
import { find } from '../resource/noun.ts';
import { actualOf, type Compiled, firstFailing, type MatchContext } from './matching.ts';
import { nearestPolicy } from './nearest-policy.ts';
import { matchContextOf } from './plan.ts';
import type { Estimate } from './subjects.ts';

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
  admitted: boolean;
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
  estimate: Estimate;
  hops: Hop[];
  refusal: Refusal | null;
}

/** Every policy as it stands today, the hops as they were, and the one change that would have admitted the request. */
export async function explain(ctx: Context, explained: Explained): Promise<Explanation> {
  const { decisionId, at, workspaceId, context, hops, refusal } = explained;
  const workspace = await find(ctx, workspaces, workspaceId);
  const request = matchContextOf(workspace ?? { id: workspaceId, tags: [] }, context);
  const { ranked } = await policyIndex(ctx);
  const policies = ranked.map((one) => verdictOf(one, request, at));
  const smallestChange =
    refusal?.code === 'NO_POLICY_MATCHED'
      ? workspace && (await nearestPolicy(ctx, workspace, explained, ranked))
      : (refusal?.change ?? null);
  return { decisionId, admitted: refusal === null, policies, hops, refusal, smallestChange };
}

export function explainDecision(ctx: Context, decision: Decision): Promise<Explanation> {
  const { id, createdAt, workspaceId, context, hops, refusal } = decision;
  const estimate = { inputTokens: decision.estimatedInputTokens, outputTokens: decision.estimatedOutputTokens };
  return explain(ctx, { decisionId: id, at: createdAt, workspaceId, context, estimate, hops, refusal });
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
