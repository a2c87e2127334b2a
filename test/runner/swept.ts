import { collections } from '../../src/catalog/collections.ts';
import type { Doc, Key, Store } from '../../src/store/store.ts';
import { tombstones } from '../../src/store/store.ts';

/** Whether a deleted subtree has been swept: its mark says so, and goes a minute later. */
export async function isSwept(store: Store, key: Key): Promise<boolean> {
  const mark = await store.get(tombstones, key);
  return mark === null || mark.sweptAt !== null;
}

/** What is still stored below documents that are gone, told or not. */
export async function leftBelow(store: Store, ids: readonly string[]): Promise<string[]> {
  const left: string[] = [];
  for (const collection of collections) {
    const fields = (collection.ancestors ?? []).map(({ field }) => field);
    if (fields.length === 0) continue;
    for (let last: Doc | null = null; ; ) {
      const found: (Doc & Record<string, unknown>)[] = await store.scan(collection, last, 1_000);
      for (const doc of found)
        if (fields.some((field) => ids.includes(String(doc[field])))) left.push(`${collection.name} ${doc.id}`);
      last = found.at(-1) ?? null;
      if (found.length < 1_000) break;
    }
  }
  return left;
}
