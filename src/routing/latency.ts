import { safeSum } from '../words/safe-sum.ts';

/**
 * How many were how slow, by buckets that are the same everywhere and for ever, so that two are put together exactly: the place of the
 * first bucket that holds any, then how many it and those behind it hold. Empty: none.
 */
export type Latencies = readonly [] | Counted;
export type Counted = readonly [place: number, ...counts: number[]];

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

export function latencyOf(ms: number): Counted {
  const place = HIGHEST.findIndex((highest) => highest >= ms);
  return [place < 0 ? HIGHEST.length - 1 : place, 1];
}

export function together(left: Latencies = [], right: Latencies): Latencies {
  if (isNone(left)) return right;
  if (isNone(right)) return left;
  const from = Math.min(left[0], right[0]);
  const counts = Array.from({ length: Math.max(endOf(left), endOf(right)) - from }, (_, at) =>
    safeSum(countAt(left, from + at), countAt(right, from + at)),
  );
  return [from, ...counts];
}

function isNone(latencies: Latencies): latencies is readonly [] {
  return latencies.length === 0;
}

function endOf([from, ...counts]: Counted): number {
  return from + counts.length;
}

function countAt([from, ...counts]: Counted, place: number): number {
  return counts[place - from] ?? 0;
}

export function countOf(latencies: Latencies): number {
  return latencies.slice(1).reduce(safeSum, 0);
}

export function unlessEmpty(latencies: Latencies): Counted | null {
  return isNone(latencies) ? null : latencies;
}

/** The latency that `percent` of them did not exceed: the middle of the bucket in which it lies. */
export function percentile([from, ...counts]: Counted, percent: number): number {
  const rank = Math.ceil((counts.reduce(safeSum, 0) * percent) / 100);
  let passed = 0;
  const at = counts.findIndex((count) => {
    passed += count;
    return passed >= rank;
  });
  return middleOf(from + at);
}

function middleOf(place: number): number {
  const [before = -1, highest = LONGEST_MS] = [HIGHEST[place - 1], HIGHEST[place]];
  return (before + 1 + highest) / 2;
}
