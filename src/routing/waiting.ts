import { LEASE_MS } from './facts.ts';

/**
 * Decisions that wait for their outcome: one list of numbers, in order, of the milliseconds in which they were made and, behind
 * each, how many were. One that has waited longer than three times the latency threshold counts as slow from that moment on,
 * until its outcome takes its place or its lease ends.
 */
export type Waiting = readonly number[];

/** As releases up to 0.1.0 stored them: how many, by the millisecond. */
type ByName = Readonly<Record<string, number>>;
export type StoredWaiting = Waiting | ByName;

const PATIENCE = 3;

/** Moments that are told apart; of more, neighbours are counted at the later one: a call is never called slow too early. */
const MOMENTS_MAX = 100;

function isList(stored: StoredWaiting): stored is Waiting {
  return Array.isArray(stored);
}

function listOf(stored: StoredWaiting): Waiting {
  if (isList(stored)) return stored;
  const inOrder = Object.entries(stored).sort(([one], [other]) => Number(one) - Number(other));
  return inOrder.flatMap(([started, count]) => [Number(started), count]);
}

export function waitingWith(stored: StoredWaiting, startedMs: number, forgetBeforeMs: number): Waiting {
  const next = [...listOf(stored)];
  let behind = next.length;
  while (behind > 0 && (next[behind - 2] ?? 0) > startedMs) behind -= 2;
  const isThere = behind > 0 && next[behind - 2] === startedMs;
  if (isThere) next[behind - 1] = (next[behind - 1] ?? 0) + 1;
  else next.splice(behind, 0, startedMs, 1);
  let gone = 0;
  while (gone < next.length && (next[gone] ?? 0) <= forgetBeforeMs) gone += 2;
  next.splice(0, gone);
  while (next.length > 2 * MOMENTS_MAX) mergeClosest(next);
  return next;
}

/** The earlier of the two that lie closest is counted at the later one. */
function mergeClosest(moments: number[]): void {
  let [later, least] = [2, Number.POSITIVE_INFINITY];
  for (let at = 2; at < moments.length; at += 2) {
    const gap = (moments[at] ?? 0) - (moments[at - 2] ?? 0);
    if (gap < least) [later, least] = [at, gap];
  }
  moments[later + 1] = (moments[later + 1] ?? 0) + (moments[later - 1] ?? 0);
  moments.splice(later - 2, 2);
}

/** Its outcome has come: it is counted as a result from now on. */
export function waitingWithout(stored: StoredWaiting, startedMs: number): Waiting {
  const waiting = listOf(stored);
  let own = 0;
  while (own < waiting.length && (waiting[own] ?? 0) < startedMs) own += 2;
  if (own === waiting.length) return waiting;
  const next = [...waiting];
  const left = (next[own + 1] ?? 0) - 1;
  if (left > 0) next[own + 1] = left;
  else next.splice(own, 2);
  return next;
}

export interface Overdue {
  /** From then on they count as slow, until their leases end. */
  since: number;
  until: number;
  count: number;
}

/** Those that have become slow until now, in order. */
export function overdueUntil(stored: StoredWaiting, thresholdMs: number, nowMs: number): Overdue[] {
  const patience = PATIENCE * thresholdMs;
  const waiting = listOf(stored);
  const overdue: Overdue[] = [];
  for (let at = 0; (waiting[at] ?? Number.POSITIVE_INFINITY) + patience < nowMs; at += 2) {
    const [started = 0, count = 0] = [waiting[at], waiting[at + 1]];
    overdue.push({ since: started + patience + 1, until: started + LEASE_MS, count });
  }
  return overdue;
}
