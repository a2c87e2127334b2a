import type { ClientSession, Db } from 'mongodb';
import { secondKey, secondKeys } from '../derived.ts';
import type { AnyCollection, Doc } from '../store.ts';
import { HAS_KEY, keyOf, type Stored } from './documents.ts';

/**
 * Documents that have one of the keys, or a second key of it where the collection has such. The index of the keys is partial:
 * MongoDB uses it only for a query that says the index's own condition, and reads all of the org for any other.
 */
export function uniqueFilter(uniques: readonly string[], isClashing: boolean): object {
  if (!isClashing) return { unique: { ...HAS_KEY, $in: [...uniques] } };
  const second = uniques.map(secondKeys).map(([from, until]) => ({ unique: { $gte: from, $lt: until } }));
  return { unique: HAS_KEY, $or: [{ unique: { $in: [...uniques] } }, ...second] };
}

/** The key that each document can have: its own, unless another one, stored or earlier in the list, has that. */
export async function freeKeys(
  db: Db,
  from: AnyCollection,
  docs: readonly Doc[],
  session?: ClientSession,
): Promise<(string | null)[]> {
  const keys = docs.map((doc): string | null => from.unique?.(doc) ?? null);
  const wanted = keys.filter((key) => key !== null);
  if (wanted.length === 0) return keys;
  const orgs = [...new Set(docs.map(({ orgId }) => orgId))];
  const held = await db
    .collection<Stored>(from.name)
    .find({ orgId: { $in: orgs }, ...uniqueFilter(wanted, false) }, { session, projection: { orgId: 1, unique: 1 } })
    .toArray();
  const holders = new Map(held.map(({ _id, orgId, unique }) => [`${orgId} ${unique}`, _id]));
  return docs.map((doc, at) => {
    const key = keys[at] ?? null;
    if (key === null) return null;
    const name = `${doc.orgId} ${key}`;
    const holder = holders.get(name) ?? keyOf(doc);
    holders.set(name, holder);
    return holder === keyOf(doc) ? key : secondKey(key, doc.id);
  });
}
