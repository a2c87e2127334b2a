import type { Context } from '../context.ts';
import { logicalModels, type Target } from '../models/model.ts';
import { fallbackChain } from '../models/repository.ts';
import { targetKey } from '../router-policies/breaker.ts';
import { policyIndex } from '../router-policies/cache.ts';
import { matchesInOrder } from '../router-policies/match-index.ts';
import { type MatchContext, tagPairs } from '../router-policies/matching.ts';
import type { RouterPolicy } from '../router-policies/model.ts';
import {
  type BreakerState,
  barredUntil,
  breakerAt,
  isBarred,
  isDrawable,
  targetOf,
  type Watched,
} from '../router-policies/policy-breaker.ts';
import type { Workspace } from '../workspaces/model.ts';
import { type HopResult, type Request, refuse, secondsOf, tryHop } from './hops.ts';
import type { DecisionContext, Hop, Refusal, SmallestChange } from './model.ts';
import { policyBreakers } from './state.ts';

/** What a decision will be, before anything of it is stored. */
export interface Plan {
  policy: RouterPolicy | null;
  hops: Hop[];
  admitted: Extract<HopResult, { admitted: true }> | null;
  /** Of the policy's `route_to`: the breaker that watches the admitted target. */
  breaker: { key: string; generation: number; targets: readonly Target[] } | null;
  refusal: Refusal | null;
}

export interface PlanInput extends Request {
  workspace: Workspace;
  requestedModelId: string | null;
  /** Targets that just failed this request. */
  passedOver: ReadonlySet<string>;
}

export function matchContextOf(workspace: Pick<Workspace, 'id' | 'tags'>, context: DecisionContext): MatchContext {
  return {
    ...context,
    workspaceId: workspace.id,
    requiresStreaming: context.requiresStreaming === true,
    requiresFunctionCalling: context.requiresFunctionCalling === true,
    requiresVision: context.requiresVision === true,
    workspaceTags: context.workspaceTags ?? tagPairs(workspace.tags),
  };
}

/** Workspace, policies in rank order, then the hops of the first one that is not held up by its breaker. */
export async function plan(ctx: Context, input: PlanInput): Promise<Plan> {
  const nothing = { policy: null, hops: [], admitted: null, breaker: null };
  if (!input.workspace.isActive) {
    const change: SmallestChange = {
      resourceType: 'workspace',
      resourceId: input.workspaceId,
      field: 'is_active',
      to: true,
    };
    return { ...nothing, refusal: refuse('WORKSPACE_INACTIVE', 'workspace', change) };
  }
  const index = await policyIndex(ctx);
  let held: Plan | null = null;
  for (const policy of matchesInOrder(index, matchContextOf(input.workspace, input.context))) {
    if (!policy.enabled) continue;
    const view = await breakerOf(ctx, policy, input.nowMs);
    if (!view.isBarred || policy.fallback !== null) return alongPolicy(ctx, input, policy, view);
    const hop: Hop = { logicalModelId: policy.routeTo, providerAccountId: null, admitted: false, code: 'CIRCUIT_OPEN' };
    held ??= { policy, hops: [hop], admitted: null, breaker: null, refusal: circuitOpen(policy, view, input.nowMs) };
  }
  if (held) return held;
  if (input.requestedModelId === null) return { ...nothing, refusal: refuse('NO_POLICY_MATCHED', 'policy') };
  return along(ctx, input, null, await chainOf(ctx, [input.requestedModelId]), null);
}

interface BreakerView {
  breaker: BreakerState;
  watched: Watched;
  isBarred: boolean;
  drawable: (target: Target) => boolean;
}

async function breakerOf(ctx: Context, policy: RouterPolicy, nowMs: number): Promise<BreakerView> {
  const { orgId } = ctx.principal;
  const stored = await ctx.deps.store.get(policyBreakers, { orgId, id: policy.id });
  const model = await ctx.deps.store.get(logicalModels.collection, { orgId, id: policy.routeTo });
  const watched = { settings: policy.circuitBreaker, targets: model?.targets ?? [] };
  const breaker = breakerAt(stored, watched, nowMs);
  const drawable = (target: Target) => isDrawable(breaker, watched.settings, target, nowMs);
  return { breaker, watched, drawable, isBarred: isBarred(breaker, watched, nowMs) };
}

function circuitOpen(policy: RouterPolicy, { breaker, watched }: BreakerView, nowMs: number): Refusal {
  const change = breaker.latched
    ? { resourceType: 'router_policy', resourceId: policy.id, field: 'enabled', to: true }
    : null;
  const until = barredUntil(breaker, watched);
  const retryAfter = until === null ? null : secondsOf(until - nowMs);
  return refuse('CIRCUIT_OPEN', 'policy', change, { retryAfter });
}

async function alongPolicy(ctx: Context, input: PlanInput, policy: RouterPolicy, view: BreakerView): Promise<Plan> {
  const heads = [policy.routeTo, ...(policy.fallback === null ? [] : [policy.fallback])];
  const chain = await chainOf(ctx, heads);
  return along(ctx, input, policy, chain, view);
}

/** `route_to`, then `fallback`, then the former's own chain, then the latter's; each model once. */
async function chainOf(ctx: Context, heads: string[]): Promise<string[]> {
  const chain = [...heads];
  for (const head of heads)
    for (const model of (await fallbackChain(ctx, head)).slice(1)) if (!chain.includes(model.id)) chain.push(model.id);
  return chain;
}

async function along(
  ctx: Context,
  input: PlanInput,
  policy: RouterPolicy | null,
  chain: string[],
  view: BreakerView | null,
): Promise<Plan> {
  const hops: Hop[] = [];
  let first: Refusal | null = null;
  for (const modelId of chain) {
    const watched = view !== null && modelId === policy?.routeTo;
    const result: HopResult =
      watched && view.isBarred
        ? { admitted: false, refusal: circuitOpen(policy, view, input.nowMs), accountId: null }
        : await tryHop(ctx, input, modelId, watched ? view.drawable : null, input.passedOver);
    if (result.admitted) {
      hops.push({ logicalModelId: modelId, providerAccountId: result.account.id, admitted: true, code: null });
      return {
        policy,
        hops,
        admitted: result,
        breaker: watched ? watchOf(view, result.target) : null,
        refusal: null,
      };
    }
    hops.push({
      logicalModelId: modelId,
      providerAccountId: result.accountId,
      admitted: false,
      code: result.refusal.code,
    });
    first ??= result.refusal;
  }
  return { policy, hops, admitted: null, breaker: null, refusal: first };
}

function watchOf({ breaker, watched }: BreakerView, target: Target): Plan['breaker'] {
  const key = targetKey(target);
  return { key, generation: targetOf(breaker, key).generation, targets: watched.targets };
}
