import { type LogicalModel, logicalModels } from '../nouns/logical-models/model.ts';
import { entitlements, grantKey, type ModelEntitlement } from '../nouns/model-entitlements/model.ts';
import { type AccountHealth, type ProviderAccount, providerAccounts } from '../nouns/provider-accounts/model.ts';
import { healthCollection } from '../nouns/provider-accounts/repository.ts';
import type { RouterPolicy } from '../nouns/router-policies/model.ts';
import type { Workspace } from '../nouns/workspaces/model.ts';
import type { Context } from '../resource/context.ts';
import type { Collection, Doc } from '../store/store.ts';
import { type BreakerState, breakerAt, isBarred, type Watched } from './policy-breaker.ts';
import { accountMeterId, entitlementMeterId, type Meter, meters, type PolicyBreaker, policyBreakers } from './state.ts';

/** What the choice among policies rests on. */
export interface PolicyWorld {
  nowMs: number;
  /** The enabled policies that match the request, in rank order, as far as it may have to look. */
  matches: readonly RouterPolicy[];
  models: ReadonlyMap<string, LogicalModel>;
  /** By policy. */
  breakers: ReadonlyMap<string, PolicyBreaker>;
}

/** All that a decision rests on, as it was at one moment: gathered first, then decided on by pure functions. */
export interface RoutingWorld extends PolicyWorld {
  workspace: Workspace;
  accounts: ReadonlyMap<string, ProviderAccount>;
  /** The workspace's, by logical model. */
  grants: ReadonlyMap<string, ModelEntitlement>;
  /** By the id of the meter. */
  meters: ReadonlyMap<string, Meter>;
  health: ReadonlyMap<string, AccountHealth>;
}

export function watchedBy(policy: RouterPolicy, { models }: Pick<PolicyWorld, 'models'>): Watched {
  return { settings: policy.circuitBreaker, targets: models.get(policy.routeTo)?.targets ?? [] };
}

/** A world never changes, so a breaker is read once in each. */
const readBreakers = new WeakMap<PolicyWorld, Map<RouterPolicy, BreakerState>>();

/** The policy's breaker as it is. */
export function breakerIn(policy: RouterPolicy, world: PolicyWorld): BreakerState {
  const known = readBreakers.get(world) ?? new Map<RouterPolicy, BreakerState>();
  readBreakers.set(world, known);
  const read =
    known.get(policy) ?? breakerAt(world.breakers.get(policy.id) ?? null, watchedBy(policy, world), world.nowMs);
  known.set(policy, read);
  return read;
}

/** `route_to`, then `fallback`, then the former's own chain, then the latter's; each model once. */
export function chainOf(heads: readonly string[], models: PolicyWorld['models']): string[] {
  const chain = [...heads];
  for (const head of heads) {
    const seen = new Set([head]);
    for (
      let id = models.get(head)?.fallback ?? null;
      id !== null && !seen.has(id);
      id = models.get(id)?.fallback ?? null
    ) {
      seen.add(id);
      if (models.has(id) && !chain.includes(id)) chain.push(id);
    }
  }
  return chain;
}

/** Policies that one look takes; it looks further only where all of them are barred. */
const LOOKED_AT = 16;

/** The policies that may decide a request: those before the first that has a fallback, and it, since that one always decides. */
export async function gatherPolicies(ctx: Context, matching: Iterable<RouterPolicy>): Promise<PolicyWorld> {
  const nowMs = ctx.deps.now();
  let world: PolicyWorld = { nowMs, matches: [], models: new Map(), breakers: new Map() };
  const more = matching[Symbol.iterator]();
  for (let width = LOOKED_AT; ; width *= 4) {
    const next = take(more, width);
    world = await withPolicies(ctx, world, next.policies);
    if (next.isLast || next.policies.some((policy) => !isPassedOver(policy, world))) return world;
  }
}

function take(from: Iterator<RouterPolicy>, most: number): { policies: RouterPolicy[]; isLast: boolean } {
  const policies: RouterPolicy[] = [];
  while (policies.length < most) {
    const { done, value } = from.next();
    if (done) return { policies, isLast: true };
    if (!value.enabled) continue;
    policies.push(value);
    if (value.fallback !== null) return { policies, isLast: true };
  }
  return { policies, isLast: false };
}

/** Whether the request goes on to the next policy: nothing gets through to its `route_to`, and nothing answers instead. */
export function isPassedOver(policy: RouterPolicy, world: PolicyWorld): boolean {
  return policy.fallback === null && isBarredIn(policy, world);
}

export function isBarredIn(policy: RouterPolicy, world: PolicyWorld): boolean {
  return isBarred(breakerIn(policy, world), watchedBy(policy, world), world.nowMs);
}

async function withPolicies(ctx: Context, world: PolicyWorld, policies: RouterPolicy[]): Promise<PolicyWorld> {
  const heads = policies.map((policy) => policy.routeTo);
  const [models, breakers] = await Promise.all([
    all(
      ctx,
      logicalModels.collection,
      heads.filter((id) => !world.models.has(id)),
    ),
    all(
      ctx,
      policyBreakers,
      policies.map(({ id }) => id),
    ),
  ]);
  return {
    ...world,
    matches: [...world.matches, ...policies],
    models: new Map([...world.models, ...models]),
    breakers: new Map([...world.breakers, ...breakers]),
  };
}

/** The rest of the world: the models that those policies and the caller name, with their fallbacks, grants, accounts and meters. */
export async function gather(
  ctx: Context,
  policies: PolicyWorld,
  workspace: Workspace,
  requestedModelId: string | null,
): Promise<RoutingWorld> {
  const named = policies.matches.flatMap(({ routeTo, fallback }) => [routeTo, fallback]);
  const heads = [...new Set([...named, requestedModelId])].filter((id) => id !== null);
  const models = await withFallbacks(ctx, policies.models, heads);
  const accountIds = [...models.values()].flatMap(({ targets }) => targets.map((target) => target.providerAccountId));
  const [grants, accounts, health, ofAccounts] = await Promise.all([
    grantsOf(ctx, workspace, [...models.keys()]),
    all(ctx, providerAccounts.collection, accountIds),
    all(ctx, healthCollection, accountIds),
    all(ctx, meters, accountIds.map(accountMeterId)),
  ]);
  const ofGrants = await all(
    ctx,
    meters,
    [...grants.values()].map(({ id }) => entitlementMeterId(id)),
  );
  return { ...policies, workspace, models, accounts, grants, health, meters: new Map([...ofAccounts, ...ofGrants]) };
}

async function withFallbacks(ctx: Context, known: PolicyWorld['models'], heads: readonly string[]) {
  const models = new Map(known);
  const absent = new Set<string>();
  for (;;) {
    const named = [...heads, ...[...models.values()].map(({ fallback }) => fallback)].filter((id) => id !== null);
    const missing = named.filter((id) => !models.has(id) && !absent.has(id));
    if (missing.length === 0) return models;
    for (const [id, model] of await all(ctx, logicalModels.collection, missing)) models.set(id, model);
    for (const id of missing) if (!models.has(id)) absent.add(id);
  }
}

async function grantsOf(ctx: Context, workspace: Workspace, modelIds: readonly string[]) {
  const { orgId } = ctx.principal;
  const grants = await Promise.all(
    modelIds.map((id) => ctx.deps.store.getUnique(entitlements.collection, orgId, grantKey(workspace.id, id))),
  );
  return new Map(grants.filter((grant) => grant !== null).map((grant) => [grant.logicalModelId, grant]));
}

async function all<D extends Doc>(ctx: Context, from: Collection<D>, ids: readonly string[]): Promise<Map<string, D>> {
  const keys = [...new Set(ids)].map((id) => ({ orgId: ctx.principal.orgId, id }));
  const docs = keys.length === 0 ? [] : await ctx.deps.store.getMany(from, keys);
  return new Map(docs.filter((doc) => doc !== null).map((doc) => [doc.id, doc]));
}
