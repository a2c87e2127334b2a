import type { z } from 'zod';
import type { Context } from '../context.ts';
import { invalidField } from '../errors.ts';
import { logicalModels } from '../models/model.ts';
import { find, need } from '../nouns.ts';
import { needReference } from '../paths.ts';
import { targetKey } from '../router-policies/breaker.ts';
import { type Workspace, workspaces } from '../workspaces/model.ts';
import { created, type Planned, save, withRetry } from '../writes.ts';
import { breakerInput } from './breaker-input.ts';
import { type Decision, type DecisionContext, type decideInput, decisions, KEPT_MS, LEASE_MS } from './model.ts';
import { type Plan, type PlanInput, plan } from './plan.ts';
import { accountMeterId, entitlementMeterId, meters, policyBreakers } from './state.ts';
import { totalOf } from './subjects.ts';

type DecideInput = z.output<typeof decideInput>;

/** Decides and reserves in one commit; where others took the room meanwhile, decides again. */
export function decide(ctx: Context, input: DecideInput): Promise<{ decision: Decision }> {
  return withRetry(async () => {
    ctx.loaders.clear();
    const { request, planned } = await prepare(ctx, input);
    const decision = decisionOf(ctx, input, request, planned);
    const changes: Planned[] = [
      ...reservations(ctx, decision, request, planned),
      { change: { type: 'insert', in: decisions.collection, doc: decision } },
    ];
    await save(ctx, changes, { decision });
    return { decision };
  });
}

/** The plan that a decision would follow now; nothing is taken. */
export async function prepare(ctx: Context, input: DecideInput): Promise<{ request: PlanInput; planned: Plan }> {
  const workspace = await needReference(ctx, workspaces, input.workspaceId);
  if (input.logicalModelId != null) await needReference(ctx, logicalModels, input.logicalModelId);
  const failed = await failedTargets(ctx, input);
  const request = requestOf(ctx, input, workspace, failed);
  const planned = await plan(ctx, request);
  // What just failed is passed over while another has room; it is better than nothing where none has.
  if (planned.admitted || failed.size === 0) return { request, planned };
  return { request, planned: await plan(ctx, { ...request, passedOver: new Set() }) };
}

function requestOf(ctx: Context, input: DecideInput, workspace: Workspace, passedOver: ReadonlySet<string>): PlanInput {
  return {
    workspace,
    workspaceId: workspace.id,
    context: contextOf(input),
    estimate: { inputTokens: input.estimatedInputTokens, outputTokens: input.estimatedOutputTokens },
    requestedModelId: input.logicalModelId ?? null,
    passedOver,
    nowMs: ctx.deps.now(),
  };
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

/** The targets of the failed decision that this one retries, and of the one which that retried, and so on. */
async function failedTargets(ctx: Context, input: DecideInput): Promise<Set<string>> {
  const targets = new Set<string>();
  if (input.retryOf == null) return targets;
  const first = await need(ctx, decisions, input.retryOf);
  if (first.outcome?.success !== false)
    throw invalidField(['retryOf'], 'must name a decision that was reported as failed', input.retryOf);
  if (first.workspaceId !== input.workspaceId)
    throw invalidField(['retryOf'], 'must name a decision of the same workspace', input.retryOf);
  for (let failed: Decision | null = first; failed && targets.size < 1_000; ) {
    if (failed.providerAccountId !== null)
      targets.add(targetKey({ providerAccountId: failed.providerAccountId, upstreamModel: failed.upstreamModel! }));
    failed = failed.retryOf === null ? null : await find(ctx, decisions, failed.retryOf);
  }
  return targets;
}

function decisionOf(
  ctx: Context,
  input: DecideInput,
  request: PlanInput,
  { policy, hops, admitted, breaker, refusal }: Plan,
): Decision {
  return {
    ...created(ctx, ctx.deps.ids.next('dec_')),
    workspaceId: request.workspaceId,
    context: request.context,
    requestedModelId: request.requestedModelId,
    estimatedInputTokens: request.estimate.inputTokens,
    estimatedOutputTokens: request.estimate.outputTokens,
    retryOf: input.retryOf ?? null,
    admitted: admitted !== null,
    policyId: policy?.id ?? null,
    logicalModelId: admitted?.model.id ?? null,
    providerAccountId: admitted?.account.id ?? null,
    upstreamModel: admitted?.target.upstreamModel ?? null,
    entitlementId: admitted?.grant.id ?? null,
    breaker: breaker && { target: breaker.key, generation: breaker.generation },
    expiresAt: admitted ? new Date(request.nowMs + LEASE_MS).toISOString() : null,
    refusal,
    hops,
    outcome: null,
    purgeAt: new Date(request.nowMs + KEPT_MS).toISOString(),
  };
}

/** The grant's and the account's limits together, and a place in the breaker that watches the target. */
function reservations(
  ctx: Context,
  decision: Decision,
  request: PlanInput,
  { admitted, breaker, policy }: Plan,
): Planned[] {
  if (!admitted) return [];
  const { orgId } = ctx.principal;
  const take = (id: string, limits: unknown): Planned => ({
    change: {
      type: 'apply',
      in: meters,
      key: { orgId, id },
      rule: 'meter.reserve',
      input: { limits, tokens: totalOf(request.estimate), nowMs: request.nowMs, leaseEndsMs: request.nowMs + LEASE_MS },
    },
  });
  const both = [
    take(entitlementMeterId(admitted.grant.id), admitted.grantLimits),
    take(accountMeterId(admitted.account.id), admitted.accountLimits),
  ];
  if (!breaker) return both;
  const input = {
    ...breakerInput(ctx, policy!, breaker.targets, request.nowMs),
    target: breaker.key,
    decisionId: decision.id,
    generation: breaker.generation,
  };
  return [
    ...both,
    { change: { type: 'apply', in: policyBreakers, key: { orgId, id: policy!.id }, rule: 'breaker.admit', input } },
  ];
}
