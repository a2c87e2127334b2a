import type { z } from 'zod';
import { type Context, isoNow } from '../../resource/context.ts';
import { need } from '../../resource/noun.ts';
import { type Planned, type Saved, save, withRetry } from '../../resource/write.ts';
import type { Result } from '../../routing/breaker.ts';
import { breakerInput } from '../../routing/breaker-input.ts';
import { LEASE_MS } from '../../routing/facts.ts';
import { breakerRecord, meterSettle, policyCount, type SettleInput } from '../../routing/rules.ts';
import { accountMeterId, entitlementMeterId } from '../../routing/state.ts';
import { usageChanges } from '../../routing/usage.ts';
import { apply } from '../../store/rule.ts';
import { conflict } from '../../words/errors.ts';
import { safeSum } from '../../words/safe-sum.ts';
import { type Settings, settingsNow } from '../router-policies/settings.ts';
import {
  type Admitted,
  type Decision,
  decisions,
  type ErrorClass,
  isAdmitted,
  type Outcome,
  type reportOutcomeInput,
  statusOf,
} from './model.ts';

type OutcomeInput = z.output<typeof reportOutcomeInput>;

const CALLER_FAULTS: readonly ErrorClass[] = ['caller_error', 'content_policy', 'aborted'];

/** Reports once: a second report answers the first one's result and changes nothing. */
export function reportOutcome(ctx: Context, input: OutcomeInput): Promise<Saved<{ decision: Decision }>> {
  return withRetry(async () => {
    const [before, settings] = await Promise.all([need(ctx, decisions, input.decisionId), settingsNow(ctx)]);
    const status = statusOf(before, ctx.deps.now());
    if (!isAdmitted(before)) throw conflict('decision', { reason: 'refused', conflictingId: before.id });
    if (status === 'expired') throw conflict('decision', { reason: 'expired', conflictingId: before.id });
    if (status === 'reported') return save(ctx, [], { decision: before });
    const outcome = outcomeOf(ctx, input);
    const decision: Decision = { ...before, outcome, version: before.version + 1, updatedAt: outcome.reportedAt };
    const reported: Planned = {
      change: { type: 'put', in: decisions.collection, doc: decision, expected: before.version },
    };
    const saved = await save(
      ctx,
      [
        reported,
        ...(await settlements(ctx, settings, before, outcome)),
        ...(await verdicts(ctx, settings, before, outcome)),
        ...usage(ctx, before, outcome),
      ],
      { decision },
    );
    ctx.deps.meter?.reported(resultOf(outcome));
    return saved;
  });
}

function outcomeOf(ctx: Context, input: OutcomeInput): Outcome {
  const {
    success,
    latencyMs = null,
    inputTokens = null,
    outputTokens = null,
    errorClass = null,
    retryAfterSeconds = null,
  } = input;
  return {
    success,
    latencyMs,
    inputTokens,
    outputTokens,
    errorClass: success ? null : errorClass,
    retryAfterSeconds,
    reportedAt: isoNow(ctx),
  };
}

/** In a word of a closed list. */
function resultOf({ success, errorClass }: Outcome): string {
  return success ? 'success' : (errorClass ?? 'unknown');
}

/** Whether it counts for the provider: null for the caller's own fault. */
function verdictOf({ success, errorClass }: Outcome): boolean | null {
  return !success && errorClass !== null && CALLER_FAULTS.includes(errorClass) ? null : success;
}

/** Without numbers a success is charged the estimate, a failure nothing. */
function tokensOf(decision: Decision, outcome: Outcome): { input: number; output: number } {
  if (outcome.inputTokens !== null || outcome.outputTokens !== null)
    return { input: outcome.inputTokens ?? 0, output: outcome.outputTokens ?? 0 };
  return outcome.success
    ? { input: decision.estimatedInputTokens, output: decision.estimatedOutputTokens }
    : { input: 0, output: 0 };
}

async function settlements(ctx: Context, settings: Settings, decision: Admitted, outcome: Outcome): Promise<Planned[]> {
  const { orgId } = decision;
  const accountId = decision.providerAccountId;
  const used = tokensOf(decision, outcome);
  const account = (await settings.accounts([accountId])).get(accountId);
  const input = (of: SettleInput['account']): SettleInput => ({
    orgId,
    decidedMs: Date.parse(decision.createdAt),
    leaseEndsMs: Date.parse(decision.expiresAt),
    heldTokens: safeSum(decision.estimatedInputTokens, decision.estimatedOutputTokens),
    usedTokens: safeSum(used.input, used.output),
    nowMs: ctx.deps.now(),
    account: of,
    eventIds: Array.from({ length: 6 }, () => ctx.deps.ids.next('rev_')),
  });
  const settle = (id: string, of: SettleInput['account']): Planned => ({
    change: apply(meterSettle, { orgId, id }, input(of)),
  });
  const quota = account
    ? {
        id: account.id,
        maxTokens: account.quotaPolicy.maxTokensPerMonth,
        maxRequests: account.quotaPolicy.maxRequestsPerMonth,
      }
    : null;
  return [settle(entitlementMeterId(decision.entitlementId), null), settle(accountMeterId(accountId), quota)];
}

/** The policy's counters and, where its breaker watched the target, the breaker. */
async function verdicts(ctx: Context, settings: Settings, decision: Admitted, outcome: Outcome): Promise<Planned[]> {
  const { orgId, policyId } = decision;
  const policy = policyId === null ? null : await settings.policy(policyId);
  if (!policy) return [];
  const success = verdictOf(outcome);
  const key = { orgId, id: policy.id };
  const counted = { change: apply(policyCount, key, { success, matchedAt: decision.createdAt }) };
  const model = (await settings.models([policy.routeTo])).get(policy.routeTo);
  if (!decision.breaker || !model) return [counted];
  const { success: succeeded, errorClass, retryAfterSeconds, latencyMs } = outcome;
  const result: Result = {
    decisionId: decision.id,
    decidedMs: Date.parse(decision.expiresAt) - LEASE_MS,
    generation: decision.breaker.generation,
    success,
    latencyMs,
    retryAfterMs: succeeded || retryAfterSeconds === null ? null : retryAfterSeconds * 1000,
    rests: errorClass === 'rate_limited',
  };
  const input = {
    ...breakerInput(ctx, policy, model.targets, ctx.deps.now()),
    target: decision.breaker.target,
    result,
  };
  return [counted, { change: apply(breakerRecord, key, input) }];
}

function usage(ctx: Context, decision: Admitted, outcome: Outcome): Planned[] {
  const { input, output } = tokensOf(decision, outcome);
  const tally = {
    accountId: decision.providerAccountId,
    modelId: decision.logicalModelId,
    workspaceId: decision.workspaceId,
    tally: [1, input, output, Number(!outcome.success)] as [number, number, number, number],
    latencyMs: outcome.latencyMs,
  };
  return usageChanges(decision.orgId, ctx.deps.now(), tally).map((change) => ({ change }));
}
