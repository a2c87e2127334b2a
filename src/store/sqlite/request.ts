import type { Deadline } from '../deadline.ts';
import type { Moments } from '../moments.ts';
import type {
  AnyCollection,
  Change,
  Collection,
  Committed,
  Doc,
  DueQuery,
  Key,
  LanesQuery,
  NumberedQuery,
  PageQuery,
  Query,
  Store,
} from '../store.ts';

interface Engine extends Store {
  of(from: readonly AnyCollection[], looks?: number): number;
  commit(changes: readonly Change[], deadline?: Deadline): Promise<Committed>;
}

/** The store for one request: reads answer at once, only a commit may have to wait. A class, since each request makes one. */
export class RequestStore implements Store, Moments {
  readonly #store: Engine;
  readonly answersBy: Deadline;
  readonly #looks: number | undefined;

  constructor(store: Engine, deadline: Deadline, looks: number | undefined) {
    this.#store = store;
    this.answersBy = deadline;
    this.#looks = looks;
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

  get numbers() {
    return this.#store.numbers;
  }

  get<D extends Doc>(from: Collection<D>, key: Key) {
    return this.#store.get(from, key);
  }

  getMany<D extends Doc>(from: Collection<D>, keys: readonly Key[]) {
    return this.#store.getMany(from, keys);
  }

  getUnique<D extends Doc>(from: Collection<D>, orgId: string, unique: string) {
    return this.#store.getUnique(from, orgId, unique);
  }

  page<D extends Doc>(from: Collection<D>, query: PageQuery) {
    return this.#store.page(from, query);
  }

  pages<D extends Doc>(from: Collection<D>, queries: readonly PageQuery[]) {
    return this.#store.pages(from, queries);
  }

  counts(from: AnyCollection, queries: readonly Query[]) {
    return this.#store.counts(from, queries);
  }

  lanes(from: AnyCollection, query: LanesQuery) {
    return this.#store.lanes(from, query);
  }

  due<D extends Doc>(from: Collection<D>, query: DueQuery) {
    return this.#store.due(from, query);
  }

  numbered<D extends Doc>(from: Collection<D>, query: NumberedQuery) {
    return this.#store.numbered(from, query);
  }

  lastNumbers(from: AnyCollection, orgIds: readonly string[]) {
    return this.#store.lastNumbers(from, orgIds);
  }

  get isNow() {
    return true;
  }

  moments() {
    return this;
  }

  lastMoments() {
    return this;
  }

  of(from: readonly AnyCollection[]) {
    return this.#store.of(from, this.#looks);
  }

  commit(changes: readonly Change[]) {
    return this.#store.commit(changes, this.answersBy);
  }

  scan<D extends Doc>(from: Collection<D>, after: Key | null, limit: number) {
    return this.#store.scan(from, after, limit);
  }

  load<D extends Doc>(into: Collection<D>, docs: readonly D[]) {
    return this.#store.load(into, docs);
  }

  discard(from: AnyCollection, keys: readonly Key[]) {
    return this.#store.discard(from, keys);
  }

  ping() {
    return this.#store.ping();
  }

  until(deadline: Deadline, looks?: number): Store {
    return this.#store.until(deadline, looks);
  }

  close() {
    return this.#store.close();
  }
}
