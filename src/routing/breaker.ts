import { type CircuitBreaker, LEASE_MS, type Target } from './facts.ts';
import { CLOSED, type TargetBreaker } from './state.ts';
import { type Overdue, overdueUntil, waitingWith, waitingWithout } from './waiting.ts';

/**
 * One target's breaker as a pure state machine over stored facts and a clock (contract, section 6). All times are
 * milliseconds since the epoch; nothing here reads a clock, draws a number or is called by a timer.
 */

const BUCKETS = 10;
const PROBE_LEASE_MIN_MS = 60_000;

export type TargetState = TargetBreaker['state'];

export function targetKey(target: Pick<Target, 'providerAccountId' | 'upstreamModel'>): string {
  return `${target.providerAccountId}|${target.upstreamModel}`;
}

/** The target as it is at this moment: calls that hang have opened it, a cooldown that has ended reads as half-open, expired leases are gone. */
export function at(target: TargetBreaker, settings: CircuitBreaker, now: number): TargetBreaker {
  const hung = hungSince(target, settings, now);
  const current = hung === null ? target : opened(target, settings, hung);
  if (current.state === 'open' && now >= current.openUntil)
    return { ...CLOSED, state: 'half_open', generation: current.generation + 1, restUntil: current.restUntil };
  const isHeld = ([, ends]: [string, number]) => ends > now;
  if (current.state === 'half_open')
    return { ...current, probes: Object.fromEntries(Object.entries(current.probes).filter(isHeld)) };
  return current;
}

/**
 * When open decisions that have become slow opened the closed target, or null. What lies before the bucket of the last result was judged
 * when that came, by results that are forgotten since; and what lies before a change of the settings, by those of then.
 */
export function hungSince(target: TargetBreaker, settings: CircuitBreaker, now: number): number | null {
  if (target.state !== 'closed' || settings.latencyThresholdMs === null) return null;
  const overdue = overdueUntil(target.waiting, settings.latencyThresholdMs, now);
  if (overdue.length === 0) return null;
  const last = lastBucket(target, bucketOf(settings, now));
  const isOpen = (moment: number) =>
    moment <= now && bucketOf(settings, moment) >= last && isSlow(target, settings, overdue, moment);
  return overdue.map(({ since }) => Math.max(since, target.judgedFrom)).find(isOpen) ?? null;
}

/** Later ones are of other settings. */
function lastBucket({ buckets }: TargetBreaker, current: number): number {
  return Math.max(
    ...Object.keys(buckets)
      .map(Number)
      .filter((bucket) => bucket <= current),
  );
}

/** Whether a decision may go to the target, which is as it is now. */
export function admits(current: TargetBreaker, settings: CircuitBreaker, now: number): boolean {
  if (current.restUntil > now || current.state === 'open') return false;
  return current.state === 'closed' || Object.keys(current.probes).length < settings.halfOpenRequests;
}

/** When a target that admits nothing will: its cooldown, its rest or the first probe's lease has ended. */
export function freeAt(current: TargetBreaker): number {
  const probed = current.state === 'half_open' ? Math.min(...Object.values(current.probes)) : 0;
  return Math.max(current.openUntil, current.restUntil, Number.isFinite(probed) ? probed : 0);
}

/** A decision is under way: in half-open it takes a probe's lease. */
export function admit(
  current: TargetBreaker,
  settings: CircuitBreaker,
  decisionId: string,
  now: number,
): TargetBreaker {
  if (current.state !== 'half_open') return { ...current, waiting: waitingWith(current.waiting, now, now - LEASE_MS) };
  const ends = now + Math.max(settings.cooldownSeconds * 1000, PROBE_LEASE_MIN_MS);
  return { ...current, probes: { ...current.probes, [decisionId]: ends } };
}

export interface Result {
  decisionId: string;
  /** When the decision was made. */
  decidedMs: number;
  /** The target's generation then. */
  generation: number;
  /** null: the caller's own fault, which says nothing of the target. */
  success: boolean | null;
  latencyMs: number | null;
  /** Milliseconds that the provider asked to wait, whatever went wrong. */
  retryAfterMs: number | null;
  /** Whether that rests the target at once: a 429. */
  rests: boolean;
}

/** The target after a decision's result; one from before the last transition, or of a lapsed probe, changes nothing. */
export function record(current: TargetBreaker, settings: CircuitBreaker, result: Result, now: number): TargetBreaker {
  if (result.generation !== current.generation) return current;
  if (current.state === 'half_open' && !Object.hasOwn(current.probes, result.decisionId)) return current;
  const told = obeying(current, result, now);
  if (told.state === 'half_open') return recordProbe(told, settings, result, now);
  if (told.state === 'open') return told;
  const waiting = waitingWithout(told.waiting, result.decidedMs);
  if (result.success === null) return { ...told, waiting };
  const slow = settings.latencyThresholdMs !== null && (result.latencyMs ?? 0) > settings.latencyThresholdMs;
  const next: TargetBreaker = {
    ...told,
    waiting,
    buckets: counted(told.buckets, settings, result.success, slow, now),
    consecutive: result.success ? 0 : told.consecutive + 1,
  };
  return shouldOpen(next, settings, now) ? opened(next, settings, now) : next;
}

/** Whatever carries a Retry-After, no cooldown of this generation ends before it; a 429 rests the target besides. */
function obeying(current: TargetBreaker, { retryAfterMs, rests }: Result, now: number): TargetBreaker {
  if (retryAfterMs === null) return current;
  const until = now + retryAfterMs;
  return {
    ...current,
    retryUntil: Math.max(current.retryUntil, until),
    restUntil: rests ? Math.max(current.restUntil, until) : current.restUntil,
  };
}

function recordProbe(current: TargetBreaker, settings: CircuitBreaker, result: Result, now: number): TargetBreaker {
  const { [result.decisionId]: _, ...probes } = current.probes;
  if (result.success === null) return { ...current, probes };
  if (!result.success) return opened(current, settings, now);
  const probeSuccesses = current.probeSuccesses + 1;
  if (probeSuccesses < settings.halfOpenRequests) return { ...current, probes, probeSuccesses };
  return { ...CLOSED, generation: current.generation + 1, restUntil: current.restUntil };
}

function opened(current: TargetBreaker, settings: CircuitBreaker, now: number): TargetBreaker {
  return {
    ...CLOSED,
    state: 'open',
    generation: current.generation + 1,
    restUntil: current.restUntil,
    openUntil: Math.max(now + settings.cooldownSeconds * 1000, current.restUntil, current.retryUntil),
  };
}

function bucketOf(settings: CircuitBreaker, now: number): number {
  return Math.floor(now / ((settings.evaluationWindowSeconds * 1000) / BUCKETS));
}

function counted(
  buckets: TargetBreaker['buckets'],
  settings: CircuitBreaker,
  success: boolean,
  slow: boolean,
  now: number,
): TargetBreaker['buckets'] {
  const current = bucketOf(settings, now);
  const kept = Object.fromEntries(Object.entries(buckets).filter(([bucket]) => isInWindow(Number(bucket), current)));
  const [successes, failures, slows] = kept[current] ?? [0, 0, 0];
  kept[current] = [successes + Number(success), failures + Number(!success), slows + Number(slow)];
  return kept;
}

function isInWindow(bucket: number, current: number): boolean {
  return bucket > current - BUCKETS && bucket <= current;
}

function shouldOpen(target: TargetBreaker, settings: CircuitBreaker, now: number): boolean {
  if (target.consecutive >= settings.consecutiveFailures) return true;
  const { results, failures } = windowOf(target, settings, now);
  if (reaches(failures, results, settings)) return true;
  if (settings.latencyThresholdMs === null) return false;
  return isSlow(target, settings, overdueUntil(target.waiting, settings.latencyThresholdMs, now), now);
}

/** Whether too many are slow: results, and decisions that still wait for theirs and have waited too long. */
function isSlow(target: TargetBreaker, settings: CircuitBreaker, overdue: readonly Overdue[], moment: number): boolean {
  const { results, slow } = windowOf(target, settings, moment);
  const current = bucketOf(settings, moment);
  let hanging = 0;
  for (const { since, until, count } of overdue)
    if (since <= moment && moment < until && isInWindow(bucketOf(settings, since), current)) hanging += count;
  return reaches(slow + hanging, results + hanging, settings);
}

function reaches(count: number, all: number, settings: CircuitBreaker): boolean {
  return all >= settings.minRequestsThreshold && count > 0 && count * 100 >= settings.errorThresholdPercent * all;
}

/** What is counted in the evaluation window as it is now. */
export function windowOf(target: TargetBreaker, settings: CircuitBreaker, now: number) {
  const current = bucketOf(settings, now);
  const totals = { results: 0, failures: 0, slow: 0 };
  for (const [bucket, [successes, failures, slow]] of Object.entries(target.buckets)) {
    if (!isInWindow(Number(bucket), current)) continue;
    totals.results += successes + failures;
    totals.failures += failures;
    totals.slow += slow;
  }
  return totals;
}
