import { targetKey } from './breaker.ts';
import type { DecisionContext, Hop, Policy, Refusal, SmallestChange, Target, WorkspaceFacts } from './facts.ts';
import { type HopResult, type Request, refuse, secondsOf, targetRemedies, tryHop } from './hops.ts';
import { type MatchContext, tagPairs } from './matching.ts';
import { barredUntil, isDrawable, targetOf } from './policy-breaker.ts';
import {
  breakerIn,
  chainOf,
  isBarredIn,
  isPassedOver,
  type PolicyWorld,
  type RoutingWorld,
  watchedBy,
} from './world.ts';

/** What a decision will be, before anything of it is stored. */
export interface Plan {
  policy: Policy | null;
  hops: Hop[];
  admitted: Extract<HopResult, { admitted: true }> | null;
  /** Of the policy's `route_to`: the breaker that watches the admitted target. */
  breaker: { key: string; generation: number; targets: readonly Target[] } | null;
  refusal: Refusal | null;
  /** Changes that would each take what refused out of the way, in the order of the hops; whether one is enough has to be tried. */
  remedies: SmallestChange[];
}

export interface PlanRequest extends Request {
  requestedModelId: string | null;
}

const NOTHING = { policy: null, hops: [], admitted: null, breaker: null, remedies: [] };

export function matchContextOf(workspace: Pick<WorkspaceFacts, 'id' | 'tags'>, context: DecisionContext): MatchContext {
  return {
    ...context,
    workspaceId: workspace.id,
    requiresStreaming: context.requiresStreaming === true,
    requiresFunctionCalling: context.requiresFunctionCalling === true,
    requiresVision: context.requiresVision === true,
    workspaceTags: context.workspaceTags ?? tagPairs(workspace.tags),
  };
}

/** The first policy that takes a request, and the model that it begins with; decisions and tests of a match alike. */
export function choose<P extends Policy>(world: PolicyWorld<P>): { policy: P; modelId: string } | null {
  const policy = world.matches.find((one) => !isPassedOver(one, world));
  if (!policy) return null;
  // One that is barred and has no fallback was passed over.
  const fallback = isBarredIn(policy, world) ? policy.fallback : null;
  return { policy, modelId: fallback ?? policy.routeTo };
}

/** Workspace, policies in rank order, then the hops of the first one that is not passed over. `draw` answers in [0, 1). */
export function planFor(world: RoutingWorld, request: PlanRequest, draw: () => number): Plan {
  const { workspace } = world;
  if (!workspace.isActive) {
    const change = { resourceType: 'workspace', resourceId: workspace.id, field: 'is_active', to: true };
    return { ...NOTHING, refusal: refuse('WORKSPACE_INACTIVE', 'workspace'), remedies: [change] };
  }
  const chosen = choose(world);
  if (chosen) return along(world, request, chosen.policy, draw);
  const [held] = world.matches;
  if (held) {
    const hop: Hop = { logicalModelId: held.routeTo, providerAccountId: null, admitted: false, code: 'CIRCUIT_OPEN' };
    const remedies = world.matches.flatMap((policy) => unbarring(policy, world));
    return { ...NOTHING, policy: held, hops: [hop], refusal: circuitOpen(held, world), remedies };
  }
  if (request.requestedModelId === null) return { ...NOTHING, refusal: refuse('NO_POLICY_MATCHED', 'policy') };
  return along(world, request, null, draw);
}

/** Passes over what just failed while another has room; it is better than nothing where none has. */
export function planRetry(
  world: RoutingWorld,
  request: PlanRequest,
  draw: () => number,
): { request: PlanRequest; planned: Plan } {
  const planned = planFor(world, request, draw);
  if (planned.admitted || request.passedOver.size === 0) return { request, planned };
  const anyTarget = { ...request, passedOver: new Set<string>() };
  return { request: anyTarget, planned: planFor(world, anyTarget, draw) };
}

function circuitOpen(policy: Policy, world: PolicyWorld): Refusal {
  const watched = watchedBy(policy, world);
  const until = barredUntil(breakerIn(policy, world), watched);
  const retryAfter = until === null ? null : secondsOf(until - world.nowMs);
  return refuse('CIRCUIT_OPEN', 'policy', { retryAfter });
}

/** A latched policy is released by a person; an open one lets through to a target that is enabled besides. */
function unbarring(policy: Policy, world: PolicyWorld): SmallestChange[] {
  if (breakerIn(policy, world).latched)
    return [{ resourceType: 'router_policy', resourceId: policy.id, field: 'enabled', to: true }];
  const model = world.models.get(policy.routeTo);
  return model ? targetRemedies(model) : [];
}

function along(world: RoutingWorld, request: PlanRequest, policy: Policy | null, draw: () => number): Plan {
  const heads = policy ? [policy.routeTo, policy.fallback] : [request.requestedModelId];
  const hops: Hop[] = [];
  const remedies: SmallestChange[] = [];
  let first: Refusal | null = null;
  for (const modelId of chainOf(
    heads.filter((id) => id !== null),
    world.models,
  )) {
    const watching = policy !== null && modelId === policy.routeTo ? policy : null;
    const result = hopOf(world, request, modelId, watching, draw);
    const accountId = result.admitted ? result.account.id : result.accountId;
    const code = result.admitted ? null : result.refusal.code;
    hops.push({ logicalModelId: modelId, providerAccountId: accountId, admitted: result.admitted, code });
    if (result.admitted) {
      const breaker = watching && watchOf(watching, world, result.target);
      return { policy, hops, admitted: result, breaker, refusal: null, remedies };
    }
    remedies.push(...result.remedies);
    first ??= result.refusal;
  }
  return { policy, hops, admitted: null, breaker: null, refusal: first, remedies };
}

function hopOf(
  world: RoutingWorld,
  request: PlanRequest,
  modelId: string,
  watching: Policy | null,
  draw: () => number,
): HopResult {
  if (!watching) return tryHop(world, request, modelId, () => true, draw);
  if (isBarredIn(watching, world)) {
    const refusal = circuitOpen(watching, world);
    return { admitted: false, refusal, accountId: null, remedies: unbarring(watching, world) };
  }
  const breaker = breakerIn(watching, world);
  const drawable = (target: Target) => isDrawable(breaker, watching.circuitBreaker, target, world.nowMs);
  return tryHop(world, request, modelId, drawable, draw);
}

function watchOf(policy: Policy, world: PolicyWorld, target: Target): Plan['breaker'] {
  const key = targetKey(target);
  const { generation } = targetOf(breakerIn(policy, world), key);
  return { key, generation, targets: watchedBy(policy, world).targets };
}
