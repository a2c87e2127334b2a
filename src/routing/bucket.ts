import { isFarAhead } from './ahead.ts';

/**
 * A rate as a leaky bucket that is filled in units, not in time: what was taken stays what it is when the limit changes,
 * so a changed limit holds from the next request on. With a steady limit it admits exactly what GCRA admits.
 */

export interface Rate {
  key: string;
  periodMs: number;
  limit: number;
  /** How much may come at once after a pause; null: the whole period's amount. */
  burst: number | null;
  amount: number;
}

/** What fills a bucket, and when that was so. */
export type Fill = [units: number, atMs: number];

/** The buckets of one meter. */
export interface Buckets {
  fills?: Record<string, Fill>;
  /** How 0.1.0 kept them: by key, when the bucket would be empty at the pace of the time of writing. */
  arrivals?: Record<string, number>;
  updatedAt?: string;
}

export function burstOf({ burst, limit }: Rate): number {
  return burst ?? limit;
}

/** The last fill, and when that was; of one that is far ahead nobody can tell how long ago it was made, so nothing is left of it. */
function lastFill(rate: Rate, buckets: Buckets, nowMs: number): Fill {
  const last = buckets.fills?.[rate.key] ?? fromArrival(buckets, rate.key, rate.limit / rate.periodMs);
  return isFarAhead(last[1], nowMs) ? [0, nowMs] : last;
}

/** What fills the bucket now; a bucket that a limit has made smaller is at most full. */
function levelOf(rate: Rate, buckets: Buckets, nowMs: number): number {
  const perMs = rate.limit / rate.periodMs;
  const [units, atMs] = lastFill(rate, buckets, nowMs);
  return Math.max(0, Math.min(units, burstOf(rate)) - Math.max(0, nowMs - atMs) * perMs);
}

function fromArrival({ arrivals, updatedAt }: Buckets, key: string, perMs: number): Fill {
  const arrival = arrivals?.[key];
  if (arrival === undefined || updatedAt === undefined) return [0, 0];
  const writtenMs = Date.parse(updatedAt);
  return [Math.max(0, arrival - writtenMs) * perMs, writtenMs];
}

/** What the bucket would hold with the amount in it, or the wait until it has room: null where no wait helps. */
export function fill(rate: Rate, buckets: Buckets, nowMs: number): { fill: Fill } | { waitMs: number | null } {
  const level = levelOf(rate, buckets, nowMs) + rate.amount;
  const burst = burstOf(rate);
  const perMs = rate.limit / rate.periodMs;
  // What leaks in a thousandth of a millisecond forgives what floating point loses over many additions.
  if (level <= burst + perMs * 1e-3) return { fill: [level, Math.max(nowMs, lastFill(rate, buckets, nowMs)[1])] };
  return { waitMs: rate.amount > burst || perMs === 0 ? null : (level - burst) / perMs };
}

/** The smallest burst or, where the burst is the limit itself, the smallest limit with which the amount would fit now. */
export function roomFor(rate: Rate, buckets: Buckets, nowMs: number): number | null {
  const changed = (value: number): Rate =>
    rate.burst === null ? { ...rate, limit: value } : { ...rate, burst: value };
  const fits = (value: number) => 'fill' in fill(changed(value), buckets, nowMs);
  let [low, high] = [burstOf(rate), Number.MAX_SAFE_INTEGER];
  if (!fits(high)) return null;
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (fits(middle)) high = middle;
    else low = middle;
  }
  return high;
}
