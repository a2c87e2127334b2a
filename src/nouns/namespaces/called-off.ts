import { type Context, isoNow } from '../../resource/context.ts';
import { type Planned, replacement } from '../../resource/write.ts';
import { jobs } from '../jobs/model.ts';
import { cancelled } from '../work-items/settle.ts';
import { isReindexing, type Namespace, namespaces } from './model.ts';

export function cancelledReindex(ctx: Context, before: Namespace) {
  const next: Namespace = {
    ...before,
    reindexStatus: 'cancelled',
    reindexCompletedAt: isoNow(ctx),
    reindexModelId: null,
  };
  return replacement(ctx, namespaces, before, next, 'cancel_reindex');
}

/** The job of a reindex that is called off, whatever called it off. */
export async function cancelledJob(ctx: Context, namespace: Namespace): Promise<Planned[]> {
  if (!isReindexing(namespace) || namespace.reindexJobId === null) return [];
  const job = await ctx.deps.store.get(jobs.collection, { orgId: namespace.orgId, id: namespace.reindexJobId });
  return job ? cancelled(ctx, job) : [];
}
