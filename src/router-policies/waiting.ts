import { LEASE_MS } from '../decisions/model.ts';

/**
 * Decisions that wait for their outcome, by the millisecond in which they were made. One that has waited longer than
 * three times the latency threshold counts as slow from that moment on, until its outcome takes its place or its lease ends.
 */
export type Waiting = Record<string, number>;

const PATIENCE = 3;

/** Moments that are told apart; of more, neighbours are counted at the later one: a call is never called slow too early. */
const MOMENTS_MAX = 100;

export function waitingWith(waiting: Waiting, startedMs: number, forgetBeforeMs: number): Waiting {
  const moments = momentsOf({ ...waiting, [startedMs]: (waiting[startedMs] ?? 0) + 1 }).filter(
    ([started]) => started > forgetBeforeMs,
  );
  while (moments.length > MOMENTS_MAX) mergeClosest(moments);
  return Object.fromEntries(moments);
}

function mergeClosest(moments: [number, number][]): void {
  let closest = 1;
  for (let at = 2; at < moments.length; at += 1)
    if (moments[at]![0] - moments[at - 1]![0] < moments[closest]![0] - moments[closest - 1]![0]) closest = at;
  moments[closest]![1] += moments[closest - 1]![1];
  moments.splice(closest - 1, 1);
}

/** Its outcome has come: it is counted as a result from now on. */
export function waitingWithout(waiting: Waiting, startedMs: number): Waiting {
  const own = momentsOf(waiting).find(([started]) => started >= startedMs);
  if (!own) return waiting;
  const [moment, count] = own;
  const { [moment]: _, ...others } = waiting;
  return count > 1 ? { ...others, [moment]: count - 1 } : others;
}

/** The moments until now at which one became slow, in order. */
export function overdueSince(waiting: Waiting, thresholdMs: number, nowMs: number): number[] {
  return spansOf(waiting, thresholdMs)
    .map(({ since }) => since)
    .filter((since) => since <= nowMs);
}

/** Those that count as slow at a moment. */
export function overdueAt(waiting: Waiting, thresholdMs: number, moment: number): { since: number; count: number }[] {
  return spansOf(waiting, thresholdMs).filter(({ since, until }) => since <= moment && moment < until);
}

function spansOf(waiting: Waiting, thresholdMs: number): { since: number; until: number; count: number }[] {
  return momentsOf(waiting).map(([started, count]) => ({
    since: started + PATIENCE * thresholdMs + 1,
    until: started + LEASE_MS,
    count,
  }));
}

function momentsOf(waiting: Waiting): [number, number][] {
  return Object.entries(waiting)
    .map(([started, count]): [number, number] => [Number(started), count])
    .sort(([left], [right]) => left - right);
}
