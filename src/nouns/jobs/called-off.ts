import type { Context } from '../../resource/context.ts';
import { whenGone } from '../../resource/subtree.ts';
import type { Planned } from '../../resource/write.ts';
import { type Counts, close, jobCounts, progressOf } from './counts.ts';
import type { JobChange } from './kinds.ts';
import { type Job, jobs } from './model.ts';
import { countsOf } from './progress.ts';
import { changeJob } from './transition.ts';

/** Called off: nothing counts any more, whatever is reported, and what it shows is how far it came. */
export async function stoppedCounting(ctx: Context, job: Job): Promise<JobChange> {
  const counts = await countsOf(ctx, job.id);
  if (!counts) return { fields: {}, planned: [] };
  return { fields: { progress: progressOf(counts) }, planned: [{ change: close(job.orgId, job.id, counts.version) }] };
}

export async function cancelled(ctx: Context, job: Job): Promise<Planned[]> {
  const { fields, planned } = await stoppedCounting(ctx, job);
  return [...changeJob(ctx, job, { ...fields, status: 'cancelled' }).planned, ...planned];
}

/** What one commit calls off. */
const JOBS_MAX = 500;

/** The reindexes under way of all that lies below an app, a workspace or a namespace that is deleted. */
whenGone(async (ctx, field, id) => {
  const named = field === 'namespaceId' ? 'resourceId' : field;
  if (!jobs.collection.scopes?.includes(named)) return [];
  const where = [
    { field: named, in: [id] },
    { field: 'status', in: ['pending', 'running'] },
  ];
  const query = { orgId: ctx.principal.orgId, where, order: 'asc', limit: JOBS_MAX } as const;
  const { docs } = await ctx.deps.store.page(jobs.collection, query);
  const reindexes = docs.filter(({ kind }) => kind === 'reindex');
  const counts = await ctx.deps.store.getMany(jobCounts, reindexes);
  return reindexes.flatMap((job, at) => goneWithIt(ctx, job, counts[at] ?? null));
});

/** Of so many that are counted on meanwhile, none would ever be found as it was read: their progress is that of a moment before. */
function goneWithIt(ctx: Context, job: Job, counts: Counts | null): Planned[] {
  const progress = counts ? progressOf(counts) : job.progress;
  const { planned } = changeJob(ctx, job, { status: 'cancelled', progress });
  return [...planned, { change: close(job.orgId, job.id, null) }];
}
