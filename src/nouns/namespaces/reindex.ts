import type { z } from 'zod';
import { type Context, isoNow } from '../../resource/context.ts';
import { created } from '../../resource/new-doc.ts';
import { needReference } from '../../resource/path.ts';
import { checkVersion } from '../../resource/version.ts';
import { type Planned, replacement, save, stillThere, withRetry } from '../../resource/write.ts';
import { conflict, invalidField } from '../../words/errors.ts';
import { type Job, jobs } from '../jobs/model.ts';
import { logicalModels } from '../logical-models/model.ts';
import { type cancelReindexInput, type Namespace, namespaces, type reindexNamespaceInput } from './model.ts';
import { isReindexing, readNamespace } from './repository.ts';

/**
 * A stored state machine: `pending` (then `running`) until the items are done, `completed` at once where there are none.
 * `embeddingModelId` switches in the commit that completes it, never before.
 */
export function reindexNamespace(ctx: Context, input: z.output<typeof reindexNamespaceInput>) {
  return withRetry(async () => {
    const before = await readNamespace(ctx, input);
    const model = await needReference(ctx, logicalModels, input.newEmbeddingModelId);
    if (model.category !== 'embedding')
      throw invalidField(
        ['newEmbeddingModelId'],
        `the model must be of the category embedding, not ${model.category}`,
        input.newEmbeddingModelId,
      );
    checkVersion(ctx, before, null);
    if (isReindexing(before)) throw conflict('namespace', { reason: 'reindex_running', conflictingId: before.id });
    const job = startedJob(ctx, before);
    const { after, planned } = replacement(ctx, namespaces, before, started(before, model.id, job), 'reindex');
    const payload = { namespace: after };
    const insert: Planned = { change: { type: 'insert', in: jobs.collection, doc: job } };
    return save(ctx, [stillThere(logicalModels, model), ...planned, insert], payload);
  });
}

function startedJob(ctx: Context, namespace: Namespace): Job {
  const total = namespace.threadCount + namespace.sourceIds.length;
  return {
    ...created(ctx, ctx.deps.ids.next('job_')),
    kind: 'reindex',
    status: total === 0 ? 'completed' : 'pending',
    progress: { total, done: 0, failed: 0, percent: total === 0 ? 100 : 0 },
    resourceType: 'namespace',
    resourceId: namespace.id,
    workspaceId: namespace.workspaceId,
    error: null,
  };
}

function started(before: Namespace, modelId: string, job: Job): Namespace {
  const base = { ...before, reindexError: null, reindexJobId: job.id, reindexProgress: job.progress };
  if (job.status === 'pending')
    return {
      ...base,
      reindexStatus: 'pending',
      reindexModelId: modelId,
      reindexStartedAt: null,
      reindexCompletedAt: null,
    };
  const now = job.createdAt;
  return {
    ...base,
    reindexStatus: 'completed',
    reindexModelId: null,
    embeddingModelId: modelId,
    reindexStartedAt: now,
    reindexCompletedAt: now,
  };
}

export function cancelReindex(ctx: Context, input: z.output<typeof cancelReindexInput>) {
  return withRetry(async () => {
    const before = await readNamespace(ctx, input);
    checkVersion(ctx, before, input.expectedVersion);
    if (!isReindexing(before)) throw conflict('namespace', { reason: 'no_reindex_running', conflictingId: before.id });
    const { after, planned } = cancelledReindex(ctx, before);
    const payload = { namespace: after };
    return save(ctx, [...planned, ...(await cancelledJob(ctx, before))], payload);
  });
}

export function cancelledReindex(ctx: Context, before: Namespace) {
  const next: Namespace = {
    ...before,
    reindexStatus: 'cancelled',
    reindexCompletedAt: isoNow(ctx),
    reindexModelId: null,
  };
  return replacement(ctx, namespaces, before, next, 'cancel_reindex');
}

async function cancelledJob(ctx: Context, namespace: Namespace): Promise<Planned[]> {
  if (namespace.reindexJobId === null) return [];
  const job = await ctx.deps.store.get(jobs.collection, { orgId: namespace.orgId, id: namespace.reindexJobId });
  if (!job) return [];
  const doc: Job = { ...job, status: 'cancelled', version: job.version + 1, updatedAt: isoNow(ctx) };
  return [{ change: { type: 'put', in: jobs.collection, doc, expected: job.version } }];
}
