import { LEASE_MS } from './facts.ts';

/**
 * Decisions that wait for their outcome, by the millisecond in which they were made. One that has waited longer than
 * three times the latency threshold counts as slow from that moment on, until its outcome takes its place or its lease ends.
 */
export type Waiting = Record<string, number>;

const PATIENCE = 3;

/** Moments that are told apart; of more, neighbours are counted at the later one: a call is never called slow too early. */
const MOMENTS_MAX = 100;

export function waitingWith(waiting: Waiting, startedMs: number, forgetBeforeMs: number): Waiting {
  let moments = momentsOf({ ...waiting, [startedMs]: (waiting[startedMs] ?? 0) + 1 }).filter(
    ([started]) => started > forgetBeforeMs,
  );
  while (moments.length > MOMENTS_MAX) moments = closestMerged(moments);
  return Object.fromEntries(moments);
}

type Moment = [startedMs: number, count: number];

function closestMerged(moments: readonly Moment[]): Moment[] {
  const gaps = moments.map(([started], at) => started - (moments[at - 1]?.[0] ?? Number.NEGATIVE_INFINITY));
  const later = gaps.indexOf(Math.min(...gaps));
  const [, earlier] = moments[later - 1] ?? [0, 0];
  const merged = moments.map(([started, count], at): Moment => [started, at === later ? count + earlier : count]);
  return merged.toSpliced(later - 1, 1);
}

/** Its outcome has come: it is counted as a result from now on. */
export function waitingWithout(waiting: Waiting, startedMs: number): Waiting {
  const own = momentsOf(waiting).find(([started]) => started >= startedMs);
  if (!own) return waiting;
  const [moment, count] = own;
  const { [moment]: _, ...others } = waiting;
  return count > 1 ? { ...others, [moment]: count - 1 } : others;
}

export interface Overdue {
  /** From then on they count as slow, until their leases end. */
  since: number;
  until: number;
  count: number;
}

/** Those that have become slow until now, in order. */
export function overdueUntil(waiting: Waiting, thresholdMs: number, nowMs: number): Overdue[] {
  const patience = PATIENCE * thresholdMs;
  // Mostly none is: that is told without putting them in order.
  if (!Object.keys(waiting).some((started) => Number(started) + patience < nowMs)) return [];
  return momentsOf(waiting)
    .map(([started, count]) => ({ since: started + patience + 1, until: started + LEASE_MS, count }))
    .filter(({ since }) => since <= nowMs);
}

function momentsOf(waiting: Waiting): Moment[] {
  return Object.entries(waiting)
    .map(([started, count]): Moment => [Number(started), count])
    .sort(([left], [right]) => left - right);
}
