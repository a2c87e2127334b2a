import type { Job } from './api.ts';

export function isUnderWay({ status }: Pick<Job, 'status'>): boolean {
  return status === 'pending' || status === 'running';
}

/** How far a job is, in words; what others have written in it moves no cursor. */
export function wordsOf({ status, progress: { total, done, failed }, error }: Job): string {
  const failures = failed > 0 ? `, ${failed} failed` : '';
  const why = error === null || isUnderWay({ status }) ? '' : `: ${error}`;
  return plain(`${status}, ${done} of ${total} done${failures}${why}`);
}

export function lineOf(job: Job): string {
  const { kind, resource_type: type, resource_id: id, progress } = job;
  return `${job.job_id} ${progress.percent}% ${wordsOf(job)} (${plain(`${kind} of ${type} ${id}`)})`;
}

export function plain(text: string): string {
  return text.replaceAll(/\p{C}+/gu, ' ');
}
