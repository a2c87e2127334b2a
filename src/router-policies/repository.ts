import type { z } from 'zod';
import type { Context } from '../context.ts';
import { type PolicyBreaker, type PolicyCounters, policyBreakers, policyCounters } from '../decisions/state.ts';
import { invalidField } from '../errors.ts';
import { checkVersion } from '../etag.ts';
import { mergePatch } from '../merge.ts';
import { logicalModels } from '../models/model.ts';
import { fallbackChain } from '../models/repository.ts';
import { needReference, reach } from '../paths.ts';
import type { Collection, Doc } from '../store/store.ts';
import { workspaces } from '../workspaces/model.ts';
import {
  created,
  insertion,
  type Planned,
  removal,
  save,
  stillThere,
  unchanged,
  update,
  withRetry,
} from '../writes.ts';
import { policyStatus } from './breaker.ts';
import { bumpGeneration } from './cache.ts';
import { lintNew, refuseWarnings } from './linter.ts';
import {
  BREAKER_DEFAULTS,
  type createRouterPolicyInput,
  type deleteRouterPolicyInput,
  type disableRouterPolicyInput,
  MATCH_DEFAULTS,
  type PolicyStatus,
  type RouterPolicy,
  routerPolicies,
  updateRouterPolicyBody,
  type updateRouterPolicyInput,
} from './model.ts';

export function createRouterPolicy(ctx: Context, input: z.output<typeof createRouterPolicyInput>) {
  return withRetry(async () => {
    const policy: RouterPolicy = {
      ...created(ctx, ctx.deps.ids.next('pol_')),
      name: input.name,
      description: input.description ?? null,
      priority: input.priority,
      match: { ...MATCH_DEFAULTS, ...defined(input.match) },
      routeTo: input.routeTo,
      fallback: input.fallback ?? null,
      circuitBreaker: { ...BREAKER_DEFAULTS, ...defined(input.circuitBreaker) },
      enabled: input.enabled,
      tags: input.tags ?? {},
    };
    const references = await referencesOf(ctx, policy, null);
    const warnings = await lintNew(ctx, policy);
    refuseWarnings(input.strict, warnings);
    const payload = { routerPolicy: policy, warnings };
    await save(ctx, [...references, ...insertion(ctx, routerPolicies, policy), bumpGeneration(ctx)], payload);
    return payload;
  });
}

function defined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Partial<T>;
}

export function updateRouterPolicy(ctx: Context, input: z.output<typeof updateRouterPolicyInput>) {
  return update(
    ctx,
    routerPolicies,
    async () => reach(ctx, input.orgId, [], routerPolicies, input.policyId),
    input.expectedVersion,
    async (before) => {
      // A latched policy reads as disabled: that it still is changes nothing.
      const breaker = before.enabled ? await breakerOf(ctx, before.id) : null;
      const { enabled, ...others } = input;
      const doc = mergePatch(
        routerPolicies,
        updateRouterPolicyBody,
        before,
        breaker?.latched && enabled === false ? others : input,
      );
      const also = await referencesOf(ctx, doc, before);
      refuseWarnings(input.strict, input.strict ? await lintNew(ctx, doc) : []);
      const released = input.enabled === true ? await release(ctx, before.id) : [];
      return {
        doc,
        also:
          JSON.stringify(doc) === JSON.stringify(before) && released.length === 0
            ? []
            : [...also, ...released, bumpGeneration(ctx)],
      };
    },
    (routerPolicy) => ({ routerPolicy }),
  ).then(async (payload) => ({ ...payload, warnings: await lintNew(ctx, payload.routerPolicy) }));
}

/** A person's `enabled: true` releases a latched policy and resets its breaker. */
async function release(ctx: Context, policyId: string): Promise<Planned[]> {
  const breaker = await breakerOf(ctx, policyId);
  if (!breaker?.latched) return [];
  return [{ change: { type: 'remove', in: policyBreakers, key: breaker, expected: breaker.version } }];
}

async function breakerOf(ctx: Context, policyId: string): Promise<PolicyBreaker | null> {
  return ctx.deps.store.get(policyBreakers, { orgId: ctx.principal.orgId, id: policyId });
}

/** Disables a policy for good, a latched one too: it no longer matches. */
export function disableRouterPolicy(ctx: Context, input: z.output<typeof disableRouterPolicyInput>) {
  return update(
    ctx,
    routerPolicies,
    async () => reach(ctx, input.orgId, [], routerPolicies, input.policyId),
    input.expectedVersion,
    async (before) => {
      const released = await release(ctx, before.id);
      const also = before.enabled || released.length > 0 ? [...released, bumpGeneration(ctx)] : [];
      return { doc: { ...before, enabled: false }, also };
    },
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
    const routerPolicy = await reach(ctx, input.orgId, [], routerPolicies, input.policyId);
    checkVersion(ctx, routerPolicy, input.expectedVersion);
    const state = [
      ...(await stateRemoval(ctx, policyBreakers, routerPolicy.id)),
      ...(await stateRemoval(ctx, policyCounters, routerPolicy.id)),
    ];
    await save(ctx, [...removal(ctx, routerPolicies, routerPolicy), ...state, bumpGeneration(ctx)], { routerPolicy });
    return { routerPolicy };
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
  const [breaker, counters, model] = await Promise.all([
    ctx.loaders.get(policyBreakers, policy.id),
    ctx.loaders.get(policyCounters, policy.id),
    ctx.loaders.get(logicalModels.collection, policy.routeTo),
  ]);
  const latched = policy.enabled && (breaker?.latched ?? false);
  const { successCount = 0, errorCount = 0 } = counters ?? {};
  const results = successCount + errorCount;
  return {
    status: policyStatus(policy.enabled, breaker, model?.targets ?? [], ctx.deps.now()),
    enabled: policy.enabled && !latched,
    latched,
    counters,
    errorRatePercent: results === 0 ? 0 : Math.round((errorCount / results) * 10_000) / 100,
  };
}
