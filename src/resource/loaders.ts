import type { AnyCollection, Collection, Doc, MaybePromise, Page, PageQuery, Query, Store } from '../store/store.ts';
import { type Pace, pace as processPace } from '../words/pace.ts';
import { type Reads, readsAtOnce, readsTogether } from './reads.ts';

/**
 * What one request's selections ask of the store, each thing once. From a server whatever is asked of many parents is read
 * together, so that a nested query costs a fixed number of calls whatever its page sizes; the embedded engine answers at
 * once. Only what asks for many hundred rows is read in several turns of the event loop.
 */
export interface Loaders {
  get<D extends Doc>(from: Collection<D>, id: string): MaybePromise<D | null>;
  page<D extends Doc>(from: Collection<D>, query: PageQuery): MaybePromise<Page<D>>;
  count(from: AnyCollection, query: Query): MaybePromise<number>;
  /** What a commit that is about to be made will leave, for a reply that is rendered before it. */
  expect<D extends Doc>(from: Collection<D>, doc: D): void;
  /** Forgets what was read, after a write of the same request. */
  clear(): void;
}

/** What is read of one collection. */
interface Memory {
  docs: Reads<string, Doc | null>;
  pages: Reads<PageQuery, Page<Doc>>;
  counts: Reads<Query, number>;
}

/** Rows that a request reads without asking whether others wait: whoever reads few never waits, and reads all of one moment. */
const AT_ONCE_ROWS = 250;

export function createLoaders(store: Store, { orgId }: { orgId: string }, pace: Pace = processPace): Loaders {
  const reads = store.engine === 'sqlite' ? readsAtOnce : readsTogether;
  const memories = new Map<string, Memory>();
  const memoryOf = (from: AnyCollection): Memory => {
    const known = memories.get(from.name);
    if (known) return known;
    const memory: Memory = {
      docs: reads(
        (id) => id,
        (ids) =>
          store.getMany(
            from,
            ids.map((id) => ({ orgId, id })),
          ),
      ),
      pages: reads(JSON.stringify, (queries) => store.pages(from, queries)),
      counts: reads(JSON.stringify, (queries) => store.counts(from, queries)),
    };
    memories.set(from.name, memory);
    return memory;
  };
  let read = 0;
  const inTurn = <T>(rows: number, load: () => MaybePromise<T>): MaybePromise<T> => {
    read += rows;
    return read > AT_ONCE_ROWS && pace.isUp() ? pace.later().then(load) : load();
  };
  return {
    get: <D extends Doc>(from: Collection<D>, id: string) =>
      inTurn(1, () => memoryOf(from).docs.load(id) as MaybePromise<D | null>),
    page: <D extends Doc>(from: Collection<D>, query: PageQuery) =>
      inTurn(1 + query.limit, () => memoryOf(from).pages.load(query) as MaybePromise<Page<D>>),
    count: (from, query) => inTurn(1, () => memoryOf(from).counts.load(query)),
    expect: (from, doc) => memoryOf(from).docs.expect(doc.id, doc),
    clear: () => memories.clear(),
  };
}
