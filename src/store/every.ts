import type { MaybePromise } from '../words/maybe.ts';
import type { AnyCollection, Collection, Doc, Key, LanesQuery, Page, PageQuery, Query, Store } from './store.ts';

/** A list's pages one after the other, each read when it is asked for. */
export async function* everyPage<D extends Doc>(
  store: Pick<Store, 'page'>,
  from: Collection<D>,
  query: Omit<PageQuery, 'after'>,
): AsyncGenerator<D[]> {
  for (let after: D | undefined; ; ) {
    const page: Page<D> = await store.page(from, { ...query, after });
    yield page.docs;
    if (!page.more) return;
    after = page.docs.at(-1);
  }
}

/** The same, one by one: for long lists whose documents are worked on one after the other. */
export async function* everyDoc<D extends Doc>(
  store: Pick<Store, 'page'>,
  from: Collection<D>,
  query: Query,
): AsyncGenerator<D> {
  for await (const docs of everyPage(store, from, { ...query, order: 'asc', limit: 200 })) yield* docs;
}

/** All of a list, whatever its length. */
export async function allDocs<D extends Doc>(
  store: Pick<Store, 'page'>,
  from: Collection<D>,
  query: Query,
): Promise<D[]> {
  const all: D[] = [];
  for await (const docs of everyPage(store, from, { ...query, order: 'asc', limit: 1_000 })) all.push(...docs);
  return all;
}

/** All that is stored of a collection, in every org and below tombstones too, batch by batch. */
export function everyStored<D extends Doc>(
  store: Pick<Store, 'scan'>,
  from: Collection<D>,
  limit: number,
): AsyncGenerator<D[]> {
  return everyBatch(limit, (after: Key | null) => store.scan(from, after, limit));
}

/** The lanes of a queue in which something is due, batch by batch. */
export function everyLanes(
  store: Pick<Store, 'lanes'>,
  from: AnyCollection,
  query: Omit<LanesQuery, 'after'>,
): AsyncGenerator<string[]> {
  return everyBatch(query.limit, (after: string | null) => store.lanes(from, { ...query, after }));
}

/** Each is read behind the last of the one before, until one is not full. */
async function* everyBatch<A, T extends A>(
  limit: number,
  read: (after: A | null) => MaybePromise<T[]>,
): AsyncGenerator<T[]> {
  for (let after: A | null = null; ; ) {
    const batch: T[] = await read(after);
    yield batch;
    const last = batch.at(-1);
    if (last === undefined || batch.length < limit) return;
    after = last;
  }
}
