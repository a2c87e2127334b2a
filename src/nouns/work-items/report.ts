import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { canSee } from '../../resource/noun.ts';
import { type Planned, type Saved, save, withRetry } from '../../resource/write.ts';
import { added, isNothing, NOTHING, type Tally } from '../jobs/counts.ts';
import { isActive, type Job, jobs } from '../jobs/model.ts';
import { jobIdOf } from './items.ts';
import { replaced } from './layout.ts';
import {
  type ItemStatus,
  LEASE_SECONDS_MIN,
  type Reported,
  type reportInput,
  TRIES_MAX,
  type WorkItem,
  workItems,
} from './model.ts';
import { settleWhole } from './settle.ts';

export const REFUSALS = {
  stale: 'The lease has lapsed, or is another’s.',
  cancelled: 'Nobody wants it any more.',
  unknown: 'There is no such item.',
};
export type Refusal = keyof typeof REFUSALS;

/** What one report came to. */
export interface Result {
  itemId: string;
  accepted: boolean;
  reason: Refusal | null;
  status: ItemStatus | null;
  tries: number | null;
}

type ReportInput = z.output<typeof reportInput>;

/** Each result on its own: one that is refused does not hold the others up. All that are accepted are one commit. */
export function reportWorkItems(ctx: Context, { results }: ReportInput): Promise<Saved<{ results: Result[] }>> {
  return withRetry(async () => {
    const known = await read(ctx, results);
    const answers = results.map((one) => judge(ctx, known, one));
    const changed = [...known.items.values()].filter(({ before, now }) => before !== now);
    const planned = changed.map(({ before, now }) => replaced(ctx, before, now));
    for (const [job, by] of known.tallies) planned.push(...(await settled(ctx, job, by)));
    return save(ctx, planned, { results: answers });
  });
}

async function settled(ctx: Context, job: Job, by: Tally): Promise<Planned[]> {
  return isNothing(by) ? [] : settleWhole(ctx, job, by);
}

/** An item as it is stored, and as the results so far leave it. */
interface Known {
  items: Map<string, { before: WorkItem; now: WorkItem; job: Job }>;
  jobs: Map<string, Job>;
  tallies: Map<Job, Tally>;
}

async function read(ctx: Context, results: readonly Reported[]): Promise<Known> {
  const { orgId } = ctx.principal;
  const ids = [...new Set(results.map(({ itemId }) => itemId))];
  const items = await ctx.deps.store.getMany(
    workItems.collection,
    ids.map((id) => ({ orgId, id })),
  );
  const jobIds = [...new Set(ids.flatMap((id, at) => items[at]?.jobId ?? jobIdOf(id) ?? []))];
  const found = await ctx.deps.store.getMany(
    jobs.collection,
    jobIds.map((id) => ({ orgId, id })),
  );
  const visible = found.filter((job): job is Job => job !== null && canSee(ctx.principal, jobs, job));
  const byId = new Map(visible.map((job) => [job.id, job]));
  const known = items.flatMap((item) => {
    const job = item && byId.get(item.jobId);
    return item && job ? [[item.id, { before: item, now: item, job }] as const] : [];
  });
  return { items: new Map(known), jobs: byId, tallies: new Map() };
}

function judge(ctx: Context, known: Known, reported: Reported): Result {
  const { itemId, lease, status } = reported;
  const one = known.items.get(itemId);
  if (!one) return { itemId, accepted: false, reason: refusalOf(known, itemId), status: null, tries: null };
  const { now: item, job } = one;
  const answer = (reason: Refusal | null, { status, tries } = one.now): Result => ({
    itemId,
    accepted: reason === null,
    reason,
    status,
    tries,
  });
  // Its first answer may have been lost.
  if (item.reports.some((ended) => ended.lease === lease && ended.status === status)) return answer(null);
  if (item.status === 'cancelled' || job.status === 'cancelled') return answer('cancelled');
  if (!isActive(job) || !isHeld(item, lease, ctx.deps.now())) return answer('stale');
  const next = after(ctx, item, reported);
  one.now = next.item;
  known.tallies.set(job, added(known.tallies.get(job) ?? NOTHING, next.by));
  return answer(null);
}

/** Of an item that is not stored: its job tells whether it ever was. */
function refusalOf({ jobs: visible }: Known, itemId: string): Refusal {
  const job = visible.get(jobIdOf(itemId) ?? '');
  return job?.status === 'cancelled' ? 'cancelled' : 'unknown';
}

function isHeld({ status, lease, dueAt }: WorkItem, given: string, nowMs: number): boolean {
  return status === 'working' && lease === given && dueAt !== null && nowMs < Date.parse(dueAt);
}

/** The item as a report under its lease leaves it, and what that counts. */
function after(ctx: Context, item: WorkItem, { status, lease, error, overlap, leaseSeconds }: Reported) {
  const at = (inSeconds: number) => new Date(ctx.deps.now() + inSeconds * 1_000).toISOString();
  if (status === 'working') {
    const isGivenBack = leaseSeconds === LEASE_SECONDS_MIN && item.leaseSeconds > LEASE_SECONDS_MIN;
    const lasts = leaseSeconds ?? item.leaseSeconds;
    const kept = isGivenBack ? { isGivenBack } : { isGivenBack, leaseSeconds: lasts };
    return { item: { ...item, ...kept, dueAt: at(lasts) }, by: NOTHING };
  }
  const ended: WorkItem = {
    ...item,
    lease: null,
    isGivenBack: false,
    error: null,
    reports: [...item.reports, { lease, status }],
  };
  if (status === 'done') {
    const sample = overlap == null ? NOTHING : { ...NOTHING, samples: 1, overlap };
    return { item: { ...ended, status, dueAt: null }, by: { ...sample, done: 1 } };
  }
  const reason = error ?? 'no reason was given';
  if (item.tries < TRIES_MAX)
    return { item: { ...ended, status: 'pending' as const, dueAt: at(0), error: reason }, by: NOTHING };
  return { item: { ...ended, status, dueAt: null, error: reason }, by: { ...NOTHING, failed: 1, firstError: reason } };
}
