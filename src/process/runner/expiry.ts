import { collections } from '../../catalog/collections.ts';
import type { Store } from '../../store/store.ts';
import type { Gate } from '../scheduler/gate.ts';
import { sweepAll } from './sweep.ts';

/** Drops all that has expired by now; where nothing has, nothing is written. */
export async function dropExpired(
  { store, now, gate }: { store: Store; now: () => number; gate: Gate },
  signal?: AbortSignal,
): Promise<void> {
  const value = new Date(now()).toISOString();
  for (const collection of collections)
    if (collection.expires)
      await sweepAll(gate, store, { in: collection, orgId: null, field: collection.expires, value }, () =>
        signal?.throwIfAborted(),
      );
}
