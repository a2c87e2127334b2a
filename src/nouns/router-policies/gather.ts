import type { Context } from '../../resource/context.ts';
import type { Policy, WorkspaceFacts } from '../../routing/facts.ts';
import { accountMeterId, entitlementMeterId, meters, policyBreakers } from '../../routing/state.ts';
import { isPassedOver, type PolicyWorld, type RoutingWorld } from '../../routing/world.ts';
import type { Collection, Doc } from '../../store/store.ts';
import { accountHealth } from '../provider-accounts/model.ts';
import type { Settings } from './settings.ts';

/** For whom a world is gathered. */
export interface Asker {
  workspace: WorkspaceFacts;
  requestedModelId: string | null;
}

/** The world of a decision: of what changes with every request, all is fetched at once. */
export function gather(
  ctx: Context,
  settings: Settings,
  matching: Iterable<Policy>,
  asker: Asker,
): Promise<RoutingWorld> {
  return lookFurther(matching, emptyWorld(ctx, asker.workspace), (world, policies) =>
    withPolicies(ctx, settings, world, policies, asker.requestedModelId),
  );
}

/** The same of policies that are each thought of alone, whatever the others do. */
export function gatherAll(
  ctx: Context,
  settings: Settings,
  policies: readonly Policy[],
  workspace: WorkspaceFacts,
): Promise<RoutingWorld> {
  return withPolicies(ctx, settings, emptyWorld(ctx, workspace), policies, null);
}

/** As much of it as the choice among policies rests on. */
export function gatherPolicies<P extends Policy>(
  ctx: Context,
  settings: Settings,
  matching: Iterable<P>,
): Promise<PolicyWorld<P>> {
  const nowMs = ctx.deps.now();
  const empty: PolicyWorld<P> = { nowMs, matches: [], models: new Map(), breakers: new Map() };
  return lookFurther(matching, empty, async (world, policies) => {
    const [models, breakers] = await Promise.all([
      settings.models(policies.map(({ routeTo }) => routeTo)),
      all(ctx, policyBreakers, idsOf(policies)),
    ]);
    return {
      ...world,
      matches: [...world.matches, ...policies],
      models: new Map([...world.models, ...models]),
      breakers: new Map([...world.breakers, ...breakers]),
    };
  });
}

function emptyWorld(ctx: Context, workspace: WorkspaceFacts): RoutingWorld {
  const none = { matches: [], models: new Map(), breakers: new Map(), accounts: new Map(), grants: new Map() };
  return { nowMs: ctx.deps.now(), workspace, ...none, meters: new Map(), health: new Map() };
}

/** Policies that one look takes; it looks further only where all of them are passed over. */
const LOOKED_AT = 16;

/** The world with the policies that may decide a request: those before the first that has a fallback, and it, since that one always decides. */
async function lookFurther<P extends Policy, W extends PolicyWorld<P>>(
  matching: Iterable<P>,
  empty: W,
  withThem: (world: W, policies: P[]) => Promise<W>,
): Promise<W> {
  let world = empty;
  const more = matching[Symbol.iterator]();
  for (let width = LOOKED_AT; ; width *= 4) {
    const next = take(more, width);
    world = await withThem(world, next.policies);
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

/** With the models that the policies and the caller name, their fallbacks, grants and accounts, and the state of them all. */
async function withPolicies(
  ctx: Context,
  settings: Settings,
  world: RoutingWorld,
  policies: readonly Policy[],
  requestedModelId: string | null,
): Promise<RoutingWorld> {
  const named = policies.flatMap(({ routeTo, fallback }) => [routeTo, fallback]);
  const models = await settings.modelsWithFallbacks(
    [...new Set([...named, requestedModelId])].filter((id) => id !== null),
  );
  const accountIds = [...models.values()].flatMap(({ targets }) => targets.map((target) => target.providerAccountId));
  const [accounts, grants] = await Promise.all([
    settings.accounts(accountIds),
    settings.grants(world.workspace.id, models.keys()),
  ]);
  const meterIds = [...accountIds.map(accountMeterId), ...[...grants.values()].map(({ id }) => entitlementMeterId(id))];
  const [breakers, ofMeters, health] = await Promise.all([
    all(ctx, policyBreakers, idsOf(policies)),
    all(ctx, meters, meterIds),
    all(ctx, accountHealth, accountIds),
  ]);
  return {
    ...world,
    matches: [...world.matches, ...policies],
    models: new Map([...world.models, ...models]),
    accounts: new Map([...world.accounts, ...accounts]),
    grants: new Map([...world.grants, ...grants]),
    breakers: new Map([...world.breakers, ...breakers]),
    meters: new Map([...world.meters, ...ofMeters]),
    health: new Map([...world.health, ...health]),
  };
}

function idsOf(policies: readonly Policy[]): string[] {
  return policies.map(({ id }) => id);
}

async function all<D extends Doc>(ctx: Context, from: Collection<D>, ids: readonly string[]): Promise<Map<string, D>> {
  const keys = [...new Set(ids)].map((id) => ({ orgId: ctx.principal.orgId, id }));
  const docs = keys.length === 0 ? [] : await ctx.deps.store.getMany(from, keys);
  return new Map(docs.filter((doc) => doc !== null).map((doc) => [doc.id, doc]));
}
