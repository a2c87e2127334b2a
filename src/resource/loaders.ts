import DataLoader from 'dataloader';
import type { AnyCollection, Collection, Doc, Page, PageQuery, Query, Store } from '../store/store.ts';
import { createTurns } from '../words/turns.ts';
import type { Principal } from './context.ts';

/**
 * One request's batched reads: whatever a selection asks of many parents becomes one store call per collection and kind,
 * so a nested query costs a fixed number of calls whatever its page sizes. Only what asks for many hundred rows is read
 * in several turns of the event loop, each with calls of its own.
 */
export interface Loaders {
  get<D extends Doc>(from: Collection<D>, id: string): Promise<D | null>;
  page<D extends Doc>(from: Collection<D>, query: PageQuery): Promise<Page<D>>;
  count(from: AnyCollection, query: Query): Promise<number>;
  /** What a commit that is about to be made will leave, for a reply that is rendered before it. */
  expect<D extends Doc>(from: Collection<D>, doc: D): void;
  /** Forgets what was read, after a write of the same request. */
  clear(): void;
}

export function createLoaders(store: Store, principal: Principal): Loaders {
  let gets = new Map<string, DataLoader<string, Doc | null>>();
  let pages = new Map<string, DataLoader<PageQuery, Page<Doc>, string>>();
  let counts = new Map<string, DataLoader<Query, number, string>>();
  const keyOf = (id: string) => ({ orgId: principal.orgId, id });
  const turns = createTurns();
  const inTurn = <T>(rows: number, load: () => Promise<T>): Promise<T> => turns.take(rows)?.then(load) ?? load();
  return {
    get: <D extends Doc>(from: Collection<D>, id: string) =>
      inTurn(
        1,
        () =>
          obtain(gets, from.name, () => new DataLoader(async (ids) => store.getMany(from, ids.map(keyOf)))).load(
            id,
          ) as Promise<D | null>,
      ),
    page: <D extends Doc>(from: Collection<D>, query: PageQuery) =>
      inTurn(
        1 + query.limit,
        () =>
          obtain(
            pages,
            from.name,
            () => new DataLoader(async (queries) => store.pages(from, queries), { cacheKeyFn: JSON.stringify }),
          ).load(query) as Promise<Page<D>>,
      ),
    count: (from, query) =>
      inTurn(1, () =>
        obtain(
          counts,
          from.name,
          () => new DataLoader(async (queries) => store.counts(from, queries), { cacheKeyFn: JSON.stringify }),
        ).load(query),
      ),
    expect(from, doc) {
      const loader = obtain(gets, from.name, () => new DataLoader(async (ids) => store.getMany(from, ids.map(keyOf))));
      loader.clear(doc.id).prime(doc.id, doc);
    },
    clear() {
      gets = new Map();
      pages = new Map();
      counts = new Map();
    },
  };
}

function obtain<T>(map: Map<string, T>, key: string, create: () => T): T {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}
