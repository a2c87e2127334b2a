import type { Context } from '../../resource/context.ts';
import type { Planned } from '../../resource/write.ts';
import { paired } from '../../words/paired.ts';
import { added, NOTHING, type Tally } from '../jobs/counts.ts';
import { isActive, jobs } from '../jobs/model.ts';
import { countsOf } from '../jobs/progress.ts';
import { itemIdOf, newItem, type Subject } from '../work-items/items.ts';
import { inserted, replaced } from '../work-items/layout.ts';
import { type WorkItem, workItems } from '../work-items/model.ts';
import { settle } from '../work-items/settle.ts';
import { isReindexing, type Namespace } from './model.ts';
import { endOf } from './reindexing.ts';
import { placeOf } from './subjects.ts';

/** What comes into and goes from a namespace; of a reindex under way, its items come and go in the same commit. */
export interface Moved {
  in?: readonly Subject[];
  out?: readonly Subject[];
}

/** What of the namespace itself changes with that: null, nothing. */
interface Followed {
  planned: Planned[];
  namespace: Partial<Namespace> | null;
}

const NOT_REINDEXING: Followed = { planned: [], namespace: null };

export async function followed(ctx: Context, namespace: Namespace, moved: Moved): Promise<Followed> {
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
  const come = paired(moved.in ?? [], coming).map(([subject, item]) =>
    cameIn(ctx, item, () => newItem(ctx, { id: job.id, run: counts.run }, placeOf(namespace), subject)),
  );
  const gone = going.map((item) => wentOut(ctx, item));
  const all = [...come, ...gone];
  const settled = await settle(ctx, job, all.map(({ by }) => by).reduce(added, NOTHING));
  const planned = [...all.flatMap((step) => step.planned), ...settled.planned];
  return { planned, namespace: settled.ended && endOf(ctx, job, settled.ended.error) };
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
  return {
    planned: [replaced(ctx, item, { status, tries, dueAt, isGivenBack: false, reports: [] })],
    by: { ...NOTHING, total: 1 },
  };
}

/** What is done stays done; what has failed, or is not laid out yet, leaves the count. */
function wentOut(ctx: Context, item: WorkItem | null): Step {
  if (item?.status === 'done' || item?.status === 'cancelled') return UNMOVED;
  const planned = item ? [replaced(ctx, item, { status: 'cancelled', lease: null, dueAt: null })] : [];
  return { planned, by: { ...NOTHING, total: -1, failed: item?.status === 'failed' ? -1 : 0 } };
}
