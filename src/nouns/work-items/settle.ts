import { type Context, isoNow } from '../../resource/context.ts';
import type { Planned } from '../../resource/write.ts';
import {
  added,
  type Counts,
  count,
  isNothing,
  isSettled,
  jobCounts,
  percentOf,
  progressOf,
  type Tally,
} from '../jobs/counts.ts';
import { kindOf } from '../jobs/kinds.ts';
import type { Job, QualityGate } from '../jobs/model.ts';
import { countsOf } from '../jobs/progress.ts';
import { changeJob } from '../jobs/transition.ts';

/** What is to be committed with a change of the items; whether that ends the job: in vain, where there is an error. */
export interface Settled {
  planned: Planned[];
  ended: { error: string | null } | null;
}

/** Counts on; where that settles the last item, the end of the job is in the same commit. */
export async function settle(ctx: Context, job: Job, by: Tally): Promise<Settled> {
  const counts = await countsOf(ctx, job.id);
  if (!counts || counts.closed) return { planned: [], ended: null };
  const tally = added(counts, by);
  const isEnd = isSettled(tally);
  const next: Counts = {
    ...counts,
    ...tally,
    percent: Math.max(counts.percent, percentOf(tally)),
    closed: isEnd,
    version: counts.version + 1,
    updatedAt: isoNow(ctx),
  };
  ctx.loaders.expect(jobCounts, next);
  if (!isEnd) {
    const counted: Planned[] = isNothing(by) ? [] : [{ change: count(job, by) }];
    return { planned: counted, ended: null };
  }
  const failure = failureOf(tally, job.qualityGate);
  const how = failure ? ({ status: 'failed', ...failure } as const) : ({ status: 'completed' } as const);
  return {
    planned: [
      { change: { type: 'put', in: jobCounts, doc: next, expected: counts.version } },
      ...changeJob(ctx, job, { progress: progressOf(next), ...how }).planned,
    ],
    ended: { error: failure?.error ?? null },
  };
}

/** The same with what that changes of the thing that the job is about. */
export async function settleWhole(ctx: Context, job: Job, by: Tally): Promise<Planned[]> {
  const { planned, ended } = await settle(ctx, job, by);
  return ended ? [...planned, ...((await kindOf(job).ended?.(ctx, job, ended.error)) ?? [])] : planned;
}

/** Why all that is settled is no success. */
function failureOf(tally: Tally, gate: QualityGate | null): Pick<Job, 'error' | 'reason'> | null {
  const { total, failed, samples, overlap, firstError } = tally;
  if (failed > 0)
    return { reason: 'items_failed', error: `${failed} of ${total} items failed; the first: ${firstError}` };
  if (!gate || total === 0) return null;
  const mean = samples === 0 ? 0 : overlap / samples;
  const why = (what: string) => ({ reason: 'quality_gate', error: `quality_gate: ${what}` });
  const sampled = samples === 1 ? '1 sample' : `${samples} samples`;
  if (samples < gate.minSamples) return why(`${sampled} where ${gate.minSamples} are asked for`);
  if (mean < gate.minOverlap)
    return why(`the mean overlap of ${sampled} is ${below(mean, gate.minOverlap)}, below ${gate.minOverlap}`);
  return null;
}

/** In three digits, or in as many as it takes to see that it is less. */
function below(value: number, limit: number): string {
  const short = value.toFixed(3);
  return Number(short) < limit ? short : String(value);
}
