import type { Context } from '../../resource/context.ts';
import { find } from '../../resource/noun.ts';
import type { DecisionContext, Hop, Refusal, SmallestChange, WorkspaceFacts } from '../../routing/facts.ts';
import { nearPolicies } from '../../routing/nearest-policy.ts';
import { matchContextOf } from '../../routing/plan.ts';
import { admits } from '../../routing/smallest-change.ts';
import type { Estimate } from '../../routing/subjects.ts';
import { type PolicyVerdict, verdictOf } from '../../routing/verdict.ts';
import { gatherAll } from '../router-policies/gather.ts';
import type { RouterPolicy } from '../router-policies/model.ts';
import { type Settings, settingsNow } from '../router-policies/settings.ts';
import { workspaces } from '../workspaces/model.ts';
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
  const [settings, workspace] = await Promise.all([settingsNow(ctx), find(ctx, workspaces, workspaceId)]);
  const request = matchContextOf(workspace ?? { id: workspaceId, tags: [] }, context);
  const { ranked } = await settings.policies();
  const policies = ranked.map((one) => ({
    ...verdictOf(one, request),
    changed: at !== null && one.policy.updatedAt > at,
  }));
  const smallestChange =
    refusal?.code === 'NO_POLICY_MATCHED'
      ? workspace && (await nearestPolicy(ctx, settings, workspace, explained))
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
  settings: Settings,
  workspace: WorkspaceFacts,
  { context, estimate }: Pick<Explained, 'context' | 'estimate'>,
): Promise<SmallestChange | null> {
  const request = { context, estimate, requestedModelId: null, passedOver: new Set<string>() };
  const { ranked } = await settings.policies();
  const near = nearPolicies(ranked, matchContextOf(workspace, context));
  for (let from = 0; from < near.length; from += TRIED_AT_ONCE) {
    const some = near.slice(from, from + TRIED_AT_ONCE);
    const policies = some.map(({ policy }) => policy);
    const world = await gatherAll(ctx, settings, policies, workspace);
    const found = some.find(({ policy }) => admits({ ...world, matches: [policy] }, request));
    if (found) return found.change;
  }
  return null;
}
