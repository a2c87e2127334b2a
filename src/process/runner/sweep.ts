import type { Deps } from '../../resource/context.ts';
import { collectionsBelow, goneWith } from '../../resource/subtree.ts';
import { commit, withRetry } from '../../resource/write.ts';
import { type Store, type Sweep, type Tombstone, tombstones } from '../../store/store.ts';
import type { Gate } from '../scheduler/gate.ts';
import { ignoringConflict, type Lease } from '../scheduler/lease.ts';
import type { Outcome } from '../scheduler/scheduler.ts';
import { systemContext } from '../setup/system.ts';

/** Rows that one commit removes. */
const BATCH = 100;
/** A tombstone outlives its sweep, for readers that began before it. */
export const TOMBSTONE_MS = 60_000;
/** How much of a lease may pass before it is renewed. */
const RENEW_MS = 10_000;

/** Removes a marked subtree in batches, then (a minute later) its mark. */
export function createSweep(deps: Deps, gate: Gate) {
  const { store, now, elapsed } = deps;
  return async (lease: Lease): Promise<Outcome> => {
    const key = { orgId: lease.task.targetOrgId, id: lease.task.targetId };
    const mark = await store.get(tombstones, key);
    if (!mark) return 'done';
    if (mark.sweptAt !== null) {
      // Whoever swept it may have been killed before it said when to go on.
      const leftMs = Date.parse(mark.sweptAt) + TOMBSTONE_MS - now();
      if (leftMs > 0) return { againInMs: leftMs };
      await ignoringConflict(() => store.commit([{ type: 'remove', in: tombstones, key }]));
      return 'done';
    }
    await callOffBelow(deps, mark);
    let renewed = elapsed();
    for (const collection of collectionsBelow(mark.field))
      await sweepAll(
        gate,
        store,
        { in: collection, orgId: mark.orgId, field: mark.field, value: mark.id },
        async () => {
          lease.signal.throwIfAborted();
          if (elapsed() - renewed < RENEW_MS) return;
          await lease.renew();
          renewed = elapsed();
        },
      );
    const doc: Tombstone = { ...mark, sweptAt: new Date(now()).toISOString(), version: mark.version + 1 };
    await ignoringConflict(() => store.commit([{ type: 'put', in: tombstones, doc, expected: mark.version }]));
    return { againInMs: TOMBSTONE_MS };
  };
}

/** What was asked for while the subtree was being marked. */
function callOffBelow(deps: Deps, { orgId, field, id }: Tombstone): Promise<void> {
  const ctx = systemContext(deps, orgId);
  return withRetry(async () => commit(ctx, await goneWith(ctx, field, id)));
}

type Swept = Omit<Sweep, 'type' | 'limit'>;

/** Batch after batch until nothing is left, however much comes meanwhile. */
export async function sweepAll(gate: Gate, store: Store, what: Swept, between: () => unknown): Promise<void> {
  for (let removed = BATCH; removed === BATCH; ) {
    await between();
    const { results } = await gate(() => store.commit([{ type: 'sweep', ...what, limit: BATCH }]));
    removed = Number(results[0]);
  }
}
