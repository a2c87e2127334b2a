import type { Context } from '../../resource/context.ts';
import { whenGone } from '../../resource/subtree.ts';
import type { Planned } from '../../resource/write.ts';
import { close } from './counts.ts';
import { type Job, jobs } from './model.ts';
import { changeJob } from './transition.ts';

/** Called off: nothing counts any more, whatever is reported. */
export function cancelled(ctx: Context, job: Job, verb?: string): Planned[] {
  return [...changeJob(ctx, job, { status: 'cancelled' }, verb).planned, { change: close(job.orgId, job.id) }];
}

/** What one commit calls off. */
const JOBS_MAX = 500;

/** The reindexes under way of all that lies below an app, a workspace or a namespace that is deleted. */
whenGone(async (ctx, field, id) => {
  const named = field === 'namespaceId' ? 'resourceId' : field;
  const where = [
    { field: named, in: [id] },
    { field: 'status', in: ['pending', 'running'] },
  ];
  const query = { orgId: ctx.principal.orgId, where, order: 'asc', limit: JOBS_MAX } as const;
  const { docs } = await ctx.deps.store.page(jobs.collection, query);
  return docs.filter(({ kind }) => kind === 'reindex').flatMap((job) => cancelled(ctx, job));
});
