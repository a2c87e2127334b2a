import type { Context } from '../../resource/context.ts';
import type { Progress } from '../../resource/field/progress.ts';
import { jobCounts, progressOf } from './counts.ts';

/** How far the items of a job are; as it was at its beginning where nothing has been counted yet. */
export async function progressNow(ctx: Context, jobId: string, first: Progress): Promise<Progress> {
  const counts = await ctx.loaders.get(jobCounts, jobId);
  return counts ? progressOf(counts) : first;
}
