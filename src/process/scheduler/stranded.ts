import { type Task, tasks } from '../../resource/task.ts';
import { everyDoc } from '../../store/every.ts';
import type { Store } from '../../store/store.ts';
import { move } from './lease.ts';

/** What clocks of several machines may differ by: who is set back by more has left tasks that nobody would take for as long. */
const APART_MAX_MS = 600_000;
/** For no longer is a task put off (a webhook that has nothing to do, the items of a job that is done). */
const PUT_OFF_MAX_MS = 3_600_000;

interface Desk {
  store: Store;
  now: () => number;
  orgId: string;
  /** Of what is under way here the lease goes on. */
  isHeld: (task: Task) => boolean;
}

/**
 * Takes up what was put off by a clock that was ahead: its time would come when the clock is there again. Looks for that
 * at first, since nobody knows what a program before this one went by, and whenever the clock was set back.
 */
export function createStranded(desk: Desk, elapsed = () => performance.now()): () => Promise<void> {
  let aheadMs = Number.POSITIVE_INFINITY;
  return async () => {
    const ahead = desk.now() - elapsed();
    if (ahead < aheadMs - APART_MAX_MS) await takeUp(desk);
    aheadMs = ahead;
  };
}

async function takeUp({ store, now, orgId, isHeld }: Desk): Promise<void> {
  const iso = (inMs: number) => new Date(now() + inMs).toISOString();
  const where = [{ field: 'dueAt', from: iso(PUT_OFF_MAX_MS + APART_MAX_MS) }];
  for await (const task of everyDoc(store, tasks, { orgId, where }))
    if (!isHeld(task)) await move(store, task, { dueAt: iso(0), held: false });
}
