import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { defineNoun, may, NOBODY } from '../../resource/noun.ts';
import { expectedVersion, within } from '../../validation/fields.ts';
import { EVERYBODY, transitionsOf } from './told.ts';

export const jobStatus = field.words('JobStatus', 'How far long work is.', {
  pending: 'Asked for, not begun.',
  running: 'Under way.',
  completed: 'Done.',
  failed: 'Given up.',
  cancelled: 'Called off.',
});

const qualityGate = field.object('QualityGate', 'What the vectors of a reindex have to reach before it switches.', {
  minOverlap: field.share(0, 'The least mean overlap of the samples that workers report, from 0 to 1.'),
  minSamples: field.smallInteger(1, { min: 0, max: 1_000_000 }, 'How many samples it takes at least.'),
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
  error: field.readOnly(field.optionalText('Why it failed, in words.')),
  reason: field.readOnly(field.optionalText('Why it failed: `items_failed` or `quality_gate`; null: neither.')),
  qualityGate: field.optionalSettings(qualityGate, 'What the vectors have to reach; null: nothing.'),
  appId: field.hidden(field.optionalText('The app that it lies in.')),
  modelId: field.hidden(field.optionalText('The embedding model that a reindex switches to.')),
  visibleTo: field.hidden(
    field.optionalText('The creator of the private namespace that it works on, or nobody alone.'),
  ),
  ...field.authored,
};
export type Job = field.DocOf<typeof fields>;

export const jobs = defineNoun(fields, {
  type: 'Job',
  resource: 'job',
  permission: 'jobs',
  collection: {
    name: 'jobs',
    columns: ['status', 'visibleTo'],
    scopes: ['resourceId', 'workspaceId', 'appId'],
    totals: [[], ['visibleTo']],
    tells: transitionsOf,
  },
  // What an older program stored belongs to nobody, until the runner has found out to whom.
  hides: {
    test: (principal, job) =>
      job.visibleTo !== EVERYBODY && job.visibleTo !== principal.actorId && !may(principal, 'namespaces:manage'),
    where: (principal) =>
      may(principal, 'namespaces:manage') ? [] : [{ field: 'visibleTo', in: [EVERYBODY, principal.actorId] }],
    privateTo: ({ visibleTo }) => (visibleTo === EVERYBODY ? null : (visibleTo ?? NOBODY)),
  },
});

export function isActive({ status }: Pick<Job, 'status'>): boolean {
  return status === 'pending' || status === 'running';
}

const target = { ...within, jobId: z.string().describe('The job.') };
export const retryJobInput = z.object(target);
export const cancelJobInput = z.object(target);
export const updateJobBody = jobs.bodies.update;
export const qualityGateBody = field.createBody(qualityGate.fields);
export type QualityGate = field.ValuesOf<typeof qualityGate.fields>;
export const updateJobInput = updateJobBody.extend({ ...target, expectedVersion });
