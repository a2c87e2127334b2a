import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from '../../resource/context.ts';
import { createGate, type Gate } from '../scheduler/gate.ts';
import { createScheduler, type Scheduler } from '../scheduler/scheduler.ts';
import { createAdoption, leaveAdoption } from './adopt.ts';
import { dropExpired } from './expiry.ts';
import { createProvision } from './provision.ts';
import { createReindex } from './reindex.ts';
import { createSweep } from './sweep.ts';
import { startPosting } from './webhooks/posting.ts';

export interface Runner {
  /** Looks for work at once, not only at the next turn. */
  wake(): void;
  /** Calls off what is under way and gives it back. */
  stop(): Promise<void>;
}

/** How late work is noticed that another process has left. */
const TURN_MS = 1_000;
const EXPIRY_MS = 10_000;

/** Does what commits have left: buckets to make, subtrees to sweep, records to drop. Any number of processes may run it. */
export function startRunner(deps: Deps): Runner {
  const stopping = new AbortController();
  const { signal } = stopping;
  let bell = Promise.withResolvers<void>();
  const wake = () => bell.resolve();
  const gate = createGate();
  const scheduler = createTasks(deps, gate, wake);
  const posting = startPosting(deps);
  const every = async (ms: number, work: () => Promise<void>, woken: () => Promise<void>) => {
    while (!signal.aborted) {
      const next = woken();
      await work().catch((error: unknown) => {
        if (!signal.aborted) deps.log.warn({ err: error }, 'background work failed; it is tried again');
      });
      const pause = new AbortController();
      await Promise.race([
        next,
        sleep(ms, undefined, { signal: AbortSignal.any([signal, pause.signal]) }).catch(() => {}),
      ]);
      pause.abort();
    }
  };
  // The bell is renewed before a look: what rings during it is heard after it.
  const rung = () => {
    bell = Promise.withResolvers<void>();
    return bell.promise;
  };
  const loops = [
    leaveAdoption(deps).then(wake, (error: unknown) => deps.log.warn({ err: error }, 'cannot look for old jobs')),
    every(TURN_MS, () => scheduler.look(), rung),
    every(
      EXPIRY_MS,
      () => dropExpired({ ...deps, gate }, signal),
      () => new Promise(() => {}),
    ),
  ];
  return {
    wake() {
      wake();
      posting.wake();
    },
    async stop() {
      stopping.abort();
      await Promise.all([scheduler.stop(), posting.stop()]);
      await Promise.all(loops);
    },
  };
}

/** The scheduler with all that the product has tasks for. */
export function createTasks(deps: Deps, gate: Gate, freed?: () => void): Scheduler {
  const { store, now, log } = deps;
  const work = {
    provision: createProvision(deps),
    sweep: createSweep(deps, gate),
    reindex: createReindex(deps, gate),
    adopt: createAdoption(deps),
  };
  return createScheduler({ store, now, log, work, freed });
}
