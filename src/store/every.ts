import type { Collection, Doc, Page, PageQuery, Query, Store } from './store.ts';

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
