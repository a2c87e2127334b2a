import { type Task, tasks } from '../../resource/task.ts';
import type { Planned } from '../../resource/write.ts';
import { type Store, StoreConflict } from '../../store/store.ts';

/** A task as one runner holds it: the version that a claim made is the proof, whoever claims later makes another. */
export interface Lease {
  readonly task: Task;
  /** Aborted when the runner stops, or another org needs the place. */
  readonly signal: AbortSignal;
  /** Holds it for a further lease; throws `LeaseLost` where somebody else has it. */
  renew(): Promise<void>;
  /** Holds it likewise in the commit that takes the work as far as the cursor says. */
  advance(cursor: string | null, commit: (kept: Planned) => Promise<void>): Promise<void>;
  /** The task's end, as one more change of the commit that does its work. */
  end(): Planned;
}

/** It lapsed, and somebody else has the task: whatever was done for it is theirs to do. */
export class LeaseLost extends Error {
  constructor() {
    super('the lease of a task has lapsed');
  }
}

/** Moves the task to another time, if it is still what was read; answers it as stored, or null. */
export async function move(
  store: Store,
  task: Task,
  changed: Partial<Pick<Task, 'dueAt' | 'held' | 'tries' | 'cursor'>>,
): Promise<Task | null> {
  const doc: Task = { ...task, ...changed, version: task.version + 1 };
  return ignoringConflict(async () => {
    await store.commit([{ type: 'put', in: tasks, doc, expected: task.version }]);
    return doc;
  });
}

/** The task at another cursor, as one more change of a commit. */
export function advanced(task: Task, changed: Pick<Task, 'cursor' | 'dueAt'>): { doc: Task; planned: Planned } {
  const doc: Task = { ...task, ...changed, version: task.version + 1 };
  const change = { type: 'put', in: tasks, doc, expected: task.version } as const;
  return { doc, planned: { change, otherwise: () => new LeaseLost() } };
}

export function endOf(task: Task): Planned {
  return {
    change: { type: 'remove', in: tasks, key: { orgId: task.orgId, id: task.id }, expected: task.version },
    otherwise: () => new LeaseLost(),
  };
}

export async function ignoringConflict<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreConflict) return null;
    throw error;
  }
}
