import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from './api.ts';
import type { Display } from './display.ts';
import { isUnderWay } from './lines.ts';

const EVERY_MS = 1_000;
/** Jobs shown at once: the newest that there was work of. */
const JOBS_MAX = 10;

export interface Progress {
  /** There is work of this job. */
  sees(jobId: string): void;
  /** Ends when everything that is to be seen has been shown once more. */
  ended: Promise<void>;
}

/** Shows how far the jobs are that a worker works on, as the control plane counts. */
export function follow(api: Pick<Api, 'job'>, display: Display, over: AbortSignal): Progress {
  const seen = new Set<string>();
  const look = async () => {
    for (const id of seen) {
      // That it is not shown keeps nobody from working.
      const job = await api.job(id).catch(() => null);
      if (!job) continue;
      display.shows(job);
      if (!isUnderWay(job)) seen.delete(id);
    }
  };
  const run = async () => {
    while (!over.aborted) {
      await sleep(EVERY_MS, undefined, { signal: over }).catch(() => {});
      await look();
    }
  };
  return {
    sees(id) {
      seen.delete(id);
      seen.add(id);
      const [oldest] = seen;
      if (oldest !== undefined && seen.size > JOBS_MAX) seen.delete(oldest);
    },
    ended: run(),
  };
}
