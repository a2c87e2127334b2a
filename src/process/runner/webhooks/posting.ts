import { setTimeout as sleep } from 'node:timers/promises';
import { WEBHOOK_DESK } from '../../../nouns/webhooks/task.ts';
import type { Deps } from '../../../resource/context.ts';
import { feedEvents } from '../../../resource/feed-event.ts';
import { tasks } from '../../../resource/task.ts';
import { type Lease, move } from '../../scheduler/lease.ts';
import { createScheduler, type Outcome, type Scheduler } from '../../scheduler/scheduler.ts';
import { createCalling } from './calling.ts';
import { createDelivering } from './deliver.ts';
import { createWatch } from './watch.ts';

/** Webhooks served at once, and of one org. */
const PLACES = 64;
const PER_ORG = 8;
/** How soon what this process has committed is looked at: what comes together is looked at together. */
const TOGETHER_MS = 20;
const TURN_MS = 1_000;
/** How soon a webhook that somebody has is asked again whether it can be woken. */
const BUSY_MS = 500;

export interface Posting {
  wake(): void;
  stop(): Promise<void>;
}

/** Posts what happens to the webhooks that want to know; any number of processes share them. */
export function startPosting(deps: Deps): Posting {
  const stopping = new AbortController();
  const { signal } = stopping;
  const scheduler = createPosts(deps, () => wake());
  const watch = createWatch(deps);
  const rung = new Set<string>();
  let bell = Promise.withResolvers<void>();
  const wake = () => bell.resolve();
  const deaf = deps.store.numbers.hear(feedEvents.collection, (orgId) => {
    rung.add(orgId);
    wake();
  });

  /** Once a second all orgs are looked at, in between those in which this process has committed something. */
  async function loop(): Promise<void> {
    for (let wholeAt = 0; !signal.aborted; ) {
      bell = Promise.withResolvers<void>();
      const isWhole = performance.now() - wholeAt >= TURN_MS || wholeAt === 0;
      if (isWhole) wholeAt = performance.now();
      const orgIds = isWhole ? undefined : [...rung];
      rung.clear();
      await look(orgIds).catch((error: unknown) => {
        if (!signal.aborted) deps.log.warn({ err: error }, 'cannot look for what webhooks have to tell');
      });
      await pause(TOGETHER_MS);
      const heard = new AbortController();
      await Promise.race([bell.promise, pause(TURN_MS, heard.signal)]);
      heard.abort();
    }
  }

  async function look(orgIds: readonly string[] | undefined): Promise<void> {
    await watch.look(orgIds);
    await scheduler.look();
  }

  const pause = (ms: number, over = signal) =>
    sleep(ms, undefined, { signal: AbortSignal.any([signal, over]) }).catch(() => {});
  const looping = loop();
  return {
    wake,
    async stop() {
      stopping.abort();
      deaf();
      wake();
      await looping;
      await scheduler.stop();
    },
  };
}

/** The scheduler of what webhooks have to do. */
function createPosts(deps: Deps, freed: () => void): Scheduler {
  const { store, now, log } = deps;
  const work = { webhook: createDelivering(deps, createCalling()), webhook_wake: createWaking(deps) };
  return createScheduler({ store, now, log, work, desk: WEBHOOK_DESK, places: PLACES, perLane: PER_ORG, freed });
}

/** Whoever has the webhook now may have looked already: it is woken when they have given it back. */
function createWaking({ store, now }: Deps) {
  return async ({ task: { targetId } }: Lease): Promise<Outcome> => {
    const task = await store.get(tasks, { orgId: WEBHOOK_DESK, id: `task_${targetId}` });
    const iso = new Date(now()).toISOString();
    if (!task || (!task.held && task.dueAt <= iso)) return 'done';
    if (task.held && task.dueAt > iso) return { againInMs: BUSY_MS };
    return (await move(store, task, { dueAt: iso })) ? 'done' : { againInMs: BUSY_MS };
  };
}
