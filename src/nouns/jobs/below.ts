import type { Context } from '../../resource/context.ts';
import type { Planned } from '../../resource/write.ts';
import { cancelled } from '../work-items/settle.ts';
import { jobs } from './model.ts';

/** What one commit calls off. */
const JOBS_MAX = 500;

/** The reindexes under way of all that lies below an app, a workspace or a namespace that is deleted. */
export async function calledOffBelow(ctx: Context, field: string, id: string): Promise<Planned[]> {
  const named = field === 'namespaceId' ? 'resourceId' : field;
  const where = [
    { field: named, in: [id] },
    { field: 'status', in: ['pending', 'running'] },
  ];
  const query = { orgId: ctx.principal.orgId, where, order: 'asc', limit: JOBS_MAX } as const;
  const { docs } = await ctx.deps.store.page(jobs.collection, query);
  return docs.filter(({ kind }) => kind === 'reindex').flatMap((job) => cancelled(ctx, job));
}
