import type { Progress } from '../../resource/field/progress.ts';
import { apply, defineRule } from '../../store/rule.ts';
import type { Change, Collection, Doc } from '../../store/store.ts';
import { comesOn } from './told.ts';

/** How far the items of a job are, apart from the job: every report moves it, and no ETag. Its id is the job's. */
export interface Counts extends Doc, Tally {
  /** The share that is done, as it was when that was highest: what is added never takes it back. */
  percent: number;
  /** Nothing counts any more: the job has ended. */
  closed: boolean;
  /** Which run of the job it is: each retry is a further one. */
  run: number;
}

/** What is counted. */
export interface Tally {
  total: number;
  done: number;
  failed: number;
  /** Items that were sampled, and the sum of their overlaps. */
  samples: number;
  overlap: number;
  /** The reason of the first item that failed for good. */
  firstError: string | null;
}

export const NOTHING: Tally = { total: 0, done: 0, failed: 0, samples: 0, overlap: 0, firstError: null };

export const jobCounts: Collection<Counts> = {
  name: 'jobCounts',
  first: { ...NOTHING, percent: 0, closed: false, run: 1 },
};

export function added(one: Tally, other: Tally): Tally {
  return {
    total: one.total + other.total,
    done: one.done + other.done,
    failed: one.failed + other.failed,
    samples: one.samples + other.samples,
    overlap: one.overlap + other.overlap,
    firstError: one.firstError ?? other.firstError,
  };
}

export function isNothing({ firstError: _, ...numbers }: Tally): boolean {
  return Object.values(numbers).every((number) => number === 0);
}

/** Whether nothing is left to do. */
export function isSettled({ total, done, failed }: Tally): boolean {
  return done + failed >= total;
}

/** What is done, to a tenth; 100 is said only of all. What has failed is still to do: a retry goes on from here. */
export function percentOf({ total, done }: Pick<Tally, 'total' | 'done'>): number {
  return done >= total ? 100 : Math.min(99.9, Math.floor((1_000 * done) / total) / 10);
}

export function progressOf({ total, done, failed, percent }: Tally & { percent: number }): Progress {
  return { total, done, failed, percent };
}

/** Counts on, beside all others that do; refused where the job would be settled by it, which takes more than counting. */
export function count(job: Told, by: Tally): Change {
  return apply(countOn, { orgId: job.orgId, id: job.id }, { by, job });
}

/** As it was read: what is told of it beside its progress does not change while it runs. */
type Told = Parameters<typeof comesOn>[0];

const countOn = defineRule(jobCounts, (before, { by, job }: { by: Tally; job: Told }, now) => {
  if (!before || before.closed) return { refused: 'closed' };
  const tally = added(before, by);
  if (isSettled(tally)) return { refused: 'settled' };
  const percent = Math.max(before.percent, percentOf(tally));
  // Whole percents alone, so that a job of many items does not fill the feed.
  const isTold = Math.floor(percent) > Math.floor(before.percent);
  const also = isTold ? [comesOn(job, progressOf({ ...tally, percent }), before.version + 1, now)] : [];
  return { next: { ...tally, percent }, also };
});

/** From now on nothing counts: whatever the counts are, or only where they are still what somebody has read. */
export function close(orgId: string, jobId: string, expected: number | null): Change {
  return apply(closeCounts, { orgId, id: jobId }, expected);
}

const closeCounts = defineRule(jobCounts, (before, expected: number | null) =>
  expected === null || before?.version === expected ? { next: before && { closed: true } } : { refused: 'counted' },
);
