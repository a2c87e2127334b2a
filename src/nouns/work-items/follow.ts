import type { Context } from '../../resource/context.ts';
import type { Planned } from '../../resource/write.ts';
import { isActive, jobs } from '../jobs/model.ts';
import { isReindexing, type Namespace } from '../namespaces/model.ts';
import { added, NOTHING, type Tally } from './counts.ts';
import { itemIdOf, newItem, type Subject } from './items.ts';
import { inserted, replaced } from './layout.ts';
import { type WorkItem, workItems } from './model.ts';
import { countsOf, type Settled, settle } from './settle.ts';

/** What comes into and goes from a namespace; of a reindex under way, its items come and go in the same commit. */
export interface Moved {
  in?: readonly Subject[];
  out?: readonly Subject[];
}

const NOT_REINDEXING: Settled = { planned: [], namespace: null };

export async function followed(ctx: Context, namespace: Namespace, moved: Moved): Promise<Settled> {
  const { orgId, reindexJobId } = namespace;
  if (!isReindexing(namespace) || reindexJobId === null) return NOT_REINDEXING;
  const [job, counts] = await Promise.all([
    ctx.deps.store.get(jobs.collection, { orgId, id: reindexJobId }),
    countsOf(ctx, reindexJobId),
  ]);
  // What an older program left gets its items from the runner, as the namespace is then.
  if (!job || !isActive(job) || !counts) return NOT_REINDEXING;
  const there = (subjects: readonly Subject[] = []) =>
    ctx.deps.store.getMany(
      workItems.collection,
      subjects.map((subject) => ({ orgId, id: itemIdOf(job.id, subject) })),
    );
  const [coming, going] = await Promise.all([there(moved.in), there(moved.out)]);
  const come = coming.map((item, at) =>
    cameIn(ctx, item, () => newItem(ctx, { id: job.id, run: counts.run }, namespace, moved.in![at]!)),
  );
  const gone = going.map((item) => wentOut(ctx, item));
  const all = [...come, ...gone];
  const settled = await settle(ctx, job, all.map(({ by }) => by).reduce(added, NOTHING));
  return { ...settled, planned: [...all.flatMap(({ planned }) => planned), ...settled.planned] };
}

interface Step {
  planned: Planned[];
  by: Tally;
}

const UNMOVED: Step = { planned: [], by: NOTHING };

function cameIn(ctx: Context, item: WorkItem | null, made: () => WorkItem): Step {
  if (!item) return { planned: [inserted(made())], by: { ...NOTHING, total: 1 } };
  if (item.status !== 'cancelled') return UNMOVED;
  const { status, tries, dueAt } = made();
  return { planned: [replaced(ctx, item, { status, tries, dueAt, reports: [] })], by: { ...NOTHING, total: 1 } };
}

/** What is done stays done; what has failed, or is not laid out yet, leaves the count. */
function wentOut(ctx: Context, item: WorkItem | null): Step {
  if (item?.status === 'done' || item?.status === 'cancelled') return UNMOVED;
  const planned = item ? [replaced(ctx, item, { status: 'cancelled', lease: null, dueAt: null })] : [];
  return { planned, by: { ...NOTHING, total: -1, failed: item?.status === 'failed' ? -1 : 0 } };
}
