import type { Change, Collection, Doc } from '../store/store.ts';
import { type Context, isoNow } from './context.ts';

/** Work that a commit left for the runner: written with the change, removed when done. Keyed by itself. */
export interface Task extends Doc {
  kind: 'provision' | 'sweep';
  targetOrgId: string;
  targetId: string;
  /** Until when a runner has claimed it. */
  leaseUntil: string | null;
  tries: number;
}
export const tasks: Collection<Task> = {
  name: 'tasks',
  first: { kind: 'sweep', targetOrgId: '', targetId: '', leaseUntil: null, tries: 0 },
};

/** Work for the runner as one more change of the commit, so that a crash in between loses none. */
export function taskChange(ctx: Context, kind: Task['kind'], targetOrgId: string, targetId: string): Change {
  const now = isoNow(ctx);
  const doc: Task = {
    id: ctx.deps.ids.next('task_'),
    orgId: '',
    version: 1,
    createdAt: now,
    updatedAt: now,
    createdBy: null,
    kind,
    targetOrgId,
    targetId,
    leaseUntil: null,
    tries: 0,
  };
  return { type: 'insert', in: tasks, doc };
}
