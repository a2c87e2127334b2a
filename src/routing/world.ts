import type { Account, Grant, Health, Model, Policy, WorkspaceFacts } from './facts.ts';
import { type BreakerState, breakerAt, isBarred, type Watched } from './policy-breaker.ts';
import type { Meter, PolicyBreaker } from './state.ts';

/** What the choice among policies rests on. */
export interface PolicyWorld<P extends Policy = Policy> {
  nowMs: number;
  /** The enabled policies that match the request, in rank order, as far as it may have to look. */
  matches: readonly P[];
  models: ReadonlyMap<string, Model>;
  /** By policy. */
  breakers: ReadonlyMap<string, PolicyBreaker>;
}

/** All that a decision rests on, as it was at one moment: gathered first, then decided on by pure functions. */
export interface RoutingWorld extends PolicyWorld {
  workspace: WorkspaceFacts;
  accounts: ReadonlyMap<string, Account>;
  /** The workspace's, by logical model. */
  grants: ReadonlyMap<string, Grant>;
  /** By the id of the meter. */
  meters: ReadonlyMap<string, Meter>;
  health: ReadonlyMap<string, Health>;
}

export function watchedBy(policy: Policy, { models }: Pick<PolicyWorld, 'models'>): Watched {
  return { settings: policy.circuitBreaker, targets: models.get(policy.routeTo)?.targets ?? [] };
}

/** A world never changes, so a breaker is read once in each. */
const readBreakers = new WeakMap<PolicyWorld, Map<Policy, BreakerState>>();

/** The policy's breaker as it is. */
export function breakerIn(policy: Policy, world: PolicyWorld): BreakerState {
  const known = readBreakers.get(world) ?? new Map<Policy, BreakerState>();
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

/** Whether the request goes on to the next policy: nothing gets through to its `route_to`, and nothing answers instead. */
export function isPassedOver(policy: Policy, world: PolicyWorld): boolean {
  return policy.fallback === null && isBarredIn(policy, world);
}

export function isBarredIn(policy: Policy, world: PolicyWorld): boolean {
  return isBarred(breakerIn(policy, world), watchedBy(policy, world), world.nowMs);
}
