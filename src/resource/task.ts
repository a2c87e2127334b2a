import { type Task, tasks } from '../nouns/jobs/model.ts';
import type { Change } from '../store/store.ts';
import { type Context, isoNow } from './context.ts';

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
