import type { DatabaseSync } from 'node:sqlite';
import { isBusy } from './errors.ts';

/** How long a start waits for another process that brings the data up to date. */
export const MIGRATION_WAIT_MS = 600_000;

/** At start only, before anything is served: several processes may open one folder at the same moment. */
export function withBusyWait(db: DatabaseSync, work: (db: DatabaseSync) => void, forMs = 5_000): void {
  const until = performance.now() + forMs;
  for (;;)
    try {
      return work(db);
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20 + Math.random() * 30);
    }
}
