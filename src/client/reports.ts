import { unless, within } from './clock.ts';
import type { Plane } from './plane.ts';
import { createTurns } from './turns.ts';
import type { Outcome, Wired } from './types.ts';

/** So many at a time: a control plane that comes back is not run over. */
const SENDERS = 8;

export type Reports = ReturnType<typeof createReports>;

/** Outcomes on their way: each is sent until it is told or its lease is over, the oldest first. */
export function createReports(plane: Plane, { clock, queueMax, onLost, waitUntil }: Wired) {
  const inTurn = createTurns(SENDERS);
  const pending = new Set<Promise<boolean>>();
  const isFull = () => pending.size >= queueMax;

  async function tell(decisionId: string, outcome: Outcome, untilMs: number): Promise<boolean> {
    try {
      await inTurn(() => plane.report(decisionId, outcome, untilMs));
      return true;
    } catch (why) {
      await onLost(decisionId, outcome, why);
      return false;
    }
  }

  /** Whether it was told; false: its lease is over, or it was refused, and the control plane will never know. */
  function send(decisionId: string, outcome: Outcome, untilMs: number): Promise<boolean> {
    const told = tell(decisionId, outcome, untilMs).finally(() => pending.delete(told));
    pending.add(told);
    waitUntil(told);
    return told;
  }

  /** Comes when there is room: what is not begun needs no report. */
  async function room(signal?: AbortSignal): Promise<void> {
    while (isFull()) await unless(signal, Promise.race(pending));
  }

  /** How many are still not told after so long. */
  async function flush(withinMs: number): Promise<number> {
    const allTold = async () => {
      while (pending.size > 0) await Promise.all(pending);
    };
    await within(clock, withinMs, new AbortController(), allTold()).catch(() => {});
    return pending.size;
  }

  return { send, isFull, room, flush };
}
