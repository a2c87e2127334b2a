import { type Context, isoNow } from '../../resource/context.ts';
import { taskChange } from '../../resource/task.ts';
import type { Planned } from '../../resource/write.ts';
import { conflict } from '../../words/errors.ts';
import { type Counts, jobCounts, NOTHING, percentOf, progressOf } from '../jobs/counts.ts';
import type { Job } from '../jobs/model.ts';
import { countsOf } from '../jobs/progress.ts';
import { type Cursor, resetBatch } from './layout.ts';

interface HandedOut {
  /** What the run begins with. */
  progress: Job['progress'];
  planned: Planned[];
}

/** What an older program counted as a share has what had failed in it. */
function sofar(before: Counts): number {
  return before.percent < 100 ? before.percent : percentOf(before);
}

/** A further run of a job that has failed: the first of its items are there at once, the rest is the runner's. */
export async function handedOutAgain(ctx: Context, job: Job, reset: 'failed' | 'all'): Promise<HandedOut> {
  const before = await countsOf(ctx, job.id);
  if (!before) throw conflict('job', { reason: 'not_failed', conflictingId: job.id });
  const { total, done } = before;
  const tally = reset === 'all' ? { ...NOTHING, total } : { ...before, total, done, failed: 0, firstError: null };
  const run = before.run + 1;
  const counts: Counts = {
    ...before,
    ...tally,
    percent: reset === 'all' ? 0 : sofar(before),
    closed: false,
    run,
    version: before.version + 1,
    updatedAt: isoNow(ctx),
  };
  ctx.loaders.expect(jobCounts, counts);
  const first: Cursor = { reset, after: null };
  const { planned, next } = await resetBatch(ctx, job, first, run);
  const cursor = next && JSON.stringify(next);
  return {
    progress: progressOf(counts),
    planned: [
      { change: { type: 'put', in: jobCounts, doc: counts, expected: before.version } },
      ...planned,
      { change: taskChange(ctx, 'reindex', job.orgId, job.id, { cursor }) },
    ],
  };
}
