import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { newDoc } from '../../resource/new-doc.ts';
import { find } from '../../resource/noun.ts';
import { type Planned, type Saved, save, withRetry } from '../../resource/write.ts';
import { targetKey } from '../../routing/breaker.ts';
import { breakerInput } from '../../routing/breaker-input.ts';
import { type DecisionContext, LEASE_MS } from '../../routing/facts.ts';
import type { Limits } from '../../routing/limits.ts';
import { matchesInOrder } from '../../routing/match-index.ts';
import { matchContextOf, type Plan, type PlanRequest, planRetry } from '../../routing/plan.ts';
import { breakerAdmit, meterReserve } from '../../routing/rules.ts';
import { smallestChange } from '../../routing/smallest-change.ts';
import { accountMeterId, entitlementMeterId } from '../../routing/state.ts';
import { totalOf } from '../../routing/subjects.ts';
import type { RoutingWorld } from '../../routing/world.ts';
import { apply } from '../../store/rule.ts';
import { invalidField, notFound } from '../../words/errors.ts';
import { gather } from '../router-policies/gather.ts';
import { settingsNow } from '../router-policies/settings.ts';
import { workspaces } from '../workspaces/model.ts';
import { type Decision, type decideInput, decisions, isAdmitted, KEPT_MS } from './model.ts';

type DecideInput = z.output<typeof decideInput>;

/** Decides and reserves in one commit; where others took the room meanwhile, decides again. */
export function decide(ctx: Context, input: DecideInput): Promise<Saved<{ decision: Decision }>> {
  return withRetry(async () => {
    ctx.loaders.clear();
    const prepared = await prepare(ctx, input);
    const decision = decisionOf(ctx, input, prepared);
    const changes: Planned[] = [
      ...reservations(ctx, decision, prepared),
      { change: { type: 'insert', in: decisions.collection, doc: decision } },
    ];
    const saved = await save(ctx, changes, { decision });
    ctx.deps.meter?.decided(decision.refusal?.code ?? null);
    return saved;
  });
}

/**
 * The plan that a decision would follow now; nothing is taken. Two reads of the store, one after the other, each of several
 * things at once: who asks, and whether the settings that are kept are still what is stored; then what changes with every request.
 */
export async function prepare(ctx: Context, input: DecideInput): Promise<Prepared> {
  const requestedModelId = input.logicalModelId ?? null;
  const [settings, workspace, retried] = await Promise.all([
    settingsNow(ctx),
    find(ctx, workspaces, input.workspaceId),
    input.retryOf == null ? null : find(ctx, decisions, input.retryOf),
  ]);
  if (!workspace) throw notFound('workspace', input.workspaceId);
  if (requestedModelId !== null && !(await settings.models([requestedModelId])).has(requestedModelId))
    throw notFound('logical_model', requestedModelId);
  const failedBefore = input.retryOf == null ? [] : await failedTargets(ctx, input.retryOf, retried, input);
  const context = contextOf(input);
  const matching = matchesInOrder(await settings.policies(), matchContextOf(workspace, context));
  const world = await gather(ctx, settings, matching, { workspace, requestedModelId });
  const estimate = { inputTokens: input.estimatedInputTokens, outputTokens: input.estimatedOutputTokens };
  const request = { context, estimate, requestedModelId, passedOver: new Set(failedBefore) };
  return { failedBefore, ...told(world, planRetry(world, request, ctx.deps.random)) };
}

export interface Prepared extends Told {
  /** The targets that this request has tried and that failed. */
  failedBefore: string[];
}

interface Told {
  world: RoutingWorld;
  request: PlanRequest;
  planned: Plan;
}

/** A refusal keeps the change that would have admitted the request, since only now is the world what it was. */
function told(world: RoutingWorld, { request, planned }: Omit<Told, 'world'>): Told {
  const { refusal } = planned;
  const change = refusal && smallestChange(world, request, planned);
  return { world, request, planned: refusal ? { ...planned, refusal: { ...refusal, change } } : planned };
}

function contextOf(input: DecideInput): DecisionContext {
  const { endpointType = null, endpointId = null, stepType = null, purpose = null, expectedParallelism = null } = input;
  const { requiresStreaming = null, requiresFunctionCalling = null, requiresVision = null } = input;
  const tags = input.tags ?? {};
  const workspaceTags = input.workspaceTags ?? null;
  return {
    endpointType,
    endpointId,
    stepType,
    purpose,
    expectedParallelism,
    requiresStreaming,
    requiresFunctionCalling,
    requiresVision,
    tags,
    workspaceTags,
  };
}

/** So many targets are all that there are; a client that never gives up is not followed back to its first. */
const FAILED_MAX = 200;

/** The target of the failed decision that this one retries, of the one which that retried, and so on, the last first. */
async function failedTargets(
  ctx: Context,
  retryOf: string,
  retried: Decision | null,
  { workspaceId }: DecideInput,
): Promise<string[]> {
  if (!retried) throw notFound('decision', retryOf);
  if (retried.outcome?.success !== false)
    throw invalidField(['retryOf'], 'must name a decision that was reported as failed', retryOf);
  if (retried.workspaceId !== workspaceId)
    throw invalidField(['retryOf'], 'must name a decision of the same workspace', retryOf);
  const targets = new Set<string>();
  let failed: Decision | null = retried;
  for (let followed = 0; failed && followed < FAILED_MAX; followed += 1) {
    if (isAdmitted(failed)) targets.add(targetKey(failed));
    if (failed.failedBefore) return [...new Set([...targets, ...failed.failedBefore])].slice(0, FAILED_MAX);
    failed = failed.retryOf === null ? null : await find(ctx, decisions, failed.retryOf);
  }
  return [...targets];
}

function decisionOf(ctx: Context, input: DecideInput, { world, request, planned, failedBefore }: Prepared): Decision {
  const { policy, hops, admitted, breaker, refusal } = planned;
  return newDoc(ctx, decisions, ctx.deps.ids.next('dec_'), input, {
    context: request.context,
    requestedModelId: request.requestedModelId,
    failedBefore,
    admitted: admitted !== null,
    policyId: policy?.id ?? null,
    logicalModelId: admitted?.model.id ?? null,
    providerAccountId: admitted?.account.id ?? null,
    upstreamModel: admitted?.target.upstreamModel ?? null,
    entitlementId: admitted?.grant.id ?? null,
    breaker: breaker && { target: breaker.key, generation: breaker.generation },
    expiresAt: admitted ? new Date(world.nowMs + LEASE_MS).toISOString() : null,
    refusal,
    hops,
    purgeAt: new Date(world.nowMs + KEPT_MS).toISOString(),
    place: 0,
  });
}

/** The grant's and the account's limits together, and a place in the breaker that watches the target. */
function reservations(ctx: Context, decision: Decision, { world, request, planned }: Prepared): Planned[] {
  const { admitted, breaker, policy } = planned;
  if (!admitted) return [];
  const { orgId } = ctx.principal;
  const tokens = totalOf(request.estimate);
  const take = (id: string, limits: Limits): Planned => ({
    change: apply(
      meterReserve,
      { orgId, id },
      { limits, tokens, nowMs: world.nowMs, leaseEndsMs: world.nowMs + LEASE_MS },
    ),
  });
  const both = [
    take(entitlementMeterId(admitted.grant.id), admitted.grantLimits),
    take(accountMeterId(admitted.account.id), admitted.accountLimits),
  ];
  if (!breaker || !policy) return both;
  const input = {
    ...breakerInput(ctx, policy, breaker.targets, world.nowMs),
    target: breaker.key,
    decisionId: decision.id,
    generation: breaker.generation,
  };
  return [...both, { change: apply(breakerAdmit, { orgId, id: policy.id }, input) }];
}
