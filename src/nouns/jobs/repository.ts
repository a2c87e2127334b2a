import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { need } from '../../resource/noun.ts';
import { mergePatch } from '../../resource/patch.ts';
import { save, update, withRetry } from '../../resource/write.ts';
import { conflict } from '../../words/errors.ts';
import { type JobChange, kindOf } from './kinds.ts';
import {
  type cancelJobInput,
  isActive,
  type Job,
  jobs,
  type QualityGate,
  type retryJobInput,
  type updateJobInput,
} from './model.ts';
import { changeJob } from './transition.ts';
import './bucket.ts';
import './called-off.ts';

export function retryJob(ctx: Context, input: z.output<typeof retryJobInput>) {
  return change(ctx, input.jobId, 'retry', async (job) => {
    const kind = kindOf(job);
    if (!kind.retriable.includes(job.status)) throw refused(job, 'not_failed');
    return kind.retried(ctx, job);
  });
}

export function cancelJob(ctx: Context, input: z.output<typeof cancelJobInput>) {
  return change(ctx, input.jobId, 'cancel', async (job) => {
    if (!isActive(job)) throw refused(job, 'not_running');
    const { fields, planned } = await kindOf(job).calledOff(ctx, job);
    return { fields: { ...fields, status: 'cancelled' }, planned };
  });
}

/** What the vectors have to reach may be said as long as they are being made. */
export function updateJob(ctx: Context, input: z.output<typeof updateJobInput>) {
  return update(
    ctx,
    jobs,
    () => need(ctx, jobs, input.jobId),
    input.expectedVersion,
    (before) => {
      const merged = mergePatch(jobs, before, input);
      const qualityGate = merged.qualityGate && { ...NO_DEMAND, ...merged.qualityGate };
      const isOver = input.qualityGate !== undefined && !(before.kind === 'reindex' && isActive(before));
      return { doc: { ...merged, qualityGate }, refuse: isOver ? refused(before, 'not_running') : null };
    },
    (job) => ({ job }),
  );
}

const NO_DEMAND: QualityGate = { minOverlap: 0, minSamples: 1 };

function change(ctx: Context, jobId: string, verb: string, decide: (job: Job) => Promise<JobChange>) {
  return withRetry(async () => {
    const before = await need(ctx, jobs, jobId);
    const { fields, planned } = await decide(before);
    const changed = changeJob(ctx, before, fields, verb);
    return save(ctx, [...changed.planned, ...planned], { job: changed.job });
  });
}

function refused(job: Job, reason: 'not_failed' | 'not_running') {
  return conflict('job', { reason, conflictingId: job.id });
}
