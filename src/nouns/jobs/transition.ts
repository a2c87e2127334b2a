import { type Context, isoNow } from '../../resource/context.ts';
import type * as field from '../../resource/field/index.ts';
import { newDoc } from '../../resource/new-doc.ts';
import { type Planned, replacement } from '../../resource/write.ts';
import { type Job, jobs } from './model.ts';
import { EVERYBODY } from './told.ts';

/** Every change of a job is made here, so that whoever tells of them has one place to hear of all. */

/** A new job: whatever is not said of it has its first value. */
export function beginJob(ctx: Context, made: field.Made<typeof jobs.fields>): ChangedJob {
  const id = ctx.deps.ids.next('job_');
  const job: Job = newDoc(ctx, jobs, id, {}, { visibleTo: EVERYBODY, ...made });
  return { job, planned: [{ change: { type: 'insert', in: jobs.collection, doc: job } }] };
}

export interface ChangedJob {
  job: Job;
  planned: Planned[];
}

/** With a verb, a person asked for it: that leaves an audit event. */
export function changeJob(ctx: Context, before: Job, fields: Partial<Job>, verb?: string): ChangedJob {
  if (verb !== undefined) {
    const { after, planned } = replacement(ctx, jobs, before, { ...before, ...fields }, verb);
    return { job: after, planned };
  }
  const job: Job = { ...before, ...fields, version: before.version + 1, updatedAt: isoNow(ctx) };
  return { job, planned: [{ change: { type: 'put', in: jobs.collection, doc: job, expected: before.version } }] };
}
