import { mapOf } from '../store/complete.ts';
import type { Collection, Doc } from '../store/store.ts';
import type { Buckets } from './bucket.ts';
import type { StoredLeases } from './leases.ts';
import type { StoredWaiting } from './waiting.ts';

/**
 * The hot documents of routing, each changed by a rule inside the commit and kept apart from what they count for:
 * counters and derived status never change a version.
 */

/** What one period has used, and what open decisions hold of it until they are reported or their lease ends. */
export interface MonthMeter {
  tokens: number;
  requests: number;
  /** By the second in which the leases end: tokens and requests held. */
  held: StoredLeases;
  /** By quota: the largest share that an event has told of; null where that was not noted when the month began. */
  told: Record<string, number> | null;
}

/** The limits' state of one account or entitlement; its id is `account:…` or `entitlement:…`. */
export interface Meter extends Doc, Omit<Buckets, 'updatedAt'> {
  /** By `YYYY-MM` (UTC): the current month and the one before. */
  months: Record<string, MonthMeter>;
  /** By the second in which the leases end: requests under way. */
  running: StoredLeases;
  requestCount: number;
  totalTokens: number;
  lastUsedAt: string | null;
}
export const meters: Collection<Meter> = {
  name: 'meters',
  first: {
    months: mapOf<MonthMeter>({ tokens: 0, requests: 0, held: [], told: null }),
    fills: {},
    arrivals: {},
    running: [],
    requestCount: 0,
    totalTokens: 0,
    lastUsedAt: null,
  },
};

export function accountMeterId(providerAccountId: string): string {
  return `account:${providerAccountId}`;
}

export function entitlementMeterId(entitlementId: string): string {
  return `entitlement:${entitlementId}`;
}

/** What a policy's decisions came to; its id is the policy's. */
export interface PolicyCounters extends Doc {
  matchCount: number;
  successCount: number;
  errorCount: number;
  lastMatchedAt: string | null;
}
export const policyCounters: Collection<PolicyCounters> = {
  name: 'policy_counters',
  first: { matchCount: 0, successCount: 0, errorCount: 0, lastMatchedAt: null },
};

export interface TargetBreaker {
  state: 'closed' | 'open' | 'half_open';
  /** Counts the transitions; results of decisions made under another one do not count. */
  generation: number;
  /** By bucket number (time / bucket length): successes, failures, slow ones. */
  buckets: Record<string, [successes: number, failures: number, slow: number]>;
  consecutive: number;
  openUntil: number;
  /** A 429 with Retry-After rests the target until then, whatever its state. */
  restUntil: number;
  /** The latest Retry-After of this generation: no cooldown that follows ends before it. */
  retryUntil: number;
  /** Closed: decisions that wait for their outcome. */
  waiting: StoredWaiting;
  /** When its settings were last changed: what hung before was judged by others then. */
  judgedFrom: number;
  /** In half-open: by decision, when the probe's lease ends. */
  probes: Record<string, number>;
  probeSuccesses: number;
}

export const CLOSED: TargetBreaker = {
  state: 'closed',
  generation: 0,
  buckets: {},
  consecutive: 0,
  openUntil: 0,
  restUntil: 0,
  retryUntil: 0,
  waiting: [],
  judgedFrom: 0,
  probes: {},
  probeSuccesses: 0,
};

/** A policy's breaker: one state per target (`account|upstream model`) of its `route_to`; its id is the policy's. */
export interface PolicyBreaker extends Doc {
  targets: Record<string, TargetBreaker>;
  /** When the policy as a whole went from closed to open, within the last hour (milliseconds). */
  openings: number[];
  latched: boolean;
  /** The generation in which targets without a state are closed; a reset makes it one that no decision has seen. */
  floor: number;
}
export const policyBreakers: Collection<PolicyBreaker> = {
  name: 'policy_breakers',
  first: {
    targets: mapOf<TargetBreaker>(CLOSED),
    openings: [],
    latched: false,
    floor: 0,
  },
};
