import { jobs } from '../../nouns/jobs/model.ts';
import { orgIndex } from '../../nouns/orgs/model.ts';
import { policyBreakers, type TargetBreaker } from '../../routing/state.ts';
import { everyPage, everyStored } from '../../store/every.ts';
import type { Store } from '../../store/store.ts';
import { paired } from '../../words/paired.ts';

export const BREAKER_STATES = ['closed', 'open', 'half_open'] as const;
export const JOB_STATUSES = ['pending', 'running', 'failed'] as const;

export interface Sample {
  breakers: Record<(typeof BREAKER_STATES)[number], number>;
  jobs: Record<(typeof JOB_STATUSES)[number], number>;
}

const BATCH = 100;

/** What is stored of breakers and jobs at this moment, of all organizations together. */
export async function takeSample(store: Store, now: number): Promise<Sample> {
  return { breakers: await countBreakers(store, now), jobs: await countJobs(store) };
}

async function countBreakers(store: Store, now: number): Promise<Sample['breakers']> {
  const counted = { closed: 0, open: 0, half_open: 0 };
  for await (const docs of everyStored(store, policyBreakers, BATCH)) {
    for (const { targets } of docs)
      for (const target of Object.values(targets ?? {})) counted[stateOf(target, now)] += 1;
    await new Promise(setImmediate);
  }
  return counted;
}

/** A cooldown that has ended reads as half-open; what only hangs is not looked for. */
function stateOf({ state, openUntil }: TargetBreaker, now: number): TargetBreaker['state'] {
  return state === 'open' && now >= openUntil ? 'half_open' : state;
}

async function countJobs(store: Store): Promise<Sample['jobs']> {
  const counted = { pending: 0, running: 0, failed: 0 };
  for await (const orgs of everyPage(store, orgIndex, { orgId: '', order: 'asc', limit: BATCH })) {
    const asked = orgs.flatMap(({ id }) => JOB_STATUSES.map((status) => ({ orgId: id, status })));
    const counts = await store.counts(
      jobs.collection,
      asked.map(({ orgId, status }) => ({ orgId, where: [{ field: 'status', in: [status] }] })),
    );
    for (const [{ status }, count] of paired(asked, counts)) counted[status] += count;
    await new Promise(setImmediate);
  }
  return counted;
}
