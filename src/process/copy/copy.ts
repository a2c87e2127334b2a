import { createHash } from 'node:crypto';
import { orgIndex } from '../../nouns/orgs/model.ts';
import { everyStored } from '../../store/every.ts';
import type { AnyCollection, Doc, Store } from '../../store/store.ts';
import { sortedJson } from '../../words/sorted-json.ts';

const BATCH = 500;

export interface Fingerprint {
  count: number;
  /** The sum of the documents' SHA-256, so that the order of reading does not matter. */
  hash: string;
}

/** Streams every document of every collection and answers how many there are; run again, it makes the target equal again, whatever has gone meanwhile. */
export async function copyAll(
  from: Store,
  to: Store,
  collections: readonly AnyCollection[],
  onCopied: (documents: number) => void,
): Promise<number> {
  let total = 0;
  for (const collection of collections) {
    const copied = new Set<string>();
    for await (const docs of everyStored<Doc>(from, collection, BATCH)) {
      await to.load(collection, docs);
      for (const doc of docs) copied.add(nameOf(doc));
      onCopied(docs.length);
    }
    for await (const docs of everyStored<Doc>(to, collection, BATCH)) {
      const gone = docs.filter((doc) => !copied.has(nameOf(doc)));
      if (gone.length > 0) await to.discard(collection, gone);
    }
    total += copied.size;
  }
  return total;
}

const nameOf = ({ orgId, id }: Doc) => `${orgId}/${id}`;

/** Organizations that only the target has: a copy onto them would mix two places, or take one of them away. */
export async function strangersIn(from: Store, to: Store): Promise<string[]> {
  const strangers: string[] = [];
  for await (const orgs of everyStored<Doc>(to, orgIndex, BATCH)) {
    const known = await from.getMany(orgIndex, orgs);
    strangers.push(...orgs.filter((_, at) => known[at] === null).map(({ id }) => id));
  }
  return strangers;
}

/** The collections whose content differs between two stores. */
export async function differences(
  one: Store,
  two: Store,
  collections: readonly AnyCollection[],
  onRead: (documents: number) => void = () => {},
): Promise<string[]> {
  const differing: string[] = [];
  for (const collection of collections) {
    const [left, right] = [await fingerprint(one, collection, onRead), await fingerprint(two, collection, onRead)];
    if (left.count !== right.count || left.hash !== right.hash)
      differing.push(`${collection.name} (${left.count} against ${right.count} documents)`);
  }
  return differing;
}

async function fingerprint(
  store: Store,
  collection: AnyCollection,
  onRead: (documents: number) => void,
): Promise<Fingerprint> {
  let [count, sum] = [0, 0n];
  for await (const docs of everyStored<Doc>(store, collection, BATCH)) {
    for (const doc of docs) {
      count += 1;
      sum = (sum + BigInt(`0x${createHash('sha256').update(sortedJson(doc)).digest('hex')}`)) & MASK;
    }
    onRead(docs.length);
  }
  return { count, hash: sum.toString(16) };
}

const MASK = (1n << 256n) - 1n;
