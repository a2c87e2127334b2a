import { setTimeout as sleep } from 'node:timers/promises';
import { isActive, jobs } from '../../nouns/jobs/model.ts';
import { namespaces } from '../../nouns/namespaces/model.ts';
import type { Deps } from '../../resource/context.ts';
import { systemContext } from '../setup/system.ts';
import { REINDEXES } from './content.ts';
import { claim, report } from './reindexes.ts';

/** How long it takes for an item: as long as a person takes to see that something has moved. */
const ITEM_MS = 1_000;

export interface DemoWorker {
  stop(): Promise<void>;
}

/**
 * Works on the reindex that the demo was made with, so that it comes on while somebody looks. It makes no vectors; what
 * people ask for is left to real workers.
 */
export function startDemoWorker(deps: Deps, orgId: string, itemMs = ITEM_MS): DemoWorker {
  const stop = new AbortController();
  const ended = workUntil(stop.signal, deps, orgId, itemMs).catch((err: unknown) =>
    deps.log.debug({ err }, 'the reindex of the demo rests until the next start'),
  );
  return {
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

async function workUntil(signal: AbortSignal, deps: Deps, orgId: string, itemMs: number): Promise<void> {
  const jobId = await firstJobOf(deps, orgId);
  if (jobId === null) return;
  const ctx = () => systemContext(deps, orgId);
  while (!signal.aborted) {
    const job = await deps.store.get(jobs.collection, { orgId, id: jobId });
    if (!job || !isActive(job)) return;
    const items = await claim(ctx(), jobId, 1);
    await sleep(itemMs, undefined, { signal, ref: false }).catch(() => {});
    // At a stop, too: nobody then has to wait for the end of its lease.
    await report(ctx, items, { status: 'done' });
  }
}

/** Where the demo is an older one, or its namespace is gone, there is none. */
async function firstJobOf({ store }: Deps, orgId: string): Promise<string | null> {
  const { docs } = await store.page(jobs.collection, { orgId, order: 'asc', limit: 1 });
  const [job] = docs;
  const namespace = job && (await store.get(namespaces.collection, { orgId, id: job.resourceId }));
  return job && namespace?.tags.includes(REINDEXES.running.tag) ? job.id : null;
}
