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
  return new RequestLoaders(store, orgId, pace);
}

/** A class, since each request makes one, and most ask nothing of it. */
class RequestLoaders implements Loaders {
  readonly #store: Store;
  readonly #orgId: string;
  readonly #pace: Pace;
  #memories: Map<string, Memory> | null = null;
  #rows = 0;

  constructor(store: Store, orgId: string, pace: Pace) {
    this.#store = store;
    this.#orgId = orgId;
    this.#pace = pace;
  }

  get<D extends Doc>(from: Collection<D>, id: string): MaybePromise<D | null> {
    return this.#inTurn(1, () => this.#memoryOf(from).docs.load(id) as MaybePromise<D | null>);
  }

  page<D extends Doc>(from: Collection<D>, query: PageQuery): MaybePromise<Page<D>> {
    return this.#inTurn(1 + query.limit, () => this.#memoryOf(from).pages.load(query) as MaybePromise<Page<D>>);
  }

  count(from: AnyCollection, query: Query): MaybePromise<number> {
    return this.#inTurn(1, () => this.#memoryOf(from).counts.load(query));
  }

  expect<D extends Doc>(from: Collection<D>, doc: D): void {
    this.#memoryOf(from).docs.expect(doc.id, doc);
  }

  clear(): void {
    this.#memories = null;
  }

  #inTurn<T>(rows: number, load: () => MaybePromise<T>): MaybePromise<T> {
    this.#rows += rows;
    return this.#rows > AT_ONCE_ROWS && this.#pace.isUp() ? this.#pace.later().then(load) : load();
  }

  #memoryOf(from: AnyCollection): Memory {
    this.#memories ??= new Map();
    const memory = this.#memories.get(from.name) ?? this.#memory(from);
    this.#memories.set(from.name, memory);
    return memory;
  }

  #memory(from: AnyCollection): Memory {
    const reads = this.#store.engine === 'sqlite' ? readsAtOnce : readsTogether;
    const keysOf = (ids: readonly string[]) => ids.map((id) => ({ orgId: this.#orgId, id }));
    return {
      docs: reads(
        (id) => id,
        (ids) => this.#store.getMany(from, keysOf(ids)),
      ),
      pages: reads(JSON.stringify, (queries) => this.#store.pages(from, queries)),
      counts: reads(JSON.stringify, (queries) => this.#store.counts(from, queries)),
    };
  }
}
