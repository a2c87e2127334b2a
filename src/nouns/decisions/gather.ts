import type { Context } from '../../resource/context.ts';
import type { Policy, WorkspaceFacts } from '../../routing/facts.ts';
import { accountMeterId, entitlementMeterId, meters, policyBreakers } from '../../routing/state.ts';
import { isPassedOver, type PolicyWorld, type RoutingWorld } from '../../routing/world.ts';
import type { Collection, Doc } from '../../store/store.ts';
import { logicalModels } from '../logical-models/model.ts';
import { entitlements, grantKey } from '../model-entitlements/model.ts';
import { providerAccounts } from '../provider-accounts/model.ts';
import { healthCollection } from '../provider-accounts/repository.ts';

/** Policies that one look takes; it looks further only where all of them are barred. */
const LOOKED_AT = 16;

/** The policies that may decide a request: those before the first that has a fallback, and it, since that one always decides. */
export async function gatherPolicies<P extends Policy>(ctx: Context, matching: Iterable<P>): Promise<PolicyWorld<P>> {
  const nowMs = ctx.deps.now();
  let world: PolicyWorld<P> = { nowMs, matches: [], models: new Map(), breakers: new Map() };
  const more = matching[Symbol.iterator]();
  for (let width = LOOKED_AT; ; width *= 4) {
    const next = take(more, width);
    world = await withPolicies(ctx, world, next.policies);
    if (next.isLast || next.policies.some((policy) => !isPassedOver(policy, world))) return world;
  }
}

function take<P extends Policy>(from: Iterator<P>, most: number): { policies: P[]; isLast: boolean } {
  const policies: P[] = [];
  while (policies.length < most) {
    const { done, value } = from.next();
    if (done) return { policies, isLast: true };
    if (!value.enabled) continue;
    policies.push(value);
    if (value.fallback !== null) return { policies, isLast: true };
  }
  return { policies, isLast: false };
}

async function withPolicies<P extends Policy>(
  ctx: Context,
  world: PolicyWorld<P>,
  policies: P[],
): Promise<PolicyWorld<P>> {
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
  workspace: WorkspaceFacts,
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

async function grantsOf(ctx: Context, workspace: WorkspaceFacts, modelIds: readonly string[]) {
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
