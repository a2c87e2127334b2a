import { type Db, ObjectId } from 'mongodb';
import { count, numberingKey, numberings } from '../numberings.ts';
import type { AnyCollection } from '../store.ts';
import { keyOf, REST, type Stamped, type Stored } from './documents.ts';
import { Overlay, type Slot } from './overlay.ts';

/** The collection whose numbering nearly every commit of an org counts on: a stamp beside it costs no further write. */
export function stampedBeside(collections: Iterable<AnyCollection>): AnyCollection | undefined {
  return [...collections].find(({ numbered, renumbered }) => numbered && !renumbered);
}

/**
 * Has the numbering written of each org whose stamped collections a group writes to, and answers what is to be stored beside it.
 * A release that knows of no stamps leaves them away when it counts on, which says as much.
 */
export function stampsOf(
  overlay: Overlay,
  collections: ReadonlyMap<string, AnyCollection>,
  now: string,
): ReadonlyMap<Slot, Stamped> {
  const beside = stampedBeside(collections.values());
  const written = [...overlay.slots.values()].filter(
    ({ from, loaded, current }) => from.stamped && current !== (loaded?.doc ?? null),
  );
  const stamps = new Map<Slot, Stamped>();
  if (!beside) return stamps;
  const stamp = new ObjectId();
  for (const [orgId, slots] of Map.groupBy(written, ({ key }) => key.orgId)) {
    const key = numberingKey(beside, orgId);
    const before = overlay.slots.get(Overlay.slotKey(numberings, key));
    if (!before || before.current === (before.loaded?.doc ?? null)) count(overlay, beside, orgId, 0, now);
    const slot = overlay.slots.get(Overlay.slotKey(numberings, key));
    const own = Object.fromEntries(slots.map(({ from }) => [from.name, stamp]));
    if (slot) stamps.set(slot, { [REST]: stamp, ...slot.loaded?.stamped, ...own });
  }
  return stamps;
}

/** The same for what is written without a commit. Where nothing is numbered yet, nobody has read of it either. */
export async function stampLoaded(db: Db, beside: AnyCollection, of: AnyCollection, orgIds: string[]): Promise<void> {
  const update = { $set: { [`stamped.${of.name}`]: new ObjectId() }, $inc: { fence: 1 } } as never;
  const updates = orgIds.map((orgId) => {
    const filter = { _id: keyOf(numberingKey(beside, orgId)), orgId };
    return { updateOne: { filter, update } };
  });
  await db.collection<Stored>(numberings.name).bulkWrite(updates, { ordered: false });
}
