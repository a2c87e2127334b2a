import type { Tools } from './batch.ts';
import type { Display } from './display.ts';

/** A reason that many items share is told once in so long. */
const TOLD_MS = 10_000;
const TOLD_MAX = 100;

interface Reports {
  leaves: Tools['leaves'];
  /** What came of all, in a line. */
  sum(): string;
}

/** Counts what came of the items, and tells of each reason that one failed for, and of each pause. */
export function createReports(display: Pick<Display, 'note'>): Pick<Tools, 'tells' | 'waits'> & Reports {
  const sums = { done: 0, failed: 0, lost: 0, givenBack: 0 };
  const told = new Map<string, number>();
  const tellOnce = (text: string, what = text) => {
    const now = performance.now();
    if (now - (told.get(what) ?? Number.NEGATIVE_INFINITY) < TOLD_MS) return;
    if (told.size >= TOLD_MAX) told.clear();
    told.set(what, now);
    display.note(text);
  };
  return {
    tells({ done = 0, failed = [], lost = 0, givenBack = 0 }) {
      sums.done += done;
      sums.failed += failed.length;
      sums.lost += lost;
      sums.givenBack += givenBack;
      for (const reason of new Set(failed.map(({ message }) => message))) tellOnce(`failed: ${reason}`);
    },
    waits: (why, ms) => {
      if (ms >= 1_000) tellOnce(`waits ${Math.ceil(ms / 1_000)} s: ${why}`);
    },
    leaves: (jobId, { message, untilMs }) => {
      const seconds = Math.ceil((untilMs - performance.now()) / 1_000);
      tellOnce(`leaves ${jobId} to others for ${seconds} s: ${message}`, `${jobId} ${message}`);
    },
    sum() {
      const { done, failed, lost, givenBack } = sums;
      return `Stopped: ${done} done, ${failed} failed, ${lost} no longer ours, ${givenBack} given back`;
    },
  };
}
