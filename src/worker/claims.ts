import { setTimeout as sleep } from 'node:timers/promises';
import type { Api, Item } from './api.ts';
import { LEASE_SECONDS } from './holding.ts';
import { Unanswered } from './http.ts';
import { isUnderWay } from './lines.ts';

/** How long a claim waits for work: short, since a stop waits for its answer. */
const WAIT_SECONDS = 2;

export interface Claims {
  next(): Promise<Item[]>;
  /** A job that is for others, or for later. */
  leaves(jobId: string, untilMs: number): void;
}

interface ClaimOptions {
  limit: number;
  worker: string;
  stop: AbortSignal;
}

/** Of all jobs; where some are left to others, of the rest, job by job, the oldest first. */
export function createClaims(api: Pick<Api, 'claim' | 'jobs'>, { limit, worker, stop }: ClaimOptions): Claims {
  const left = new Map<string, number>();
  const claim = (more: { wait_seconds: number; job_id?: string }) =>
    api.claim({ limit, lease_seconds: LEASE_SECONDS, worker, ...more });

  async function ofTheRest(): Promise<Item[]> {
    const jobs = await api.jobs();
    const mine = jobs.filter((job) => job.kind === 'reindex' && isUnderWay(job) && !left.has(job.job_id));
    for (const { job_id } of mine.toReversed()) {
      const items = await claim({ wait_seconds: 0, job_id }).catch(noneWhereGone);
      if (items.length > 0) return items;
    }
    await sleep(WAIT_SECONDS * 1_000, undefined, { signal: stop }).catch(() => {});
    return [];
  }

  return {
    next() {
      for (const [id, until] of left) if (until <= performance.now()) left.delete(id);
      return left.size === 0 ? claim({ wait_seconds: WAIT_SECONDS }) : ofTheRest();
    },
    leaves: (jobId, untilMs) => void left.set(jobId, untilMs),
  };
}

function noneWhereGone(error: unknown): Item[] {
  if (error instanceof Unanswered && error.status === 404) return [];
  throw error;
}
