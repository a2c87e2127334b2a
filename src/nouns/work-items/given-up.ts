import type { Context } from '../../resource/context.ts';
import { commit, withRetry } from '../../resource/write.ts';
import { NOTHING } from '../jobs/counts.ts';
import { isActive, jobs } from '../jobs/model.ts';
import { replaced } from './layout.ts';
import { TRIES_MAX, type WorkItem, workItems } from './model.ts';
import { settleWhole } from './settle.ts';

const LAPSED = 'its lease has lapsed';

/** Items whose last lease has lapsed have failed for good. */
export async function givenUp(ctx: Context, jobId: string, items: readonly WorkItem[]): Promise<void> {
  const { orgId } = ctx.principal;
  await withRetry(async () => {
    const job = await ctx.deps.store.get(jobs.collection, { orgId, id: jobId });
    if (!job || !isActive(job)) return;
    const now = await ctx.deps.store.getMany(workItems.collection, items);
    const lapsed = now.filter((item): item is WorkItem => item !== null && hasLapsed(item, ctx.deps.now()));
    if (lapsed.length === 0) return;
    const by = { ...NOTHING, failed: lapsed.length, firstError: LAPSED };
    const settled = await settleWhole(ctx, job, by);
    const failed = { status: 'failed', lease: null, dueAt: null, error: LAPSED } as const;
    await commit(ctx, [...lapsed.map((item) => replaced(ctx, item, failed)), ...settled]);
  });
}

export function hasLapsed({ status, tries, isGivenBack, dueAt }: WorkItem, nowMs: number): boolean {
  return status === 'working' && tries >= TRIES_MAX && !isGivenBack && dueAt !== null && Date.parse(dueAt) <= nowMs;
}
