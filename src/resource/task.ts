import type { Change, Collection, Doc } from '../store/store.ts';
import { type Context, isoNow } from './context.ts';
import { firstVersion } from './new-doc.ts';

/** Work that a commit left for the runner: written with the change, removed when done. Keyed by itself, at a desk (`orgId`). */
export interface Task extends Doc {
  kind: 'provision' | 'sweep' | 'reindex' | 'adopt' | 'webhook' | 'webhook_wake';
  targetOrgId: string;
  targetId: string;
  /** From when on anybody may take it: a claim moves it to the end of its lease, a failure to the end of its pause. */
  dueAt: string;
  /** Whether somebody has it, as long as it is not due. */
  held: boolean;
  /** How often it has failed. */
  tries: number;
  /** The job that a person sees of it. */
  jobId: string | null;
  /** How far it is, where it goes on from there. */
  cursor: string | null;
}

export const tasks: Collection<Task> = {
  name: 'tasks',
  // What an older program left is due: nobody of it is alive any more.
  first: { kind: 'sweep', targetOrgId: '', targetId: '', dueAt: '', held: false, tries: 0, jobId: null, cursor: null },
  queue: { lane: 'targetOrgId', due: 'dueAt' },
  home: 'targetOrgId',
};

/** Work for the runner as one more change of the commit, so that a crash in between loses none. */
export function taskChange(
  ctx: Context,
  kind: Task['kind'],
  targetOrgId: string,
  targetId: string,
  {
    desk = '',
    id = ctx.deps.ids.next('task_'),
    jobId = null,
    cursor = null,
  }: Partial<Pick<Task, 'id' | 'jobId' | 'cursor'>> & { desk?: string } = {},
): Change {
  const now = isoNow(ctx);
  const doc: Task = {
    ...firstVersion({ orgId: desk, id }, now, null),
    kind,
    targetOrgId,
    targetId,
    dueAt: now,
    held: false,
    tries: 0,
    jobId,
    cursor,
  };
  return { type: 'insert', in: tasks, doc };
}
