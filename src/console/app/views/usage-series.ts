import type { TallyFragment, UsageGranularity, UsageQuery } from '../graph/documents.generated.ts';

export interface Span {
  granularity: UsageGranularity;
  slots: number;
}

export type Measure = (tally: TallyFragment) => number;

export const BY = { model: 'byModel', workspace: 'byWorkspace', account: 'byAccount' } as const;

/** What a view of the usage is given. */
export interface ShownProps {
  usage: NonNullable<UsageQuery['usage']>;
  slots: readonly number[];
  by: keyof typeof BY;
  span: string;
}

const LENGTH_MS = { hour: 3_600_000, day: 86_400_000 };

/** The beginnings of the hours or days up to now, oldest first: those in which nothing was used, too. */
export function slotsOf({ granularity, slots }: Span, nowMs: number): number[] {
  const length = LENGTH_MS[granularity];
  const last = Math.floor(nowMs / length) * length;
  return Array.from({ length: slots }, (_, at) => last - (slots - 1 - at) * length);
}

export function placesOf(slots: readonly number[]): ReadonlyMap<number, number> {
  return new Map(slots.map((ms, at) => [ms, at]));
}

export interface Series {
  /** null: all that have no series of their own. */
  id: string | null;
  total: number;
  values: readonly number[];
}

/** As many as can be told apart by color. */
export const SERIES_MAX = 6;
type Bucket = NonNullable<UsageQuery['usage']>['nodes'][number];

/** What each one used in each slot, those that used the most first. */
export function seriesOf(
  buckets: readonly Bucket[],
  slots: readonly number[],
  by: 'byModel' | 'byWorkspace' | 'byAccount',
  measure: Measure,
): Series[] {
  const place = placesOf(slots);
  const found = new Map<string, number[]>();
  for (const bucket of buckets) {
    const at = place.get(Date.parse(bucket.startsAt));
    if (at === undefined) continue;
    for (const { id, usage } of bucket[by]) {
      const values = found.get(id) ?? slots.map(() => 0);
      values[at] = measure(usage);
      found.set(id, values);
    }
  }
  const all = [...found].map(([id, values]): Series => ({ id, values, total: sum(values) }));
  all.sort((left, right) => right.total - left.total);
  if (all.length <= SERIES_MAX) return all;
  const others = all.slice(SERIES_MAX - 1);
  const values = slots.map((_, at) => sum(others.map((one) => one.values[at] ?? 0)));
  return [...all.slice(0, SERIES_MAX - 1), { id: null, values, total: sum(values) }];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
