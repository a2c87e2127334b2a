import { unless, within } from './clock.ts';
import type { Plane } from './plane.ts';
import type { Outcome, Wired } from './types.ts';

export interface Report {
  decisionId: string;
  outcome: Outcome;
  /** When its lease is over, and nobody listens any more. */
  untilMs: number;
}

export interface Reports {
  /** Whether it was told; false: the control plane will never know. */
  send(report: Report): Promise<boolean>;
  isFull(): boolean;
  /** Comes when there is room: what is not begun needs no report. */
  room(signal?: AbortSignal): Promise<void>;
  /** How many are still not told after so long. */
  flush(withinMs: number): Promise<number>;
}

/** So many at a time: a control plane that comes back is not run over. */
const SENDERS = 8;

/** Outcomes on their way: each is sent until it is told or its lease is over, the oldest first. */
export function createReports(plane: Plane, { clock, queueMax, onLost, waitUntil }: Wired): Reports {
  const waiting: (() => void)[] = [];
  const pending = new Set<Promise<boolean>>();
  const isFull = () => pending.size >= queueMax;
  let free = SENDERS;

  async function tell({ decisionId, outcome, untilMs }: Report): Promise<boolean> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      await plane.report(decisionId, outcome, untilMs);
      return true;
    } catch (why) {
      onLost(decisionId, outcome, why);
      return false;
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  }

  function send(report: Report): Promise<boolean> {
    const told = tell(report).finally(() => pending.delete(told));
    pending.add(told);
    waitUntil(told);
    return told;
  }

  async function room(signal?: AbortSignal): Promise<void> {
    while (isFull()) await unless(signal, Promise.race(pending));
  }

  async function flush(withinMs: number): Promise<number> {
    const allTold = async () => {
      while (pending.size > 0) await Promise.all(pending);
    };
    await within(clock, withinMs, new AbortController(), allTold()).catch(() => {});
    return pending.size;
  }

  return { send, isFull, room, flush };
}
