import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { canSee, need } from '../../resource/noun.ts';
import { type Planned, replacement, save, withRetry } from '../../resource/write.ts';
import { conflict, notFound } from '../../words/errors.ts';
import { namespaces } from '../namespaces/model.ts';
import { cancelledReindex } from '../namespaces/reindex.ts';
import { calledOffBucket, retriedBucket } from '../workspaces/bucket.ts';
import { type cancelJobInput, type Job, jobs, type retryJobInput } from './model.ts';

/** What a change of a job changes with it. */
interface JobChange {
  fields: Partial<Job>;
  planned: Planned[];
}

export function retryJob(ctx: Context, input: z.output<typeof retryJobInput>) {
  return changeJob(ctx, input.jobId, 'retry', async (job) => {
    const isOver = job.status === 'failed' || (job.kind === 'bucket' && job.status === 'cancelled');
    if (!isOver || job.kind !== 'bucket') throw refused(job, 'not_failed');
    return retriedBucket(ctx, job);
  });
}

export function cancelJob(ctx: Context, input: z.output<typeof cancelJobInput>) {
  return changeJob(ctx, input.jobId, 'cancel', async (job) => {
    if (job.status !== 'pending' && job.status !== 'running') throw refused(job, 'not_running');
    const planned = job.kind === 'bucket' ? await calledOffBucket(ctx, job) : await calledOffReindex(ctx, job);
    return { fields: { status: 'cancelled' }, planned };
  });
}

function changeJob(ctx: Context, jobId: string, verb: string, decide: (job: Job) => Promise<JobChange>) {
  return withRetry(async () => {
    const before = await need(ctx, jobs, jobId);
    const { fields, planned } = await decide(before);
    const change = replacement(ctx, jobs, before, { ...before, ...fields }, verb);
    return save(ctx, [...change.planned, ...planned], { job: change.after });
  });
}

/** Where the namespace is gone, only the job is left; where the caller does not see it, neither is there. */
async function calledOffReindex(ctx: Context, job: Job): Promise<Planned[]> {
  const key = { orgId: job.orgId, id: job.resourceId };
  const namespace = await ctx.deps.store.get(namespaces.collection, key);
  if (namespace?.reindexJobId !== job.id) return [];
  if (!canSee(ctx.principal, namespaces, namespace)) throw notFound('job', job.id);
  return cancelledReindex(ctx, namespace).planned;
}

function refused(job: Job, reason: 'not_failed' | 'not_running') {
  return conflict('job', { reason, conflictingId: job.id });
}
