import type { z } from 'zod';
import { type Context, isoNow } from '../../resource/context.ts';
import { canSee, may, need } from '../../resource/noun.ts';
import { bellOf, type Planned, type Saved, save, withRetry } from '../../resource/write.ts';
import { afterMs, REQUEST_MS } from '../../store/deadline.ts';
import { everyLanes } from '../../store/every.ts';
import { fault, forbidden } from '../../words/errors.ts';
import { createOneByOne } from '../../words/one-by-one.ts';
import { progressOf } from '../jobs/counts.ts';
import { kindOf } from '../jobs/kinds.ts';
import { isActive, type Job, jobs } from '../jobs/model.ts';
import { countsOf } from '../jobs/progress.ts';
import { changeJob } from '../jobs/transition.ts';
import { type LogicalModel, logicalModels } from '../logical-models/model.ts';
import { providerAccounts } from '../provider-accounts/model.ts';
import { givenUp, hasLapsed } from './given-up.ts';
import { replaced } from './layout.ts';
import { type claimInput, type WorkItem, workItems } from './model.ts';
import { beginLook, isQuiet } from './quiet.ts';

type ClaimInput = z.output<typeof claimInput>;

/** An item in the hands of a worker, and what it is to be embedded by. */
export interface Claimed {
  item: WorkItem & Record<'lease' | 'dueAt', string>;
  job: Job;
  target: Target | null;
}

/** Whoever claims of one organization in this process does so in turn: none takes what another has just taken. */
const inTurn = createOneByOne();
const CLAIM = 'jobs:work';

type Answer = Saved<{ items: Claimed[] }>;

/**
 * Up to `limit` items, those of the oldest job first; each is held by whoever claims it until its lease ends. Where there
 * are none, it waits: what comes by this process wakes it, and what comes otherwise it finds by looking now and then.
 */
export async function claimWorkItems(ctx: Context, input: ClaimInput): Promise<Answer> {
  const until = performance.now() + input.waitSeconds * 1_000;
  const { orgId } = ctx.principal;
  const bell = bellOf(workItems.collection, orgId);
  for (let now = ctx; ; now = await renewed(now)) {
    const heard = ctx.deps.bell.heard(bell);
    const leftMs = until - performance.now();
    const claimed = await inTurn(orgId, () => claimNow(now, input, leftMs > 0));
    if (claimed) return claimed;
    const isThere = await ctx.pause(Math.min(leftMs, LOOK_MS), heard);
    // Whoever has gone, or is to leave, takes nothing with it.
    if (!isThere) return save(withTime(now), [], { items: [] });
  }
}

/** What other processes leave, and what lapses, is found within a second. */
const LOOK_MS = 500;

/** As long as it waited it asked nothing of the store: now it may again. */
function withTime(ctx: Context): Context {
  const store = ctx.deps.store.until(afterMs(REQUEST_MS));
  return { ...ctx, deps: { ...ctx.deps, store } };
}

/** Whoever has waited claims by the rights that it has now. */
async function renewed(before: Context): Promise<Context> {
  const ctx = withTime(before);
  const principal = ctx.caller ? await ctx.caller.now(ctx.deps.store) : ctx.principal;
  if (!principal) throw fault('AUTHENTICATION_FAILED');
  if (!may(principal, CLAIM)) throw forbidden(CLAIM);
  return { ...ctx, principal };
}

/** null: there is nothing, and the caller would rather wait. */
function claimNow(ctx: Context, input: ClaimInput, mayWait: boolean): Promise<Answer | null> {
  let tries = 0;
  return withRetry(async () => {
    tries += 1;
    if (mayWait && input.jobId == null && isQuiet(ctx)) return null;
    const found = await lookFor(ctx, input, tries);
    if (found.length === 0 && mayWait) return null;
    const planned: Planned[] = [];
    const items: Claimed[] = [];
    for (const { job, due } of found) {
      const begun = job.status === 'pending' ? await begin(ctx, job) : { job, planned: [] };
      planned.push(...begun.planned);
      const target = await targetOf(ctx, job);
      for (const item of due) {
        const fields = held(ctx, item, input);
        planned.push(replaced(ctx, item, fields));
        items.push({ item: { ...item, ...fields }, job: begun.job, target });
      }
    }
    return save(ctx, planned, { items });
  });
}

type Target = LogicalModel['targets'][number];

/** All vectors of a namespace come from one model: of its targets that are in use the one of most weight. */
async function targetOf(ctx: Context, { orgId, modelId }: Job): Promise<Target | null> {
  const model = modelId === null ? null : await ctx.deps.store.get(logicalModels.collection, { orgId, id: modelId });
  const targets = (model?.targets ?? []).filter(({ enabled }) => enabled).sort((a, b) => b.weight - a.weight);
  const keys = targets.map(({ providerAccountId }) => ({ orgId, id: providerAccountId }));
  const accounts = await ctx.deps.store.getMany(providerAccounts.collection, keys);
  return targets.find((_, at) => accounts[at]?.enabled) ?? null;
}

function held(ctx: Context, { tries, isGivenBack }: WorkItem, { leaseSeconds, worker }: ClaimInput) {
  return {
    status: 'working',
    tries: isGivenBack ? tries : tries + 1,
    isGivenBack: false,
    lease: ctx.deps.ids.next('lease_'),
    leaseSeconds,
    dueAt: new Date(ctx.deps.now() + leaseSeconds * 1_000).toISOString(),
    worker: worker ?? null,
  } as const;
}

/** The first item that is claimed begins the job. */
async function begin(ctx: Context, before: Job) {
  const counts = await countsOf(ctx, before.id);
  const progress = counts ? progressOf(counts) : before.progress;
  const { job, planned } = changeJob(ctx, before, { status: 'running', progress });
  return { job, planned: [...planned, ...((await kindOf(job).begun?.(ctx, job)) ?? [])] };
}

interface Found {
  job: Job;
  due: WorkItem[];
}

const LANES_AT_ONCE = 16;

/** From job to job until there are enough; those that the caller does not see, or that have ended, are passed over. */
async function lookFor(ctx: Context, { limit, jobId }: ClaimInput, tries: number): Promise<Found[]> {
  const { orgId } = ctx.principal;
  if (jobId != null) return lookIn(ctx, [await need(ctx, jobs, jobId)], limit, tries);
  const found: Found[] = [];
  let left = limit;
  const look = beginLook(ctx);
  let isFirst = true;
  const query = { orgId, now: isoNow(ctx), limit: LANES_AT_ONCE };
  for await (const lanes of everyLanes(ctx.deps.store, workItems.collection, query)) {
    const inOrder = await ctx.deps.store.getMany(
      jobs.collection,
      lanes.map((id) => ({ orgId, id })),
    );
    const visible = inOrder.filter((job) => job !== null && canSee(ctx.principal, jobs, job)) as Job[];
    const more = await lookIn(ctx, visible, left, tries);
    found.push(...more);
    left -= more.reduce((sum, { due }) => sum + due.length, 0);
    if (isFirst && lanes.length === 0) look.foundNothing();
    isFirst = false;
    if (left === 0) break;
  }
  return found;
}

async function lookIn(ctx: Context, of: readonly Job[], limit: number, tries: number): Promise<Found[]> {
  const found: Found[] = [];
  let left = limit;
  for (const job of of.filter(isActive)) {
    if (left === 0) break;
    const due = await dueOf(ctx, job, left, tries);
    if (due.length > 0) found.push({ job, due });
    left -= due.length;
  }
  return found;
}

/** Whoever has lost against another process looks further on: there is more than one beginning of a long queue. */
async function dueOf(ctx: Context, job: Job, limit: number, tries: number): Promise<WorkItem[]> {
  const wide = limit * Math.min(tries, WIDTH_MAX);
  const query = { orgId: job.orgId, lane: job.id, now: isoNow(ctx), limit: wide };
  const due = await ctx.deps.store.due(workItems.collection, query);
  const lapsed = due.filter((item) => hasLapsed(item, ctx.deps.now()));
  if (lapsed.length > 0) {
    await givenUp(ctx, job.id, lapsed);
    return dueOf(ctx, job, limit, tries);
  }
  const from = Math.floor(ctx.deps.random() * Math.max(0, due.length - limit + 1));
  return due.slice(from, from + limit);
}

const WIDTH_MAX = 5;
