import type { Context } from '../../resource/context.ts';
import { find, need } from '../../resource/noun.ts';
import { type Task, taskChange } from '../../resource/task.ts';
import { commit, type Planned, replacement, withRetry } from '../../resource/write.ts';
import { type Workspace, workspaces } from '../workspaces/model.ts';
import { defineJobKind, type JobChange } from './kinds.ts';
import { type Job, jobs } from './model.ts';
import { beginJob, changeJob } from './transition.ts';

/** What the provisioner answered: the bucket, or why there is none. */
type Provisioned = { bucket: string } | { reason: string };

const PROGRESS: Record<'pending' | 'completed' | 'failed', Job['progress']> = {
  pending: { total: 1, done: 0, failed: 0, percent: 0 },
  completed: { total: 1, done: 1, failed: 0, percent: 100 },
  failed: { total: 1, done: 0, failed: 1, percent: 0 },
};

/** The workspace and its job as they are now; null where there is nothing to make any more. */
export async function wantedBucket(ctx: Context, { targetId, jobId }: Task) {
  const orgId = ctx.principal.orgId;
  const workspace = await ctx.deps.store.get(workspaces.collection, { orgId, id: targetId });
  const job = jobId === null ? null : await ctx.deps.store.get(jobs.collection, { orgId, id: jobId });
  const isCalledOff = job !== null && job.status !== 'pending';
  if (!workspace || workspace.bucketStatus === 'ready' || isCalledOff) return { workspace: null, job };
  return { workspace, job };
}

/** The bucket's change, its job's and the end of the task: one commit. */
export function settleBucket(ctx: Context, task: Task, end: () => Planned, made: Provisioned): Promise<void> {
  return withRetry(async () => {
    const { workspace, job } = await wantedBucket(ctx, task);
    const planned = workspace ? [...settled(ctx, workspace, made), ...settledJob(ctx, workspace, job, made)] : [];
    await commit(ctx, [...planned, end()]);
  });
}

function settled(ctx: Context, before: Workspace, made: Provisioned): Planned[] {
  const next: Workspace =
    'bucket' in made
      ? { ...before, s3Bucket: made.bucket, bucketStatus: 'ready' }
      : { ...before, s3Bucket: null, bucketStatus: 'failed' };
  return replacement(ctx, workspaces, before, next).planned;
}

/** Only a bucket that has failed has a job. */
function settledJob(ctx: Context, workspace: Workspace, job: Job | null, made: Provisioned): Planned[] {
  const status = 'bucket' in made ? 'completed' : 'failed';
  const how = { status, progress: PROGRESS[status], error: 'reason' in made ? made.reason : null } as const;
  if (job) return changeJob(ctx, job, how).planned;
  if (status === 'completed') return [];
  return beginJob(ctx, {
    kind: 'bucket',
    resourceType: 'workspace',
    resourceId: workspace.id,
    workspaceId: workspace.id,
    ...how,
  }).planned;
}

/** The workspace waits for its bucket as a new one does. */
async function retried(ctx: Context, job: Job): Promise<JobChange> {
  const workspace = await need(ctx, workspaces, job.resourceId);
  const next: Workspace = { ...workspace, bucketStatus: 'pending' };
  return {
    fields: { status: 'pending', progress: PROGRESS.pending, error: null },
    planned: [
      ...replacement(ctx, workspaces, workspace, next, 'retry_bucket').planned,
      { change: taskChange(ctx, 'provision', workspace.orgId, workspace.id, { jobId: job.id }) },
    ],
  };
}

/** The task finds its job called off, and ends. */
async function calledOff(ctx: Context, job: Job): Promise<JobChange> {
  const workspace = await find(ctx, workspaces, job.resourceId);
  if (workspace?.bucketStatus !== 'pending') return { fields: {}, planned: [] };
  const next: Workspace = { ...workspace, bucketStatus: 'failed' };
  return { fields: {}, planned: replacement(ctx, workspaces, workspace, next, 'cancel_bucket').planned };
}

defineJobKind('bucket', { retriable: ['failed', 'cancelled'], retried, calledOff });
