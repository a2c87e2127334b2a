import type { Context } from '../../resource/context.ts';
import type { Position } from '../../store/store.ts';
import type { Job } from '../jobs/model.ts';
import { BATCH, type Batch, type Cursor, laidOut, resetBatch, runOf } from '../work-items/layout.ts';
import { type Namespace, threads } from './model.ts';
import { placeOf, sourceSubject, sourcesOf, threadSubject } from './subjects.ts';

export const FIRST: Cursor = { lay: 'threads', after: null };

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
  const planned = await laidOut(ctx, job, placeOf(namespace), docs.map(threadSubject));
  const last = docs.at(-1);
  if (more && last) return { planned, next: { lay: 'threads', after: { createdAt: last.createdAt, id: last.id } } };
  const rest = await sourceBatch(ctx, job, namespace, '', BATCH - docs.length);
  return { planned: [...planned, ...rest.planned], next: rest.next };
}

async function sourceBatch(ctx: Context, job: Job, namespace: Namespace, after: string, limit = BATCH): Promise<Batch> {
  const left = (await sourcesOf(ctx, namespace)).filter((id) => id > after);
  const batch = left.slice(0, limit);
  const planned = await laidOut(ctx, job, placeOf(namespace), batch.map(sourceSubject));
  return { planned, next: left.length > batch.length ? { lay: 'sources', after: batch.at(-1) ?? after } : null };
}
