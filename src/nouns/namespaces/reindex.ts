import type { z } from 'zod';
import { type Context, isoNow } from '../../resource/context.ts';
import { created } from '../../resource/new-doc.ts';
import { needReference } from '../../resource/path.ts';
import { taskChange } from '../../resource/task.ts';
import { checkVersion } from '../../resource/version.ts';
import { type Planned, replacement, save, stillThere, withRetry } from '../../resource/write.ts';
import { conflict, invalidField } from '../../words/errors.ts';
import { type Counts, jobCounts, NOTHING } from '../jobs/counts.ts';
import { isActive, type Job } from '../jobs/model.ts';
import { beginJob } from '../jobs/transition.ts';
import { visibleTo } from '../jobs/visibility.ts';
import { type LogicalModel, logicalModels } from '../logical-models/model.ts';
import { FIRST, nextBatch } from './layout.ts';
import {
  type cancelReindexInput,
  isReindexing,
  type Namespace,
  namespaces,
  type reindexNamespaceInput,
} from './model.ts';
import { cancelledJob, cancelledReindex, WAITING } from './reindexing.ts';
import { readNamespace } from './repository.ts';
import { sourcesOf } from './subjects.ts';

type ReindexInput = z.output<typeof reindexNamespaceInput>;

/**
 * A stored state machine: `pending` until the first item is claimed, `running` until the last is settled, `completed` at
 * once where there are none. `embeddingModelId` switches in the commit that completes it, never before.
 */
export function reindexNamespace(ctx: Context, input: ReindexInput) {
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
    const counts = await countsAtBeginning(ctx, before);
    const { job, planned: begun } = begunJob(ctx, before, model, counts.total, input.qualityGate);
    const { after, planned } = replacement(ctx, namespaces, before, started(ctx, before, job), 'reindex', {
      told: { after: { jobId: job.id, newEmbeddingModelId: model.id } },
    });
    const insert: Planned = { change: { type: 'insert', in: jobCounts, doc: { ...counts, id: job.id } } };
    const laidOut = counts.total === 0 ? [] : await beginLayout(ctx, job, after);
    const payload = { namespace: after };
    return save(
      ctx,
      [stillThere(logicalModels, model), ...planned, ...begun, insert, ...laidOut, ...leftBy(ctx, before)],
      payload,
    );
  });
}

async function countsAtBeginning(ctx: Context, namespace: Namespace): Promise<Counts> {
  const total = namespace.threadCount + (await sourcesOf(ctx, namespace)).length;
  const isEmpty = total === 0;
  return { ...created(ctx, ''), ...NOTHING, total, percent: isEmpty ? 100 : 0, closed: isEmpty, run: 1 };
}

function begunJob(
  ctx: Context,
  namespace: Namespace,
  model: LogicalModel,
  total: number,
  qualityGate: ReindexInput['qualityGate'],
) {
  const isEmpty = total === 0;
  return beginJob(ctx, {
    kind: 'reindex',
    status: isEmpty ? 'completed' : 'pending',
    progress: { total, done: 0, failed: 0, percent: isEmpty ? 100 : 0 },
    resourceType: 'namespace',
    resourceId: namespace.id,
    workspaceId: namespace.workspaceId,
    appId: namespace.appId,
    modelId: model.id,
    qualityGate: qualityGate ?? null,
    visibleTo: visibleTo(namespace),
  });
}

/** The first items are there at once; the rest is the runner's, which looks after the job as long as it lasts. */
async function beginLayout(ctx: Context, job: Job, namespace: Namespace): Promise<Planned[]> {
  const { planned, next } = await nextBatch(ctx, job, namespace, FIRST);
  const cursor = next && JSON.stringify(next);
  return [...planned, { change: taskChange(ctx, 'reindex', job.orgId, job.id, { cursor }) }];
}

/** Items that had failed for good are nobody's any more. */
function leftBy(ctx: Context, { orgId, reindexJobId, reindexStatus }: Namespace): Planned[] {
  if (reindexJobId === null || reindexStatus !== 'failed') return [];
  return [{ change: taskChange(ctx, 'reindex', orgId, reindexJobId) }];
}

function started(ctx: Context, before: Namespace, job: Job): Namespace {
  const base = { ...before, reindexError: null, reindexJobId: job.id, reindexProgress: job.progress };
  if (isActive(job)) return { ...base, ...WAITING, reindexModelId: job.modelId };
  const now = isoNow(ctx);
  return {
    ...base,
    reindexStatus: 'completed',
    reindexModelId: null,
    embeddingModelId: job.modelId,
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
    return save(ctx, [...planned, ...(await cancelledJob(ctx, before))], { namespace: after });
  });
}
