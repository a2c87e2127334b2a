import { cancelled } from '../../nouns/jobs/called-off.ts';
import { jobCounts, NOTHING } from '../../nouns/jobs/counts.ts';
import { isActive, type Job, jobs } from '../../nouns/jobs/model.ts';
import { changeJob } from '../../nouns/jobs/transition.ts';
import { visibleTo } from '../../nouns/jobs/visibility.ts';
import { FIRST } from '../../nouns/namespaces/layout.ts';
import { namespaces } from '../../nouns/namespaces/model.ts';
import { sourcesOf } from '../../nouns/namespaces/subjects.ts';
import { orgIndex } from '../../nouns/orgs/model.ts';
import type { Context, Deps } from '../../resource/context.ts';
import { type Generation, generations } from '../../resource/generation.ts';
import { created } from '../../resource/new-doc.ts';
import { taskChange, tasks } from '../../resource/task.ts';
import { commit, type Planned, unchanged, withRetry } from '../../resource/write.ts';
import type { Change, Key } from '../../store/store.ts';
import { ignoringConflict, type Lease } from '../scheduler/lease.ts';
import type { Outcome } from '../scheduler/scheduler.ts';
import { systemContext } from '../setup/system.ts';

const ID = 'task_adopt_jobs';
/** Stands for all old jobs having been looked for. */
const DONE = { orgId: '', id: 'jobs adopted' };
const BATCH = 100;

/** Jobs that an older program left do not say whose they are, and have no items: somebody looks for them, once for all. */
export async function leaveAdoption(deps: Deps): Promise<void> {
  if ((await deps.store.get(generations, DONE)) || (await deps.store.get(tasks, { orgId: '', id: ID }))) return;
  const { docs } = await deps.store.page(orgIndex, { orgId: '', order: 'asc', limit: 1 });
  const [first] = docs;
  // Of the oldest organization, since a task has to be somebody's.
  if (first) await ignoringConflict(() => deps.store.commit([adoption(deps, first.id)]));
  else await noteDone(deps);
}

function adoption(deps: Deps, orgId: string): Change {
  return taskChange(systemContext(deps, ''), 'adopt', orgId, orgId, { id: ID });
}

async function noteDone(deps: Deps): Promise<void> {
  const doc: Generation = { ...created(systemContext(deps, ''), DONE.id), count: 1 };
  await ignoringConflict(() => deps.store.commit([{ type: 'insert', in: generations, doc }]));
}

export function createAdoption(deps: Deps) {
  return async (lease: Lease): Promise<Outcome> => {
    for (let last = lease.task.cursor === null ? null : (JSON.parse(lease.task.cursor) as Key); ; ) {
      lease.signal.throwIfAborted();
      const found = await deps.store.scan(jobs.collection, last, BATCH);
      for (const job of found) if (job.visibleTo === null) await adopt(systemContext(deps, job.orgId), job);
      last = found.at(-1) ?? null;
      if (!last || found.length < BATCH) break;
      const cursor = JSON.stringify({ orgId: last.orgId, id: last.id });
      await lease.advance(cursor, async ({ change }) => void (await deps.store.commit([change])));
    }
    await noteDone(deps);
    return 'done';
  };
}

function adopt(ctx: Context, { orgId, id }: Job): Promise<void> {
  return withRetry(async () => {
    const job = await ctx.deps.store.get(jobs.collection, { orgId, id });
    if (job) await commit(ctx, await adopted(ctx, job));
  });
}

/** A job as today's: with items where it waits for them, called off where what it works on is gone. */
async function adopted(ctx: Context, job: Job): Promise<Planned[]> {
  if (job.kind !== 'reindex') return changeJob(ctx, job, { visibleTo: '' }).planned;
  const { orgId, resourceId } = job;
  const namespace = await ctx.deps.store.get(namespaces.collection, { orgId, id: resourceId });
  if (!namespace)
    return isActive(job)
      ? await cancelled(ctx, { ...job, visibleTo: '' })
      : changeJob(ctx, job, { visibleTo: '' }).planned;
  const fields = { visibleTo: visibleTo(namespace), appId: namespace.appId, modelId: namespace.reindexModelId };
  const changed = [...changeJob(ctx, job, fields).planned, unchanged(namespaces, namespace)];
  if (!isActive(job) || namespace.reindexJobId !== job.id) return changed;
  const total = namespace.threadCount + (await sourcesOf(ctx, namespace)).length;
  const counts = { ...created(ctx, job.id), ...NOTHING, total, percent: 0, closed: false, run: 1 };
  return [
    ...changed,
    { change: { type: 'insert', in: jobCounts, doc: counts } },
    { change: taskChange(ctx, 'reindex', orgId, job.id, { cursor: JSON.stringify(FIRST) }) },
  ];
}
