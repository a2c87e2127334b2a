import { type Context, isoNow } from '../../resource/context.ts';
import type { Planned } from '../../resource/write.ts';
import type { Position } from '../../store/store.ts';
import { jobCounts } from '../jobs/counts.ts';
import type { Job } from '../jobs/model.ts';

import { itemIdOf, newItem, type Place, type Subject } from './items.ts';
import { type WorkItem, workItems } from './model.ts';

/** What one commit lays out: few enough for one turn of the event loop. */
export const BATCH = 200;

/** Where the laying out of a job's items is: behind a thread, or a source; then what failed is handed out again. */
export type Cursor =
  | { lay: 'threads'; after: Position | null }
  | { lay: 'sources'; after: string }
  | { reset: 'failed' | 'all'; after: Position | null };

export interface Batch {
  planned: Planned[];
  /** null: nothing is left. */
  next: Cursor | null;
}

/** What was added meanwhile has its item already. */
export async function laidOut(ctx: Context, job: Job, place: Place, subjects: readonly Subject[]): Promise<Planned[]> {
  const keys = subjects.map((subject) => ({ orgId: job.orgId, id: itemIdOf(job.id, subject) }));
  const there = await ctx.deps.store.getMany(workItems.collection, keys);
  const run = await runOf(ctx, job);
  return subjects
    .filter((_, at) => there[at] === null)
    .map((subject) => inserted(newItem(ctx, { id: job.id, run }, place, subject)));
}

export async function runOf(ctx: Context, { id, orgId }: Job): Promise<number> {
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
