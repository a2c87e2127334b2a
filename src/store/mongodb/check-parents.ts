import type { Db } from 'mongodb';
import { agreements } from '../findings.ts';
import { type AnyCollection, tombstones } from '../store.ts';
import { keyOf, type Stored } from './documents.ts';

/**
 * What documents lie in is there, unless all of it is about to be swept: a sweep takes what lies between first. So is their
 * organization; and it lies itself where they do. By the key of the document.
 */
export async function parentFaults(
  db: Db,
  collection: AnyCollection,
  collections: readonly AnyCollection[],
  batch: readonly Stored[],
): Promise<Map<string, string[]>> {
  const faults = new Map<string, string[]>();
  const tell = ({ _id }: Stored, what: string) => faults.set(_id, [...(faults.get(_id) ?? []), what]);
  const agreed = agreements(collection, collections);
  const home = collection.home ?? 'orgId';
  const ancestors = collection.ancestors ?? [];
  const keyAbove = (stored: Stored, field: string) => {
    const id = String(stored[field]);
    return keyOf({ orgId: field === home ? id : stored.orgId, id });
  };
  const graves = (stored: Stored) =>
    ancestors.filter(({ field }) => Boolean(stored[field])).map(({ field }) => keyAbove(stored, field));
  const buried = await those(db, tombstones.name, [...new Set(batch.flatMap(graves))], []);
  for (const { field, in: above } of [...ancestors, { field: home, in: 'orgs' }]) {
    const children = batch.filter((stored) => Boolean(stored[field]));
    const keys = [...new Set(children.map((child) => keyAbove(child, field)))];
    const shared = agreed.filter((one) => one.field === field).map((one) => one.shared);
    const there = await those(db, above, keys, shared);
    for (const child of children) {
      const parent = there.get(keyAbove(child, field));
      if (!parent && !graves(child).some((key) => buried.has(key)))
        tell(child, `${field}: there is no ${child[field]} in ${above}`);
      for (const name of shared)
        if (parent && parent[name] !== child[name])
          tell(child, `${field}: ${child[field]} has another ${name}: ${parent[name]}`);
    }
  }
  return faults;
}

/** By their keys, which begin with their orgs. */
async function those(
  db: Db,
  name: string,
  keys: readonly string[],
  fields: readonly string[],
): Promise<Map<string, Stored>> {
  if (keys.length === 0) return new Map();
  const orgs = new Set(keys.map((key) => key.slice(0, key.indexOf('/'))));
  const projection = Object.fromEntries(['_id', ...fields].map((field) => [field, 1]));
  const found = await db
    .collection<Stored>(name)
    .find({ _id: { $in: [...keys] }, orgId: { $in: [...orgs] } }, { projection })
    .toArray();
  return new Map(found.map((one) => [one._id, one as Stored]));
}
