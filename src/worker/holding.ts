import { setTimeout as sleep } from 'node:timers/promises';
import type { Api, Item } from './api.ts';

/** What a batch holds: by item, until it is reported or let go of. */
export type Held = Map<string, Item>;

interface Telling {
  api: Pick<Api, 'report'>;
  tells: (what: { lost?: number; givenBack?: number }) => void;
}

export const LEASE_SECONDS = 60;
/** The least: a lease that is cut down to it is given back, and its end is no try of the item. */
const BACK_SECONDS = 5;
const EXTEND_MS = 20_000;

/**
 * Holds the leases as long as anything is under way. At a stop they are given back, and what is done before they end still
 * counts; whatever else ends the work, nothing stays held.
 */
export async function hold(held: Held, tools: Telling, stop: AbortSignal, over: AbortController): Promise<void> {
  const ended = AbortSignal.any([stop, over.signal]);
  while (!ended.aborted) {
    await sleep(EXTEND_MS, undefined, { signal: ended }).catch(() => {});
    if (ended.aborted || held.size === 0) continue;
    await extend(held, [...held.values()], tools).catch(() => {});
    if (held.size === 0) over.abort();
  }
  if (held.size === 0) return;
  // Where nobody listens, the end of the lease gives it back.
  const isHeard = await extend(held, [...held.values()], tools, BACK_SECONDS).then(
    () => true,
    () => false,
  );
  if (isHeard && held.size > 0) await sleep(BACK_SECONDS * 1_000, undefined, { signal: over.signal }).catch(() => {});
  over.abort();
  if (held.size > 0) tools.tells(isHeard ? { givenBack: held.size } : { lost: held.size });
  held.clear();
}

/** What is not for this worker to do, others may have soon. */
export async function giveBack(held: Held, items: readonly Item[], tools: Telling): Promise<void> {
  const still = items.filter(({ item_id }) => held.has(item_id));
  if (still.length === 0) return;
  await extend(held, still, tools, BACK_SECONDS);
  const given = still.filter(({ item_id }) => held.delete(item_id));
  if (given.length > 0) tools.tells({ givenBack: given.length });
}

/** What nobody wants any more, or is another's by now, is let go of. */
async function extend(held: Held, items: readonly Item[], { api, tells }: Telling, seconds?: number): Promise<void> {
  const asked = seconds === undefined ? {} : { lease_seconds: seconds };
  const results: Parameters<Api['report']>[0] = items.map(({ item_id, lease }) => ({
    ...{ item_id, lease, status: 'working' },
    ...asked,
  }));
  const answers = await api.report(results);
  const lost = answers.filter(({ item_id, accepted }) => !accepted && held.delete(item_id));
  if (lost.length > 0) tells({ lost: lost.length });
}
