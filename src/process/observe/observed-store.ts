import type { Deadline } from '../../store/deadline.ts';
import type { Moments } from '../../store/moments.ts';
import {
  type AnyCollection,
  type Change,
  type Collection,
  type Committed,
  type Doc,
  type DueQuery,
  type Key,
  type LanesQuery,
  type MaybePromise,
  type NumberedQuery,
  type Page,
  type PageQuery,
  type Query,
  type Store,
  StoreConflict,
} from '../../store/store.ts';

export const STORE_CALLS = [
  'get',
  'getMany',
  'getUnique',
  'page',
  'pages',
  'counts',
  'lanes',
  'due',
  'numbered',
  'lastNumbers',
  'commit',
] as const;
export type StoreCall = (typeof STORE_CALLS)[number];

/** Hears of each call of the store when it has ended; `from` is the collection, or how many changes a commit has. */
export type StoreListener = (call: StoreCall, from: string | number, begunMs: number, failed: boolean) => void;

/** The same store, whose reads and commits somebody hears of. */
export class ObservedStore implements Store {
  readonly #store: Store;
  readonly #tell: StoreListener;

  constructor(store: Store, tell: StoreListener) {
    this.#store = store;
    this.#tell = tell;
  }

  get engine() {
    return this.#store.engine;
  }

  get stats() {
    return this.#store.stats;
  }

  get changes() {
    return this.#store.changes;
  }

  get answersBy() {
    return this.#store.answersBy;
  }

  get numbers() {
    return this.#store.numbers;
  }

  get<D extends Doc>(from: Collection<D>, key: Key): MaybePromise<D | null> {
    return this.#heard('get', from.name, () => this.#store.get(from, key));
  }

  getMany<D extends Doc>(from: Collection<D>, keys: readonly Key[]): MaybePromise<(D | null)[]> {
    return this.#heard('getMany', from.name, () => this.#store.getMany(from, keys));
  }

  getUnique<D extends Doc>(from: Collection<D>, orgId: string, unique: string): MaybePromise<D | null> {
    return this.#heard('getUnique', from.name, () => this.#store.getUnique(from, orgId, unique));
  }

  page<D extends Doc>(from: Collection<D>, query: PageQuery): MaybePromise<Page<D>> {
    return this.#heard('page', from.name, () => this.#store.page(from, query));
  }

  pages<D extends Doc>(from: Collection<D>, queries: readonly PageQuery[]): MaybePromise<Page<D>[]> {
    return this.#heard('pages', from.name, () => this.#store.pages(from, queries));
  }

  counts(from: AnyCollection, queries: readonly Query[]): MaybePromise<number[]> {
    return this.#heard('counts', from.name, () => this.#store.counts(from, queries));
  }

  lanes(from: AnyCollection, query: LanesQuery): MaybePromise<string[]> {
    return this.#heard('lanes', from.name, () => this.#store.lanes(from, query));
  }

  due<D extends Doc>(from: Collection<D>, query: DueQuery): MaybePromise<D[]> {
    return this.#heard('due', from.name, () => this.#store.due(from, query));
  }

  numbered<D extends Doc>(from: Collection<D>, query: NumberedQuery): MaybePromise<D[]> {
    return this.#heard('numbered', from.name, () => this.#store.numbered(from, query));
  }

  lastNumbers(from: AnyCollection, orgIds: readonly string[]): MaybePromise<number[]> {
    return this.#heard('lastNumbers', from.name, () => this.#store.lastNumbers(from, orgIds));
  }

  moments(orgId: string): MaybePromise<Moments | null> {
    return this.#store.moments(orgId);
  }

  lastMoments(orgId: string): Moments | null {
    return this.#store.lastMoments(orgId);
  }

  async commit(changes: readonly Change[]): Promise<Committed> {
    return this.#heard('commit', changes.length, () => this.#store.commit(changes));
  }

  scan<D extends Doc>(from: Collection<D>, after: Key | null, limit: number): MaybePromise<D[]> {
    return this.#store.scan(from, after, limit);
  }

  load<D extends Doc>(into: Collection<D>, docs: readonly D[]): Promise<void> {
    return this.#store.load(into, docs);
  }

  discard(from: AnyCollection, keys: readonly Key[]): Promise<void> {
    return this.#store.discard(from, keys);
  }

  ping(): Promise<void> {
    return this.#store.ping();
  }

  until(deadline: Deadline, looks?: number): Store {
    return new ObservedStore(this.#store.until(deadline, looks), this.#tell);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #heard<T>(call: StoreCall, from: string | number, work: () => MaybePromise<T>): MaybePromise<T> {
    const begun = performance.now();
    let answer: MaybePromise<T>;
    try {
      answer = work();
    } catch (error) {
      throw this.#failed(call, from, begun, error);
    }
    if (!(answer instanceof Promise)) {
      this.#tell(call, from, begun, false);
      return answer;
    }
    return answer.then(
      (value) => {
        this.#tell(call, from, begun, false);
        return value;
      },
      (error: unknown) => {
        throw this.#failed(call, from, begun, error);
      },
    );
  }

  #failed(call: StoreCall, from: string | number, begun: number, error: unknown): unknown {
    this.#tell(call, from, begun, !(error instanceof StoreConflict));
    return error;
  }
}
