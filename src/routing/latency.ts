import { safeSum } from '../words/safe-sum.ts';

/**
 * How many were how slow, by buckets that are the same everywhere and for ever, so that two are put together exactly: the place of the
 * first bucket that holds any, then how many it and those behind it hold. Empty: none.
 */
export type Latencies = readonly number[];

/** A bucket reaches from its lowest whole millisecond a tenth higher, so that its middle is no further than 5 % from any of them. */
const WIDTH_PERCENT = 110;
/** What took longer counts as this. */
const LONGEST_MS = 86_400_000;
const HIGHEST = highest();

/** The highest millisecond of each bucket. Places in it are stored: it never changes. */
function highest(): number[] {
  const ends = [0];
  for (let end = 0; end < LONGEST_MS; ends.push(end)) {
    const lowest = end + 1;
    end = Math.min(LONGEST_MS, Math.max(lowest, Math.floor((lowest * WIDTH_PERCENT) / 100)));
  }
  return ends;
}

export function latencyOf(ms: number): Latencies {
  let [low, high] = [0, HIGHEST.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (HIGHEST[middle]! < ms) low = middle + 1;
    else high = middle;
  }
  return [low, 1];
}

export function together(left: Latencies = [], right: Latencies): Latencies {
  if (left.length === 0 || right.length === 0) return left.length === 0 ? right : left;
  const from = Math.min(left[0]!, right[0]!);
  const counts = Array.from({ length: Math.max(endOf(left), endOf(right)) - from }, (_, at) =>
    safeSum(countAt(left, from + at), countAt(right, from + at)),
  );
  return [from, ...counts];
}

function endOf(latencies: Latencies): number {
  return latencies[0]! + latencies.length - 1;
}

function countAt(latencies: Latencies, place: number): number {
  const at = place - latencies[0]!;
  return at < 0 ? 0 : (latencies[at + 1] ?? 0);
}

export function countOf(latencies: Latencies): number {
  return latencies.slice(1).reduce(safeSum, 0);
}

/** The latency that `percent` of them did not exceed: the middle of the bucket in which it lies; null of none. */
export function percentile(latencies: Latencies, percent: number): number | null {
  const rank = Math.ceil((countOf(latencies) * percent) / 100);
  let passed = 0;
  for (const [at, count] of latencies.slice(1).entries()) {
    passed += count;
    if (passed >= rank) return middleOf(latencies[0]! + at);
  }
  return null;
}

function middleOf(place: number): number {
  const lowest = place === 0 ? 0 : HIGHEST[place - 1]! + 1;
  return (lowest + HIGHEST[place]!) / 2;
}
