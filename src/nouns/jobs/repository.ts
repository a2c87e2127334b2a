import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { need } from '../../resource/noun.ts';
import { mergePatch } from '../../resource/patch.ts';
import { type Planned, save, update, withRetry } from '../../resource/write.ts';
import { conflict } from '../../words/errors.ts';
import { cancelledReindex } from '../namespaces/called-off.ts';
import { namespaces } from '../namespaces/model.ts';
import { againReindexing } from '../namespaces/reindex.ts';
import { handedOutAgain } from '../work-items/again.ts';
import { close } from '../work-items/counts.ts';
import { calledOffBucket, retriedBucket } from '../workspaces/bucket.ts';
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

/** What a change of a job changes with it. */
interface JobChange {
  fields: Partial<Job>;
  planned: Planned[];
}

export function retryJob(ctx: Context, input: z.output<typeof retryJobInput>) {
  return change(ctx, input.jobId, 'retry', async (job) => {
    if (job.kind === 'bucket' && (job.status === 'failed' || job.status === 'cancelled'))
      return retriedBucket(ctx, job);
    if (job.kind !== 'reindex' || job.status !== 'failed') throw refused(job, 'not_failed');
    return retriedReindex(ctx, job);
  });
}

export function cancelJob(ctx: Context, input: z.output<typeof cancelJobInput>) {
  return change(ctx, input.jobId, 'cancel', async (job) => {
    if (!isActive(job)) throw refused(job, 'not_running');
    const planned = job.kind === 'bucket' ? await calledOffBucket(ctx, job) : await calledOffReindex(ctx, job);
    return { fields: { status: 'cancelled' }, planned };
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

/** What has failed is handed out again; where the vectors were not good enough, all is. */
async function retriedReindex(ctx: Context, job: Job): Promise<JobChange> {
  const waiting = await againReindexing(ctx, job);
  return {
    fields: { status: 'pending', error: null, reason: null },
    planned: [...waiting, ...(await handedOutAgain(ctx, job, job.reason === 'quality_gate' ? 'all' : 'failed'))],
  };
}

/** Where the namespace is gone, only the job is left. */
async function calledOffReindex(ctx: Context, job: Job): Promise<Planned[]> {
  const closed = { change: close(job.orgId, job.id) };
  const namespace = await ctx.deps.store.get(namespaces.collection, { orgId: job.orgId, id: job.resourceId });
  if (namespace?.reindexJobId !== job.id) return [closed];
  return [closed, ...cancelledReindex(ctx, namespace).planned];
}

function refused(job: Job, reason: 'not_failed' | 'not_running') {
  return conflict('job', { reason, conflictingId: job.id });
}
