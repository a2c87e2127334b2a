import { type Context, isoNow } from '../../resource/context.ts';
import { type Planned, replacement } from '../../resource/write.ts';
import type { Job, QualityGate } from '../jobs/model.ts';
import { changeJob } from '../jobs/transition.ts';
import { type Namespace, namespaces } from '../namespaces/model.ts';
import { added, type Counts, close, count, isNothing, isSettled, jobCounts, percentOf, type Tally } from './counts.ts';

/** What is to be committed with a change of the items, and what of the namespace changes with it: null, nothing. */
export interface Settled {
  planned: Planned[];
  namespace: Partial<Namespace> | null;
}

export async function countsOf(ctx: Context, jobId: string): Promise<Counts | null> {
  return ctx.deps.store.get(jobCounts, { orgId: ctx.principal.orgId, id: jobId });
}

/** Counts on; where that settles the last item, the end of the job and the switch of its namespace are in the same commit. */
export async function settle(ctx: Context, job: Job, by: Tally): Promise<Settled> {
  const counts = await countsOf(ctx, job.id);
  if (!counts || counts.closed) return { planned: [], namespace: null };
  const tally = added(counts, by);
  if (!isSettled(tally)) {
    const counted: Planned[] = isNothing(by) ? [] : [{ change: count(job.orgId, job.id, by) }];
    return { planned: counted, namespace: null };
  }
  const failure = failureOf(tally, job.qualityGate);
  const settled: Counts = {
    ...counts,
    ...tally,
    percent: percentOf(tally),
    closed: true,
    version: counts.version + 1,
    updatedAt: isoNow(ctx),
  };
  return {
    planned: [
      { change: { type: 'put', in: jobCounts, doc: settled, expected: counts.version } },
      ...changeJob(ctx, job, failure ? { status: 'failed', ...failure } : { status: 'completed' }).planned,
    ],
    namespace: endOf(ctx, job, failure?.error ?? null),
  };
}

/** The same where nothing else of the namespace changes. */
export async function settleAlone(ctx: Context, job: Job, by: Tally): Promise<Planned[]> {
  const { planned, namespace } = await settle(ctx, job, by);
  if (!namespace) return planned;
  const before = await ctx.deps.store.get(namespaces.collection, { orgId: job.orgId, id: job.resourceId });
  if (!before) return planned;
  const verb = namespace.reindexStatus === 'completed' ? 'complete_reindex' : 'fail_reindex';
  return [...planned, ...replacement(ctx, namespaces, before, { ...before, ...namespace }, verb).planned];
}

function endOf(ctx: Context, job: Job, error: string | null): Partial<Namespace> {
  const ended = { reindexCompletedAt: isoNow(ctx), reindexModelId: null, reindexError: error };
  if (error !== null) return { ...ended, reindexStatus: 'failed' };
  return { ...ended, reindexStatus: 'completed', embeddingModelId: job.modelId };
}

/** Why all that is settled is no success. */
function failureOf(tally: Tally, gate: QualityGate | null): Pick<Job, 'error' | 'reason'> | null {
  const { total, failed, samples, overlap, firstError } = tally;
  if (failed > 0)
    return { reason: 'items_failed', error: `${failed} of ${total} items failed; the first: ${firstError}` };
  if (!gate || total === 0) return null;
  const mean = samples === 0 ? 0 : overlap / samples;
  const why = (what: string) => ({ reason: 'quality_gate', error: `quality_gate: ${what}` });
  if (samples < gate.minSamples) return why(`${samples} samples where ${gate.minSamples} are asked for`);
  if (mean < gate.minOverlap)
    return why(`the mean overlap of ${samples} samples is ${mean.toFixed(3)}, below ${gate.minOverlap}`);
  return null;
}

/** Called off: nothing counts any more, whatever is reported. */
export function cancelled(ctx: Context, job: Job, verb?: string): Planned[] {
  return [...changeJob(ctx, job, { status: 'cancelled' }, verb).planned, { change: close(job.orgId, job.id) }];
}
