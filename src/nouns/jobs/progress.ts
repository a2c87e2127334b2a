import type { Context } from '../../resource/context.ts';
import type { Progress } from '../../resource/field/progress.ts';
import { type Counts, jobCounts, progressOf } from './counts.ts';

export async function countsOf(ctx: Context, jobId: string): Promise<Counts | null> {
  return ctx.deps.store.get(jobCounts, { orgId: ctx.principal.orgId, id: jobId });
}

/** How far the items of a job are; as it was at its beginning where nothing has been counted yet. */
export async function progressNow(ctx: Context, jobId: string, first: Progress): Promise<Progress> {
  const counts = await ctx.loaders.get(jobCounts, jobId);
  return counts ? progressOf(counts) : first;
}
