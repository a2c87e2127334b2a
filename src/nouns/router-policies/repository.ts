import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { audit } from '../../resource/audit.ts';
import type { Context } from '../../resource/context.ts';
import { newDoc } from '../../resource/new-doc.ts';
import { mergePatch } from '../../resource/patch.ts';
import { needReference, reach } from '../../resource/path.ts';
import { checkVersion } from '../../resource/version.ts';
import {
  insertion,
  type Planned,
  removal,
  save,
  stillThere,
  unchanged,
  update,
  withRetry,
} from '../../resource/write.ts';
import type { PolicyStatus } from '../../routing/facts.ts';
import type { LintWarning } from '../../routing/lint-rules.ts';
import { statusOf } from '../../routing/policy-breaker.ts';
import { breakerKeep, breakerReset } from '../../routing/rules.ts';
import { type PolicyCounters, policyBreakers, policyCounters } from '../../routing/state.ts';
import type { Collection, Doc } from '../../store/store.ts';
import { invalidField } from '../../words/errors.ts';
import { logicalModels } from '../logical-models/model.ts';
import { fallbackChain } from '../logical-models/repository.ts';
import { workspaces } from '../workspaces/model.ts';
import { breakerChange, breakerNow } from './breaker-now.ts';
import { lintNew, refuseWarnings } from './linter.ts';
import {
  type createRouterPolicyInput,
  type deleteRouterPolicyInput,
  type disableRouterPolicyInput,
  type RouterPolicy,
  type resetRouterPolicyBreakerInput,
  routerPolicies,
  type updateRouterPolicyInput,
} from './model.ts';

export function createRouterPolicy(ctx: Context, input: z.output<typeof createRouterPolicyInput>) {
  return withRetry(async () => {
    const policy = newDoc(ctx, routerPolicies, ctx.deps.ids.next('pol_'), input, {});
    const references = await referencesOf(ctx, policy, null);
    const warnings = await lintNew(ctx, policy);
    refuseWarnings(input.strict, warnings);
    const payload = { routerPolicy: policy, warnings };
    return save(ctx, [...references, ...insertion(ctx, routerPolicies, policy)], payload);
  });
}

export function updateRouterPolicy(ctx: Context, input: z.output<typeof updateRouterPolicyInput>) {
  let warnings: LintWarning[] = [];
  return update(
    ctx,
    routerPolicies,
    async () => reach(ctx, [], routerPolicies, input.policyId),
    input.expectedVersion,
    async (before) => {
      // A latched policy reads as disabled: that it still is changes nothing.
      const latched = before.enabled && (await isLatched(ctx, before));
      const { enabled, ...others } = input;
      const doc = mergePatch(routerPolicies, before, latched && enabled === false ? others : input);
      const also = await referencesOf(ctx, doc, before);
      warnings = await lintNew(ctx, doc);
      refuseWarnings(input.strict, warnings);
      const breaker = latched && enabled === true ? await reset(ctx, before) : await kept(ctx, before, doc);
      return { doc, also: [...also, ...breaker] };
    },
    (routerPolicy) => ({ routerPolicy, warnings }),
  );
}

/** Editing the settings of a breaker keeps its state. */
async function kept(ctx: Context, before: RouterPolicy, next: RouterPolicy): Promise<Planned[]> {
  if (isDeepStrictEqual(before.circuitBreaker, next.circuitBreaker)) return [];
  return [await breakerChange(ctx, before, breakerKeep)];
}

async function isLatched(ctx: Context, policy: RouterPolicy): Promise<boolean> {
  ctx.loaders.clear();
  return (await breakerNow(ctx, policy)).breaker.latched;
}

/** A person's `enabled: true` releases a latched policy and resets its breaker; the reply shows it reset, so only where it is. */
async function reset(ctx: Context, policy: RouterPolicy): Promise<Planned[]> {
  return [await breakerChange(ctx, policy, breakerReset)];
}

/** Closes every target of a policy and releases it where it is latched; what was decided before no longer counts. */
export function resetRouterPolicyBreaker(ctx: Context, input: z.output<typeof resetRouterPolicyBreakerInput>) {
  return withRetry(async () => {
    ctx.loaders.clear();
    const routerPolicy = await reach(ctx, [], routerPolicies, input.policyId);
    checkVersion(ctx, routerPolicy, input.expectedVersion);
    const event = audit(ctx, routerPolicies, { verb: 'reset', before: routerPolicy, after: routerPolicy });
    const reset = await breakerChange(ctx, routerPolicy, breakerReset);
    const there = stillThere(routerPolicies, routerPolicy);
    return save(ctx, [there, reset, { change: event }], { routerPolicy });
  });
}

/** Disables a policy for good, a latched one too: it no longer matches. */
export function disableRouterPolicy(ctx: Context, input: z.output<typeof disableRouterPolicyInput>) {
  return update(
    ctx,
    routerPolicies,
    async () => reach(ctx, [], routerPolicies, input.policyId),
    input.expectedVersion,
    async (before) => ({
      doc: { ...before, enabled: false },
      also: (await isLatched(ctx, before)) ? await reset(ctx, before) : [],
    }),
    (routerPolicy) => ({ routerPolicy }),
  );
}

/** Models and workspaces that a policy names must exist; its fallback must not lead back to where it came from. */
async function referencesOf(ctx: Context, next: RouterPolicy, before: RouterPolicy | null): Promise<Planned[]> {
  const planned: Planned[] = [];
  const { workspaceId } = next.match;
  if (workspaceId !== null && workspaceId !== before?.match.workspaceId)
    planned.push(stillThere(workspaces, await needReference(ctx, workspaces, workspaceId)));
  for (const field of ['routeTo', 'fallback'] as const) {
    const id = next[field];
    if (id !== null && id !== before?.[field])
      planned.push(stillThere(logicalModels, await needReference(ctx, logicalModels, id)));
  }
  if (next.routeTo === before?.routeTo && next.fallback === before.fallback) return planned;
  const chain = await fallbackChain(ctx, next.fallback);
  if (chain.some((model) => model.id === next.routeTo))
    throw invalidField(['fallback'], 'the fallbacks would lead back to route_to', next.fallback);
  return [...planned, ...chain.map((model) => unchanged(logicalModels, model))];
}

export function deleteRouterPolicy(ctx: Context, input: z.output<typeof deleteRouterPolicyInput>) {
  return withRetry(async () => {
    const routerPolicy = await reach(ctx, [], routerPolicies, input.policyId);
    checkVersion(ctx, routerPolicy, input.expectedVersion);
    const state = [
      ...(await stateRemoval(ctx, policyBreakers, routerPolicy.id)),
      ...(await stateRemoval(ctx, policyCounters, routerPolicy.id)),
    ];
    return save(ctx, [...removal(ctx, routerPolicies, routerPolicy), ...state], { routerPolicy });
  });
}

async function stateRemoval<D extends Doc>(ctx: Context, collection: Collection<D>, id: string): Promise<Planned[]> {
  const doc = await ctx.deps.store.get(collection, { orgId: ctx.principal.orgId, id });
  return doc ? [{ change: { type: 'remove', in: collection, key: doc } }] : [];
}

export interface PolicyView {
  status: PolicyStatus;
  enabled: boolean;
  latched: boolean;
  counters: PolicyCounters | null;
  errorRatePercent: number;
}

/** What is derived of a policy: its breaker's state and what its decisions came to; batched over a selection. */
export async function viewOf(ctx: Context, policy: RouterPolicy): Promise<PolicyView> {
  const [{ breaker, watched }, counters] = await Promise.all([
    breakerNow(ctx, policy),
    ctx.loaders.get(policyCounters, policy.id),
  ]);
  const latched = policy.enabled && breaker.latched;
  const { successCount = 0, errorCount = 0 } = counters ?? {};
  const results = successCount + errorCount;
  return {
    status: statusOf(policy, breaker, watched.targets),
    enabled: policy.enabled && !latched,
    latched,
    counters,
    errorRatePercent: results === 0 ? 0 : Math.round((errorCount / results) * 10_000) / 100,
  };
}
