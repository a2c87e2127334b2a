import type { Context } from '../../resource/context.ts';
import { created } from '../../resource/new-doc.ts';
import type { SubjectType, WorkItem } from './model.ts';

/** What an item is about: a thread as it was added once, or a source. */
export interface Subject {
  type: SubjectType;
  id: string;
  /** Tells it from all others of its namespace, that of a thread which was removed and added again too. */
  key: string;
}

/** One subject has one item of a job, whoever makes it. */
export function itemIdOf(jobId: string, { key }: Subject): string {
  return `item_${jobId.slice('job_'.length)}_${key}`;
}

/** The job of an item that is stored no more. */
export function jobIdOf(itemId: string): string | null {
  const found = /^item_([^_]+)_/.exec(itemId);
  return found ? `job_${found[1]}` : null;
}

/** Where the thing lies that it is about. */
export type Place = Pick<WorkItem, 'workspaceId' | 'appId' | 'namespaceId'>;

export function newItem(ctx: Context, job: { id: string; run: number }, place: Place, subject: Subject): WorkItem {
  const doc = created(ctx, itemIdOf(job.id, subject));
  return {
    ...doc,
    jobId: job.id,
    ...place,
    subjectType: subject.type,
    subjectId: subject.id,
    status: 'pending',
    tries: 0,
    lease: null,
    leaseSeconds: 60,
    isGivenBack: false,
    dueAt: doc.createdAt,
    worker: null,
    error: null,
    reports: [],
    run: job.run,
  };
}
