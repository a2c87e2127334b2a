import { createHash } from 'node:crypto';
import type { AnyCollection, Doc, Store } from '../../store/store.ts';

const BATCH = 500;

export interface CopyProgress {
  collection: string;
  copied: number;
}

export interface Fingerprint {
  count: number;
  /** The sum of the documents' SHA-256, so that the order of reading does not matter. */
  hash: string;
}

/** Streams every document of every collection; run again, it makes the target equal again. */
export async function copyAll(
  from: Store,
  to: Store,
  collections: readonly AnyCollection[],
  progress: (at: CopyProgress) => void,
): Promise<void> {
  for (const collection of collections) {
    let copied = 0;
    for await (const docs of batches(from, collection)) {
      await to.load(collection, docs);
      copied += docs.length;
      progress({ collection: collection.name, copied });
    }
  }
}

/** The collections whose content differs between two stores. */
export async function differences(one: Store, two: Store, collections: readonly AnyCollection[]): Promise<string[]> {
  const differing: string[] = [];
  for (const collection of collections) {
    const [left, right] = [await fingerprint(one, collection), await fingerprint(two, collection)];
    if (left.count !== right.count || left.hash !== right.hash)
      differing.push(`${collection.name} (${left.count} against ${right.count} documents)`);
  }
  return differing;
}

export async function fingerprint(store: Store, collection: AnyCollection): Promise<Fingerprint> {
  let [count, sum] = [0, 0n];
  for await (const docs of batches(store, collection))
    for (const doc of docs) {
      count += 1;
      sum = (sum + BigInt(`0x${createHash('sha256').update(canonical(doc)).digest('hex')}`)) & MASK;
    }
  return { count, hash: sum.toString(16) };
}

const MASK = (1n << 256n) - 1n;

/** JSON with the names of every object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

async function* batches(store: Store, collection: AnyCollection): AsyncGenerator<Doc[]> {
  for (let after: Doc | null = null; ; ) {
    const docs: Doc[] = await store.scan(collection, after, BATCH);
    if (docs.length > 0) yield docs;
    if (docs.length < BATCH) return;
    after = docs.at(-1)!;
  }
}
