import { type Context, isoNow } from '../../resource/context.ts';
import { needReference } from '../../resource/path.ts';
import { type Planned, replacement, stillThere } from '../../resource/write.ts';
import { conflict, notFound } from '../../words/errors.ts';
import { cancelled, stoppedCounting } from '../jobs/called-off.ts';
import { defineJobKind, type JobChange } from '../jobs/kinds.ts';
import { type Job, jobs } from '../jobs/model.ts';
import { logicalModels } from '../logical-models/model.ts';
import { handedOutAgain } from '../work-items/again.ts';
import { isReindexing, type Namespace, namespaces } from './model.ts';

/** What becomes of a namespace as the job of its reindex begins, ends, is called off and asked for again. */

export const WAITING = { reindexStatus: 'pending', reindexStartedAt: null, reindexCompletedAt: null } as const;

export function cancelledReindex(ctx: Context, before: Namespace) {
  const next: Namespace = {
    ...before,
    reindexStatus: 'cancelled',
    reindexCompletedAt: isoNow(ctx),
    reindexModelId: null,
  };
  return replacement(ctx, namespaces, before, next, 'cancel_reindex');
}

/** The job of a reindex that is called off, whatever called it off. */
export async function cancelledJob(ctx: Context, namespace: Namespace): Promise<Planned[]> {
  if (!isReindexing(namespace) || namespace.reindexJobId === null) return [];
  const job = await ctx.deps.store.get(jobs.collection, { orgId: namespace.orgId, id: namespace.reindexJobId });
  return job ? cancelled(ctx, job) : [];
}

/** The model switches with the end, never before. */
export function endOf(ctx: Context, job: Job, error: string | null): Partial<Namespace> {
  const ended = { reindexCompletedAt: isoNow(ctx), reindexModelId: null, reindexError: error };
  if (error !== null) return { ...ended, reindexStatus: 'failed' };
  return { ...ended, reindexStatus: 'completed', embeddingModelId: job.modelId };
}

async function namespaceOf(ctx: Context, { orgId, resourceId }: Job): Promise<Namespace | null> {
  return ctx.deps.store.get(namespaces.collection, { orgId, id: resourceId });
}

async function begun(ctx: Context, job: Job): Promise<Planned[]> {
  const before = await namespaceOf(ctx, job);
  if (!before) return [];
  const next: Namespace = { ...before, reindexStatus: 'running', reindexStartedAt: isoNow(ctx) };
  return replacement(ctx, namespaces, before, next, 'start_reindex').planned;
}

async function ended(ctx: Context, job: Job, error: string | null): Promise<Planned[]> {
  const before = await namespaceOf(ctx, job);
  if (!before) return [];
  const verb = error === null ? 'complete_reindex' : 'fail_reindex';
  return replacement(ctx, namespaces, before, { ...before, ...endOf(ctx, job, error) }, verb).planned;
}

/** Where the namespace is gone, only the job is left. */
async function calledOff(ctx: Context, job: Job): Promise<JobChange> {
  const { fields, planned } = await stoppedCounting(ctx, job);
  const namespace = await namespaceOf(ctx, job);
  if (namespace?.reindexJobId !== job.id) return { fields, planned };
  return { fields, planned: [...planned, ...cancelledReindex(ctx, namespace).planned] };
}

/** What has failed is handed out again, and the namespace waits for it; where the vectors were not good enough, all is. */
async function retried(ctx: Context, job: Job): Promise<JobChange> {
  const before = await namespaceOf(ctx, job);
  if (!before) throw notFound('namespace', job.resourceId);
  if (before.reindexJobId !== job.id)
    throw conflict('job', { reason: 'not_failed', conflictingId: before.reindexJobId });
  const model = await needReference(ctx, logicalModels, job.modelId ?? '');
  const next: Namespace = { ...before, ...WAITING, reindexModelId: model.id, reindexError: null };
  const again = await handedOutAgain(ctx, job, job.reason === 'quality_gate' ? 'all' : 'failed');
  return {
    fields: { status: 'pending', error: null, reason: null, progress: again.progress },
    planned: [
      stillThere(logicalModels, model),
      ...replacement(ctx, namespaces, before, next, 'retry_reindex', { told: { after: { jobId: job.id } } }).planned,
      ...again.planned,
    ],
  };
}

defineJobKind('reindex', { retriable: ['failed'], retried, calledOff, begun, ended });
