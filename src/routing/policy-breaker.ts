import { isFarAhead } from './ahead.ts';
import { admits, at, freeAt, hungSince, type TargetState, targetKey } from './breaker.ts';
import type { CircuitBreaker, Policy, PolicyStatus, Target } from './facts.ts';
import { CLOSED, type PolicyBreaker, type TargetBreaker } from './state.ts';

/** A policy's breaker as a whole: one state for each target, what they come to for the policy, and the latch. Pure, as its targets' is. */

const LATCH_WINDOW_MS = 3_600_000;
const LATCH_OPENINGS = 5;

/** What a breaker is read with: its policy's settings, and the targets of the policy's `route_to`. */
export interface Watched {
  settings: CircuitBreaker;
  targets: readonly Target[];
}

/** `updatedAt`: when it was written; absent where that was by this clock. */
type Stored = Pick<PolicyBreaker, keyof BreakerState> & Partial<Pick<PolicyBreaker, 'updatedAt'>>;

/** A breaker at one moment. */
export interface BreakerState {
  targets: Record<string, TargetBreaker>;
  /** When the policy as a whole went from closed to open, within the last hour. */
  openings: number[];
  latched: boolean;
  floor: number;
}

/** Of which nothing was stored yet. */
export const NO_TARGETS: BreakerState = { targets: {}, openings: [], latched: false, floor: 0 };

/** The breaker at this moment: what time alone has changed since it was stored is in it. */
export function breakerAt(stored: Stored | null, watched: Watched, now: number): BreakerState {
  const written = writtenBy(stored ?? NO_TARGETS, now);
  const until = (moment: number) => mapped(written.targets, (one) => at(one, watched.settings, moment));
  const hung = enabledOf(watched.targets)
    .map((target) => hungSince(targetOf(written, targetKey(target)), watched.settings, now))
    .filter((moment) => moment !== null);
  const noted = [...new Set(hung)]
    .sort((left, right) => left - right)
    .filter((moment) => stateOf({ ...written, targets: until(moment) }, watched.targets) === 'open')
    .reduce((state, moment) => withOpening(state, watched.settings, moment), written);
  return { ...noted, targets: until(now) };
}

/** What was stored before the clock was set back ends now: for as long as that was, no cooldown or rest would end, and no probe's lease. */
function writtenBy({ targets, openings, latched, floor, updatedAt }: Stored, now: number): BreakerState {
  if (updatedAt === undefined || !isFarAhead(Date.parse(updatedAt), now)) return { targets, openings, latched, floor };
  const ended = (target: TargetBreaker): TargetBreaker => ({
    ...target,
    openUntil: Math.min(target.openUntil, now),
    restUntil: Math.min(target.restUntil, now),
    retryUntil: Math.min(target.retryUntil, now),
    judgedFrom: Math.min(target.judgedFrom, now),
    buckets: {},
    waiting: [],
    probes: {},
  });
  return { targets: mapped(targets, ended), openings: [], latched, floor };
}

function mapped<T, U>(record: Record<string, T>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function enabledOf(targets: readonly Target[]): Target[] {
  return targets.filter((target) => target.enabled);
}

export function targetOf(breaker: Pick<BreakerState, 'targets' | 'floor'>, key: string): TargetBreaker {
  return breaker.targets[key] ?? { ...CLOSED, generation: breaker.floor };
}

/** The policy's own state, derived: open means that every enabled target is open. */
function stateOf(breaker: BreakerState, targets: readonly Target[]): TargetState {
  const states = enabledOf(targets).map((target) => targetOf(breaker, targetKey(target)).state);
  if (states.length === 0 || states.includes('closed')) return 'closed';
  return states.includes('half_open') ? 'half_open' : 'open';
}

/** Whether a decision may be sent to the target now; a latched policy's are all held. */
export function isDrawable(breaker: BreakerState, settings: CircuitBreaker, target: Target, now: number): boolean {
  return !breaker.latched && admits(targetOf(breaker, targetKey(target)), settings, now);
}

/** Whether the policy lets nothing through to its `route_to`: latched, or with enabled targets of which none can be drawn. */
export function isBarred(breaker: BreakerState, { settings, targets }: Watched, now: number): boolean {
  const enabled = enabledOf(targets);
  return breaker.latched || (enabled.length > 0 && !enabled.some((one) => isDrawable(breaker, settings, one, now)));
}

/** When the first target of a barred policy will be free; null while it is latched. */
export function barredUntil(breaker: BreakerState, { targets }: Watched): number | null {
  if (breaker.latched) return null;
  return Math.min(...enabledOf(targets).map((target) => freeAt(targetOf(breaker, targetKey(target)))));
}

export function statusOf(
  policy: Pick<Policy, 'enabled'>,
  breaker: BreakerState,
  targets: readonly Target[],
): PolicyStatus {
  if (!policy.enabled || breaker.latched) return 'inactive';
  const state = stateOf(breaker, targets);
  return state === 'open' ? 'circuit_open' : state === 'half_open' ? 'circuit_half_open' : 'active';
}

/** The breaker after one target has changed; an opening of the policy as a whole is noted. */
export function withTarget(
  breaker: BreakerState,
  { settings, targets }: Watched,
  key: string,
  next: TargetBreaker,
  now: number,
): BreakerState {
  const after = { ...breaker, targets: { ...breaker.targets, [key]: next } };
  const opens = stateOf(breaker, targets) === 'closed' && stateOf(after, targets) === 'open';
  return opens ? withOpening(after, settings, now) : after;
}

/** The fifth opening within an hour latches the policy, where its settings say so. */
function withOpening(breaker: BreakerState, settings: CircuitBreaker, now: number): BreakerState {
  const openings = [...breaker.openings.filter((time) => time > now - LATCH_WINDOW_MS), now];
  return {
    ...breaker,
    openings,
    latched: breaker.latched || (settings.autoDisable && openings.length >= LATCH_OPENINGS),
  };
}

/** As it is when its settings change: from then on it is judged by the new ones. */
export function judgedAnew(breaker: BreakerState, now: number): BreakerState {
  return { ...breaker, targets: mapped(breaker.targets, (target) => ({ ...target, judgedFrom: now })) };
}

/** Every target closed, in a generation that no decision made until now can hold, whatever time alone has changed. */
export function resetBreaker(breaker: BreakerState): BreakerState {
  const generations = Object.values(breaker.targets).map(({ generation }) => generation);
  return { targets: {}, openings: [], latched: false, floor: Math.max(breaker.floor, ...generations) + 3 };
}
