import { setTimeout as sleep } from 'node:timers/promises';
import { collections } from '../catalog/collections.ts';
import { workspaces } from '../nouns/workspaces/model.ts';
import { settleBucket } from '../nouns/workspaces/repository.ts';
import type { Context, Deps, Principal } from '../resource/context.ts';
import { collectionsBelow } from '../resource/subtree.ts';
import { type Task, tasks } from '../resource/task.ts';
import { StoreConflict, tombstones } from '../store/store.ts';
import { createContext } from './app.ts';
import { bucketNameOf } from './buckets.ts';

export interface Runner {
  /** Looks for work at once, not only at the next turn. */
  wake(): void;
  /** Ends after the step under way. */
  stop(): Promise<void>;
}

const TURN_MS = 1_000;
const LEASE_MS = 60_000;
const TRIES_MAX = 5;
const BATCH = 500;
/** A tombstone outlives its sweep, for readers that began before it. */
const TOMBSTONE_MS = 60_000;

/** Does what commits have left: buckets to make, subtrees to sweep, records to drop. Any number of processes may run it. */
export function startRunner(deps: Deps): Runner {
  const stopping = new AbortController();
  let woken = () => {};
  const loop = async () => {
    while (!stopping.signal.aborted) {
      await turn(deps, stopping.signal).catch((error: unknown) =>
        deps.log.warn({ err: error }, 'background work failed; it is tried again'),
      );
      if (stopping.signal.aborted) return;
      const wake = new Promise<void>((resolve) => {
        woken = resolve;
      });
      await Promise.race([wake, sleep(TURN_MS, undefined, { signal: stopping.signal }).catch(() => {})]);
    }
  };
  const running = loop();
  return {
    wake: () => woken(),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** One look: every task that nobody holds, then what has expired. */
export async function turn(deps: Deps, signal?: AbortSignal): Promise<void> {
  const page = await deps.store.page(tasks, { orgId: '', order: 'asc', limit: 100 });
  for (const task of page.docs) {
    if (signal?.aborted) return;
    const claimed = await claim(deps, task);
    if (claimed) await runTask(deps, claimed);
  }
  await dropExpired(deps);
}

async function claim(deps: Deps, task: Task): Promise<Task | null> {
  if (task.leaseUntil !== null && Date.parse(task.leaseUntil) > deps.now()) return null;
  return lease(deps, task, LEASE_MS, task.tries + 1);
}

async function lease(deps: Deps, task: Task, forMs: number, tries: number): Promise<Task | null> {
  const doc: Task = {
    ...task,
    version: task.version + 1,
    tries,
    leaseUntil: new Date(deps.now() + forMs).toISOString(),
  };
  return ignoringConflict(async () => {
    await deps.store.commit([{ type: 'put', in: tasks, doc, expected: task.version }]);
    return doc;
  });
}

async function ignoringConflict<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreConflict) return null;
    throw error;
  }
}

async function runTask(deps: Deps, task: Task): Promise<void> {
  const isDone = task.kind === 'provision' ? await provision(deps, task) : await sweep(deps, task);
  if (isDone) await ignoringConflict(() => deps.store.commit([{ type: 'remove', in: tasks, key: task }]));
}

async function provision(deps: Deps, task: Task): Promise<boolean> {
  const ctx = systemContext(deps, task.targetOrgId);
  const workspace = await deps.store.get(workspaces.collection, { orgId: task.targetOrgId, id: task.targetId });
  if (!workspace || workspace.bucketStatus === 'ready') return true;
  const bucket = bucketNameOf(workspace.id);
  try {
    await deps.provisioner.provision(bucket, workspace.region);
  } catch (error) {
    deps.log.warn({ err: error, workspaceId: workspace.id }, 'cannot make the bucket of a workspace');
    if (task.tries < TRIES_MAX) return false;
    await settleBucket(ctx, workspace.id, null);
    return true;
  }
  await settleBucket(ctx, workspace.id, bucket);
  return true;
}

/** Removes a marked subtree in batches, then (a minute later) its mark. */
async function sweep(deps: Deps, task: Task): Promise<boolean> {
  const { store } = deps;
  const key = { orgId: task.targetOrgId, id: task.targetId };
  const mark = await store.get(tombstones, key);
  if (!mark) return true;
  if (mark.sweptAt !== null) {
    await ignoringConflict(() => store.commit([{ type: 'remove', in: tombstones, key }]));
    return true;
  }
  for (const collection of collectionsBelow(mark.field))
    for (let removed = BATCH; removed === BATCH; ) {
      const { results } = await store.commit([
        { type: 'sweep', in: collection, field: mark.field, value: mark.id, limit: BATCH },
      ]);
      removed = Number(results[0]);
    }
  const sweptAt = new Date(deps.now()).toISOString();
  await ignoringConflict(() =>
    store.commit([
      {
        type: 'put',
        in: tombstones,
        doc: { ...mark, sweptAt, version: mark.version + 1 } as typeof mark,
        expected: mark.version,
      },
    ]),
  );
  await lease(deps, task, TOMBSTONE_MS, task.tries);
  return false;
}

async function dropExpired(deps: Deps): Promise<void> {
  const now = new Date(deps.now()).toISOString();
  for (const collection of collections) {
    if (!collection.expires) continue;
    await deps.store.commit([{ type: 'sweep', in: collection, field: collection.expires, value: now, limit: BATCH }]);
  }
}

/** The product itself as the actor of what it does in the background. */
export function systemContext(deps: Deps, orgId: string): Context {
  const principal: Principal = {
    orgId,
    actorId: 'system',
    tokenId: 'system',
    memberId: null,
    role: null,
    permissions: ['*:*'],
    workspaceIds: null,
    rateLimitPerMinute: null,
  };
  return createContext(deps, principal, deps.ids.next('req_'));
}
