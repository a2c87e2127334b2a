import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { feedEvent, idOfChange } from '../../resource/feed-event.ts';
import * as field from '../../resource/field/index.ts';
import { defineNounOf } from '../../resource/noun.ts';
import { within } from '../../validation/fields.ts';

export const jobStatus = field.words('JobStatus', 'How far long work is.', {
  pending: 'Asked for, not begun.',
  running: 'Under way.',
  completed: 'Done.',
  failed: 'Given up.',
  cancelled: 'Called off.',
});

const fields = {
  jobId: field.documentedId(),
  orgId: field.org(),
  kind: field.readOnly(
    field.textOr(
      'reindex',
      'What it does: `reindex`, or `bucket` for the bucket of a workspace that could not be made.',
    ),
  ),
  status: field.readOnly(field.word(jobStatus, 'pending', 'How far it is.')),
  progress: field.progress('`{total, done, failed, percent}`.'),
  resourceType: field.made(field.text(z.string(), 'The kind of thing it works on.')),
  resourceId: field.made(field.text(z.string(), 'The thing.')),
  workspaceId: field.readOnly(field.optionalText('The workspace that it lies in.')),
  error: field.readOnly(field.optionalText('Why it failed.')),
  ...field.authored,
};
export type Job = field.DocOf<typeof fields>;

/** What an org's feed is told of a job: that it runs, comes on, or has ended in one way or another. */
function transitionsOf(after: Job, before: Job | null, now: string) {
  const { id, orgId, kind, status, progress, error, resourceType, resourceId, workspaceId } = after;
  const hasMoved = status !== before?.status;
  const comesOn = status === 'running' && !isDeepStrictEqual(progress, before?.progress);
  if (status === 'pending' || !(hasMoved || comesOn)) return [];
  return [
    feedEvent(
      { id: idOfChange(after, now), orgId, createdAt: now, createdBy: null },
      {
        kind: `job.${hasMoved ? status : 'progress'}`,
        resourceType: 'job',
        resourceId: id,
        workspaceId,
        namespaceId: resourceType === 'namespace' ? resourceId : null,
        data: { kind, status, progress, error, resource_type: resourceType, resource_id: resourceId },
      },
    ),
  ];
}

export const jobs = defineNounOf(fields, {
  type: 'Job',
  resource: 'job',
  permission: 'jobs',
  collection: {
    name: 'jobs',
    columns: ['workspaceId', 'status'],
    scopes: ['resourceId'],
    totals: [[]],
    tells: transitionsOf,
  },
});

const target = { ...within, jobId: z.string().describe('The job.') };
export const retryJobInput = z.object(target);
export const cancelJobInput = z.object(target);
