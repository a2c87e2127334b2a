import { type Context, isoNow } from '../../resource/context.ts';
import type { Planned } from '../../resource/write.ts';
import type { Position } from '../../store/store.ts';
import type { Job } from '../jobs/model.ts';
import { type Namespace, threads } from '../namespaces/model.ts';
import { jobCounts } from './counts.ts';
import { itemIdOf, newItem, type Subject, sourceSubject, sourcesOf, threadSubject } from './items.ts';
import { type WorkItem, workItems } from './model.ts';

/** What one commit lays out: few enough for one turn of the event loop. */
export const BATCH = 200;

/** Where the laying out of a job's items is: behind a thread, or a source; then what failed is handed out again. */
export type Cursor =
  | { lay: 'threads'; after: Position | null }
  | { lay: 'sources'; after: string }
  | { reset: 'failed' | 'all'; after: Position | null };

export const FIRST: Cursor = { lay: 'threads', after: null };

export interface Batch {
  planned: Planned[];
  /** null: nothing is left. */
  next: Cursor | null;
}

/** The next items of a job. They rest on the namespace as it was read, so the commit has to find that unchanged. */
export async function nextBatch(ctx: Context, job: Job, namespace: Namespace, cursor: Cursor): Promise<Batch> {
  if ('reset' in cursor) return resetBatch(ctx, job, cursor, await runOf(ctx, job));
  return cursor.lay === 'threads'
    ? threadBatch(ctx, job, namespace, cursor.after)
    : sourceBatch(ctx, job, namespace, cursor.after);
}

async function threadBatch(ctx: Context, job: Job, namespace: Namespace, after: Position | null): Promise<Batch> {
  const { docs, more } = await ctx.deps.store.page(threads.collection, {
    orgId: namespace.orgId,
    where: [{ field: 'namespaceId', in: [namespace.id] }],
    order: 'asc',
    limit: BATCH,
    after,
  });
  const planned = await laidOut(ctx, job, namespace, docs.map(threadSubject));
  const last = docs.at(-1);
  if (more && last) return { planned, next: { lay: 'threads', after: { createdAt: last.createdAt, id: last.id } } };
  if (namespace.sourceIds.length === 0) return { planned, next: null };
  const rest = await sourceBatch(ctx, job, namespace, '', BATCH - docs.length);
  return { planned: [...planned, ...rest.planned], next: rest.next };
}

async function sourceBatch(ctx: Context, job: Job, namespace: Namespace, after: string, limit = BATCH): Promise<Batch> {
  const left = sourcesOf(namespace).filter((id) => id > after);
  const batch = left.slice(0, limit);
  const planned = await laidOut(ctx, job, namespace, batch.map(sourceSubject));
  return { planned, next: left.length > batch.length ? { lay: 'sources', after: batch.at(-1) ?? after } : null };
}

/** What was added meanwhile has its item already. */
async function laidOut(ctx: Context, job: Job, namespace: Namespace, subjects: Subject[]): Promise<Planned[]> {
  const keys = subjects.map((subject) => ({ orgId: namespace.orgId, id: itemIdOf(job.id, subject) }));
  const there = await ctx.deps.store.getMany(workItems.collection, keys);
  const run = await runOf(ctx, job);
  return subjects
    .filter((_, at) => there[at] === null)
    .map((subject) => inserted(newItem(ctx, { id: job.id, run }, namespace, subject)));
}

async function runOf(ctx: Context, { id, orgId }: Job): Promise<number> {
  return (await ctx.deps.store.get(jobCounts, { orgId, id }))?.run ?? 1;
}

export function inserted(item: WorkItem): Planned {
  return { change: { type: 'insert', in: workItems.collection, doc: item } };
}

export function replaced(ctx: Context, before: WorkItem, fields: Partial<WorkItem>): Planned {
  const doc: WorkItem = { ...before, ...fields, version: before.version + 1, updatedAt: isoNow(ctx) };
  return { change: { type: 'put', in: workItems.collection, doc, expected: before.version } };
}

export async function resetBatch(
  ctx: Context,
  job: Job,
  { reset, after }: Extract<Cursor, { reset: unknown }>,
  run: number,
): Promise<Batch> {
  const statuses = reset === 'all' ? ['done', 'failed'] : ['failed'];
  const { docs, more } = await ctx.deps.store.page(workItems.collection, {
    orgId: job.orgId,
    where: [
      { field: 'jobId', in: [job.id] },
      { field: 'status', in: statuses },
    ],
    order: 'asc',
    limit: BATCH,
    after,
  });
  const dueAt = isoNow(ctx);
  // What was added meanwhile is of this run already.
  const again = docs.filter((item) => item.run < run);
  const fresh = { status: 'pending', tries: 0, error: null, dueAt, run } as const;
  const planned = again.map((item) => replaced(ctx, item, { ...fresh, reports: [] }));
  const last = docs.at(-1);
  return { planned, next: more && last ? { reset, after: { createdAt: last.createdAt, id: last.id } } : null };
}
