import type { Context } from '../../resource/context.ts';
import { find } from '../../resource/noun.ts';
import type { DecisionContext, Hop, Refusal, SmallestChange, WorkspaceFacts } from '../../routing/facts.ts';
import type { Compiled } from '../../routing/matching.ts';
import { type Near, nearPolicies } from '../../routing/nearest-policy.ts';
import { matchContextOf } from '../../routing/plan.ts';
import { admits } from '../../routing/smallest-change.ts';
import type { Estimate } from '../../routing/subjects.ts';
import { type PolicyVerdict, verdictOf } from '../../routing/verdict.ts';
import type { RoutingWorld } from '../../routing/world.ts';
import { policyIndex } from '../router-policies/cache.ts';
import type { RouterPolicy } from '../router-policies/model.ts';
import { workspaces } from '../workspaces/model.ts';
import { gather, gatherPolicies } from './gather.ts';
import type { Decision } from './model.ts';

export interface Verdict extends PolicyVerdict<RouterPolicy> {
  /** Whether it changed after the decision. */
  changed: boolean;
}

export interface Explanation {
  decisionId: string | null;
  admitted: boolean;
  policies: Verdict[];
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
  const policies = ranked.map((one) => ({
    ...verdictOf(one, request),
    changed: at !== null && one.policy.updatedAt > at,
  }));
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

const TRIED_AT_ONCE = 50;

/** The highest-ranked policy that one change would make match, and that would then admit the request. */
async function nearestPolicy(
  ctx: Context,
  workspace: WorkspaceFacts,
  { context, estimate }: { context: DecisionContext; estimate: Estimate },
  ranked: readonly Compiled[],
): Promise<SmallestChange | null> {
  const request = { context, estimate, requestedModelId: null, passedOver: new Set<string>() };
  const near = nearPolicies(ranked, matchContextOf(workspace, context));
  for (let from = 0; from < near.length; from += TRIED_AT_ONCE) {
    const some = near.slice(from, from + TRIED_AT_ONCE);
    const world = await worldOf(ctx, workspace, some);
    const found = some.find(({ policy }) => admits({ ...world, matches: [policy] }, request));
    if (found) return found.change;
  }
  return null;
}

async function worldOf(ctx: Context, workspace: WorkspaceFacts, near: readonly Near[]): Promise<RoutingWorld> {
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
