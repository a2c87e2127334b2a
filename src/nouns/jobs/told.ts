import { feedEvent, idOfChange } from '../../resource/feed-event.ts';
import type { Progress } from '../../resource/field/progress.ts';
import type { Doc, Told } from '../../store/store.ts';

/** Who sees a job: everybody who may read jobs, or (of a private namespace) its creator and those who manage namespaces. */
export const EVERYBODY = '';

/** What an org's feed shows of a job. */
interface Shown extends Doc {
  kind: string;
  status: string;
  progress: Progress;
  error: string | null;
  resourceType: string;
  resourceId: string;
  workspaceId: string | null;
  visibleTo: string | null;
}

/** What an org's feed is told of a job: that it runs, or has ended in one way or another. */
export function transitionsOf(after: Shown, before: Shown | null, now: string): Told[] {
  const hasMoved = after.status !== before?.status;
  return hasMoved && after.status !== 'pending' ? [told(after, after.status, idOfChange(after, now), now)] : [];
}

/** That a job has come on: of the version of its counts that says so. */
export function comesOn(job: Shown, progress: Progress, version: number, now: string): Told {
  const id = idOfChange({ ...job, id: `${job.id} progress`, version }, now);
  return told({ ...job, progress }, 'progress', id, now);
}

function told(job: Shown, what: string, id: string, now: string): Told {
  const { orgId, kind, status, progress, error, resourceType, resourceId, workspaceId, visibleTo } = job;
  return feedEvent(
    { id, orgId, createdAt: now, createdBy: null },
    {
      kind: `job.${what}`,
      resourceType: 'job',
      resourceId: job.id,
      workspaceId,
      namespaceId: resourceType === 'namespace' ? resourceId : null,
      privateTo: visibleTo === EVERYBODY ? null : visibleTo,
      data: { kind, status, progress, error, resource_type: resourceType, resource_id: resourceId },
    },
  );
}
