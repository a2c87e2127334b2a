import { NOTHING } from '../../nouns/jobs/counts.ts';
import { isActive, type Job, jobs } from '../../nouns/jobs/model.ts';
import { nextBatch } from '../../nouns/namespaces/layout.ts';
import { namespaces } from '../../nouns/namespaces/model.ts';
import { givenUp, hasLapsed } from '../../nouns/work-items/given-up.ts';
import { BATCH, type Cursor } from '../../nouns/work-items/layout.ts';
import { workItems } from '../../nouns/work-items/model.ts';
import { settleWhole } from '../../nouns/work-items/settle.ts';
import { type Context, type Deps, isoNow } from '../../resource/context.ts';
import { commit, type Planned, unchanged, withRetry } from '../../resource/write.ts';
import type { Gate } from '../scheduler/gate.ts';
import type { Lease } from '../scheduler/lease.ts';
import type { Outcome } from '../scheduler/scheduler.ts';
import { systemContext } from '../setup/system.ts';

/** How often somebody looks for items whose last lease has lapsed, where no worker claims any more. */
const LOOK_MS = 10_000;
/** How long the items of a finished job are kept, for reports whose answer was lost. */
const KEPT_MS = 3_600_000;

/** Looks after the items of a job: lays them out, gives up those that nobody finishes, and removes them in the end. */
export function createReindex(deps: Deps, gate: Gate) {
  return async (lease: Lease): Promise<Outcome> => {
    const ctx = systemContext(deps, lease.task.targetOrgId);
    const job = await jobOf(ctx, lease);
    if (!job) return 'done';
    if (isActive(job)) {
      await layOut(ctx, lease);
      await giveUp(ctx, job);
      return { againInMs: LOOK_MS };
    }
    const isRetriable = job.status === 'failed' && (await isLast(ctx, job));
    if (isRetriable) return 'done';
    const keptMs = job.status === 'completed' ? Date.parse(job.updatedAt) + KEPT_MS - deps.now() : 0;
    if (keptMs > 0) return { againInMs: keptMs };
    await removeItems(ctx, lease, gate);
    return 'done';
  };
}

async function jobOf(ctx: Context, { task }: Lease): Promise<Job | null> {
  return ctx.deps.store.get(jobs.collection, { orgId: task.targetOrgId, id: task.targetId });
}

async function namespaceOf(ctx: Context, job: Job) {
  return ctx.deps.store.get(namespaces.collection, { orgId: job.orgId, id: job.resourceId });
}

async function isLast(ctx: Context, job: Job): Promise<boolean> {
  return (await namespaceOf(ctx, job))?.reindexJobId === job.id;
}

/** Batch after batch, each resting on what the namespace holds then, so that nothing is lost or doubled that comes meanwhile. */
async function layOut(ctx: Context, lease: Lease): Promise<void> {
  while (lease.task.cursor !== null) {
    lease.signal.throwIfAborted();
    const cursor: Cursor = JSON.parse(lease.task.cursor);
    await withRetry(async () => {
      const job = await jobOf(ctx, lease);
      const namespace = job && (await namespaceOf(ctx, job));
      if (!job || !namespace || !isActive(job)) return lease.advance(null, (kept) => commit(ctx, [kept]));
      const { planned, next } = await nextBatch(ctx, job, namespace, cursor);
      const resting: Planned[] = [unchanged(namespaces, namespace), unchanged(jobs, job)];
      await lease.advance(next && JSON.stringify(next), (kept) => commit(ctx, [...resting, ...planned, kept]));
    });
  }
  await endEmpty(ctx, lease);
}

/** All that it was about may have gone before any of it was laid out. */
async function endEmpty(ctx: Context, lease: Lease): Promise<void> {
  await withRetry(async () => {
    const job = await jobOf(ctx, lease);
    if (job && isActive(job)) await commit(ctx, await settleWhole(ctx, job, NOTHING));
  });
}

async function giveUp(ctx: Context, job: Job): Promise<void> {
  const query = { orgId: job.orgId, lane: job.id, now: isoNow(ctx), limit: BATCH };
  const due = await ctx.deps.store.due(workItems.collection, query);
  const lapsed = due.filter((item) => hasLapsed(item, ctx.deps.now()));
  if (lapsed.length > 0) await givenUp(ctx, job.id, lapsed);
}

async function removeItems(ctx: Context, lease: Lease, gate: Gate): Promise<void> {
  const { targetOrgId: orgId, targetId } = lease.task;
  const query = { orgId, where: [{ field: 'jobId', in: [targetId] }], order: 'asc', limit: BATCH } as const;
  for (let more = true; more; ) {
    lease.signal.throwIfAborted();
    await withRetry(async () => {
      const page = await ctx.deps.store.page(workItems.collection, query);
      more = page.more;
      const removed = page.docs.map((key): Planned => ({ change: { type: 'remove', in: workItems.collection, key } }));
      await gate(() => lease.advance(null, (kept) => commit(ctx, [...removed, kept])));
    });
  }
}
