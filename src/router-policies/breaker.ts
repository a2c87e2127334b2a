import type { PolicyBreaker, TargetBreaker } from '../decisions/state.ts';
import type { Target } from '../models/model.ts';
import type { CircuitBreaker, PolicyStatus } from './model.ts';

/**
 * The circuit breaker as a pure state machine over stored facts and a clock (contract, section 6). All times are
 * milliseconds since the epoch; nothing here reads a clock, draws a number or is called by a timer.
 */

const BUCKETS = 10;
const PROBE_LEASE_MIN_MS = 60_000;
const LATCH_WINDOW_MS = 3_600_000;
const LATCH_OPENINGS = 5;

export type TargetState = TargetBreaker['state'];

export function targetKey(target: Pick<Target, 'providerAccountId' | 'upstreamModel'>): string {
  return `${target.providerAccountId}|${target.upstreamModel}`;
}

export const CLOSED: TargetBreaker = {
  state: 'closed',
  generation: 0,
  buckets: {},
  consecutive: 0,
  openUntil: 0,
  restUntil: 0,
  probes: {},
  probeSuccesses: 0,
};

/** The target as it is at this moment: a cooldown that has ended reads as half-open, expired probe leases are gone. */
export function at(target: TargetBreaker | undefined, now: number): TargetBreaker {
  if (!target) return CLOSED;
  if (target.state === 'open' && now >= target.openUntil)
    return { ...CLOSED, state: 'half_open', generation: target.generation + 1, restUntil: target.restUntil };
  if (target.state !== 'half_open') return target;
  return { ...target, probes: Object.fromEntries(Object.entries(target.probes).filter(([, ends]) => ends > now)) };
}

/** Whether a decision may go to the target now. */
export function admits(target: TargetBreaker | undefined, settings: CircuitBreaker, now: number): boolean {
  const current = at(target, now);
  if (current.restUntil > now || current.state === 'open') return false;
  return current.state === 'closed' || Object.keys(current.probes).length < settings.halfOpenRequests;
}

/** Takes a probe's lease in half-open; a closed target needs none. */
export function admit(
  target: TargetBreaker | undefined,
  settings: CircuitBreaker,
  decisionId: string,
  now: number,
): TargetBreaker {
  const current = at(target, now);
  if (current.state !== 'half_open') return current;
  const ends = now + Math.max(settings.cooldownSeconds * 1000, PROBE_LEASE_MIN_MS);
  return { ...current, probes: { ...current.probes, [decisionId]: ends } };
}

export interface Result {
  decisionId: string;
  /** The target's generation when the decision was made. */
  generation: number;
  /** null: the caller's own fault, which says nothing of the target. */
  success: boolean | null;
  latencyMs: number | null;
  /** Of a 429: milliseconds that the provider asked to wait. */
  retryAfterMs: number | null;
}

/** The target after a decision's result; one from before the last transition changes nothing. */
export function record(
  target: TargetBreaker | undefined,
  settings: CircuitBreaker,
  result: Result,
  now: number,
): TargetBreaker {
  const current = at(target, now);
  if (result.generation !== current.generation) return current;
  const rested =
    result.retryAfterMs === null
      ? current
      : { ...current, restUntil: Math.max(current.restUntil, now + result.retryAfterMs) };
  if (rested.state === 'half_open') return recordProbe(rested, settings, result, now);
  if (rested.state === 'open' || result.success === null) return rested;
  const slow = settings.latencyThresholdMs !== null && (result.latencyMs ?? 0) > settings.latencyThresholdMs;
  const next: TargetBreaker = {
    ...rested,
    buckets: counted(rested.buckets, settings, result.success, slow, now),
    consecutive: result.success ? 0 : rested.consecutive + 1,
  };
  return shouldOpen(next, settings, now) ? opened(next, settings, now) : next;
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
    // No cooldown ends before a Retry-After of its generation.
    openUntil: Math.max(now + settings.cooldownSeconds * 1000, current.restUntil),
  };
}

function bucketMs(settings: CircuitBreaker): number {
  return (settings.evaluationWindowSeconds * 1000) / BUCKETS;
}

function counted(
  buckets: TargetBreaker['buckets'],
  settings: CircuitBreaker,
  success: boolean,
  slow: boolean,
  now: number,
): TargetBreaker['buckets'] {
  const current = Math.floor(now / bucketMs(settings));
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
  const current = Math.floor(now / bucketMs(settings));
  const totals = { all: 0, failures: 0, slow: 0 };
  for (const [bucket, [successes, failures, slow]] of Object.entries(target.buckets)) {
    if (!isInWindow(Number(bucket), current)) continue;
    totals.all += successes + failures;
    totals.failures += failures;
    totals.slow += slow;
  }
  if (totals.all < settings.minRequestsThreshold) return false;
  const reaches = (count: number) => count > 0 && count * 100 >= settings.errorThresholdPercent * totals.all;
  return reaches(totals.failures) || reaches(totals.slow);
}

/** The policy's own state, derived from its `route_to`'s enabled targets. */
export function policyState(
  breaker: Pick<PolicyBreaker, 'targets'> | null,
  targets: readonly Target[],
  now: number,
): TargetState {
  const states = targets
    .filter((target) => target.enabled)
    .map((target) => at(breaker?.targets[targetKey(target)], now).state);
  if (states.length === 0 || states.includes('closed')) return 'closed';
  return states.includes('half_open') ? 'half_open' : 'open';
}

export function policyStatus(
  enabled: boolean,
  breaker: PolicyBreaker | null,
  targets: readonly Target[],
  now: number,
): PolicyStatus {
  if (!enabled || breaker?.latched) return 'inactive';
  const state = policyState(breaker, targets, now);
  return state === 'open' ? 'circuit_open' : state === 'half_open' ? 'circuit_half_open' : 'active';
}

/** Notes an opening of the policy as a whole; the fifth within an hour latches it, where its settings say so. */
export function afterTransition(
  openings: readonly number[],
  settings: CircuitBreaker,
  from: TargetState,
  to: TargetState,
  now: number,
): { openings: number[]; latched: boolean } {
  const recent = openings.filter((time) => time > now - LATCH_WINDOW_MS);
  if (from === 'closed' && to === 'open') recent.push(now);
  return { openings: recent, latched: settings.autoDisable && recent.length >= LATCH_OPENINGS };
}
