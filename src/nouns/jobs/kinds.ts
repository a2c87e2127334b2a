import type { Context } from '../../resource/context.ts';
import type { Planned } from '../../resource/write.ts';
import type { Job } from './model.ts';

/** What a change of a job changes with it. */
export interface JobChange {
  fields: Partial<Job>;
  planned: Planned[];
}

/** What becomes of the thing that a kind of long work is about, in the commit that changes the job. */
export interface JobKind {
  /** How a job has ended that may be asked for again. */
  retriable: readonly Job['status'][];
  retried(ctx: Context, job: Job): Promise<JobChange>;
  calledOff(ctx: Context, job: Job): Promise<JobChange>;
  /** Of work in items: somebody has claimed the first, and the last is settled: in vain, where there is an error. */
  begun?(ctx: Context, job: Job): Promise<Planned[]>;
  ended?(ctx: Context, job: Job, error: string | null): Promise<Planned[]>;
}

const kinds = new Map<string, JobKind>();

export function defineJobKind(name: string, kind: JobKind): void {
  kinds.set(name, kind);
}

export function kindOf({ kind: name }: Pick<Job, 'kind'>): JobKind {
  const kind = kinds.get(name);
  if (!kind) throw new Error(`no kind of job named ${name}`);
  return kind;
}
