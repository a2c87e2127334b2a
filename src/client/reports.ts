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
  const waiting: (() => Promise<void>)[] = [];
  const pending = new Set<Promise<boolean>>();
  const isFull = () => pending.size >= queueMax;
  let sending = 0;

  async function work(): Promise<void> {
    sending += 1;
    for (let next = waiting.shift(); next; next = waiting.shift()) await next();
    sending -= 1;
  }

  async function tell({ decisionId, outcome, untilMs }: Report): Promise<boolean> {
    try {
      await plane.report(decisionId, outcome, untilMs);
      return true;
    } catch (why) {
      onLost(decisionId, outcome, why);
      return false;
    }
  }

  function send(report: Report): Promise<boolean> {
    const told = new Promise<boolean>((resolve) => {
      waiting.push(async () => resolve(await tell(report)));
    }).finally(() => pending.delete(told));
    pending.add(told);
    waitUntil(told);
    if (sending < SENDERS) void work();
    return told;
  }

  async function room(signal?: AbortSignal): Promise<void> {
    while (isFull()) await Promise.race([...pending, ...(signal ? [clock.sleep(2 ** 30, signal, true)] : [])]);
  }

  async function flush(withinMs: number): Promise<number> {
    const over = new AbortController();
    const late = clock.sleep(withinMs, over.signal).catch(() => {});
    let isLate = false;
    void late.then(() => (isLate = true));
    while (pending.size > 0 && !isLate) await Promise.race([Promise.all(pending), late]);
    over.abort();
    return pending.size;
  }

  return { send, isFull, room, flush };
}
