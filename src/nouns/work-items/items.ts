import { createHash } from 'node:crypto';
import type { Context } from '../../resource/context.ts';
import { created } from '../../resource/new-doc.ts';
import type { Namespace, Thread } from '../namespaces/model.ts';
import type { SubjectType, WorkItem } from './model.ts';

/** What an item is about: a thread as it was added once, or a source. */
export interface Subject {
  type: SubjectType;
  id: string;
  /** Tells it from all others of its namespace, that of a thread which was removed and added again too. */
  key: string;
}

export function threadSubject({ id, threadId, namespaceId }: Thread): Subject {
  const key = id.startsWith(`${namespaceId}.`) ? id.slice(namespaceId.length + 1) : hashed(id);
  return { type: 'thread', id: threadId, key: `t${key}` };
}

export function sourceSubject(id: string): Subject {
  return { type: 'source', id, key: `s${hashed(id)}` };
}

function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

/** Each source once, in an order that no change of the list moves. */
export function sourcesOf({ sourceIds }: Namespace): string[] {
  return [...new Set(sourceIds)].sort();
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

export function newItem(
  ctx: Context,
  job: { id: string; run: number },
  namespace: Namespace,
  subject: Subject,
): WorkItem {
  const doc = created(ctx, itemIdOf(job.id, subject));
  return {
    ...doc,
    jobId: job.id,
    workspaceId: namespace.workspaceId,
    appId: namespace.appId,
    namespaceId: namespace.id,
    subjectType: subject.type,
    subjectId: subject.id,
    status: 'pending',
    tries: 0,
    lease: null,
    leaseSeconds: 60,
    dueAt: doc.createdAt,
    worker: null,
    error: null,
    reports: [],
    run: job.run,
  };
}
