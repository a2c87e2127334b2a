import { z } from 'zod';
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

export const jobs = defineNounOf(fields, {
  type: 'Job',
  resource: 'job',
  permission: 'jobs',
  collection: { name: 'jobs', columns: ['workspaceId', 'status'], scopes: ['resourceId'], totals: [[]] },
});

const target = { ...within, jobId: z.string().describe('The job.') };
export const retryJobInput = z.object(target);
export const cancelJobInput = z.object(target);
