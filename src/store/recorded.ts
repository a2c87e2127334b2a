import { chain, type MaybePromise, rescue } from '../words/maybe.ts';
import type { Deadline } from './deadline.ts';
import type { Moment, Moments } from './moments.ts';
import type {
  AnyCollection,
  Change,
  Collection,
  Doc,
  DueQuery,
  Key,
  LanesQuery,
  NumberedQuery,
  Page,
  PageQuery,
  Query,
  Store,
} from './store.ts';

type Ask = (store: Store) => MaybePromise<unknown>;

/** What a store was asked of an org, each question with what its answer is known again by. */
export class Reads {
  readonly #orgId: string;
  readonly #asked: { readonly ask: Ask; readonly answer: Print }[] = [];
  /** All that was read of, each once: the same list for all who have read of the same. */
  #from = NOTHING;
  #moment: Moment | null = null;
  #isComparable = true;
  #isToldOf = true;

  constructor(orgId: string) {
    this.#orgId = orgId;
  }

  /** `since`: the moments as they were before it was asked; `of`: whose documents it was asked for. */
  note(since: Moments | null, from: AnyCollection, of: readonly Pick<Key, 'orgId'>[], ask: Ask, answer: unknown): void {
    this.#isToldOf &&= since?.isNow === false && of.every(({ orgId }) => orgId === this.#orgId);
    this.#isComparable &&= isFixed(answer);
    if (this.#isComparable) this.#asked.push({ ask, answer: printOf(answer) });
    this.#from = withOne(this.#from, from);
    this.#moment = since?.of(this.#from.all) ?? null;
  }

  /** Whether all of it was answered at once, by what is in memory and never changes: what is asked again can be compared. */
  get isComparable(): boolean {
    return this.#isComparable;
  }

  /** Whether the org's moments alone tell whether it still holds, however long the answers took. */
  get isTold(): boolean {
    return this.#isToldOf && this.#moment !== null;
  }

  /**
   * Whether the store answers all of it the same now. It need not be asked where nothing was written to what was read;
   * who cannot be asked is asked again for the answer itself.
   */
  hold(store: Store): MaybePromise<boolean> {
    if (this.#from === NOTHING) return true;
    const last = store.lastMoments(this.#orgId);
    // It need not be asked where it is known that something has changed since.
    if (last?.isNow === false && last.of(this.#from.all) !== this.#moment) return false;
    return rescue(
      () => chain(store.moments(this.#orgId), (now) => this.#isSame(now?.of(this.#from.all) ?? null, store)),
      () => false,
    );
  }

  #isSame(moment: Moment | null, store: Store): boolean {
    if (moment === this.#moment && moment !== null) return true;
    if (!this.#isComparable) return false;
    if (!this.#asked.every(({ ask, answer }) => isSame(atOnce(ask(store)), answer))) return false;
    this.#moment = moment;
    return true;
  }
}

/** Collections in the order in which they were read of first, and what may follow them. */
interface From {
  readonly all: readonly AnyCollection[];
  readonly next: Map<AnyCollection, From>;
}

const NOTHING: From = { all: [], next: new Map() };
/** Of more than these the orders would be too many to be shared. */
const SHARED_MAX = 3;

function withOne(before: From, one: AnyCollection): From {
  if (before.all.includes(one)) return before;
  const known = before.next.get(one);
  if (known) return known;
  const made: From = { all: [...before.all, one], next: new Map() };
  if (made.all.length <= SHARED_MAX) before.next.set(one, made);
  return made;
}

/** The same store for one answer, of which is noted what was read; `others` hears of whatever else is done with it. */
export class RecordedStore implements Store {
  readonly #store: Store;
  readonly #reads: Reads;
  readonly #since: Moments | null;
  readonly #others: () => void;

  constructor(store: Store, orgId: string, reads: Reads, others: () => void) {
    this.#store = store;
    this.#reads = reads;
    this.#since = store.lastMoments(orgId);
    this.#others = others;
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
    return this.#other().numbers;
  }

  get<D extends Doc>(from: Collection<D>, key: Key) {
    return this.#noted(from, [key], (store) => store.get(from, key));
  }

  getMany<D extends Doc>(from: Collection<D>, keys: readonly Key[]) {
    return this.#noted(from, keys, (store) => store.getMany(from, keys));
  }

  getUnique<D extends Doc>(from: Collection<D>, orgId: string, unique: string) {
    return this.#noted(from, [{ orgId }], (store) => store.getUnique(from, orgId, unique));
  }

  page<D extends Doc>(from: Collection<D>, query: PageQuery) {
    return this.#noted(from, [query], (store) => store.page(from, query));
  }

  pages<D extends Doc>(from: Collection<D>, queries: readonly PageQuery[]) {
    return this.#noted(from, queries, (store) => store.pages(from, queries));
  }

  counts(from: AnyCollection, queries: readonly Query[]) {
    return this.#noted(from, queries, (store) => store.counts(from, queries));
  }

  moments(orgId: string) {
    return this.#store.moments(orgId);
  }

  lastMoments(orgId: string) {
    return this.#store.lastMoments(orgId);
  }

  lanes(from: AnyCollection, query: LanesQuery) {
    return this.#other().lanes(from, query);
  }

  due<D extends Doc>(from: Collection<D>, query: DueQuery) {
    return this.#other().due(from, query);
  }

  numbered<D extends Doc>(from: Collection<D>, query: NumberedQuery) {
    return this.#other().numbered(from, query);
  }

  lastNumbers(from: AnyCollection, orgIds: readonly string[]) {
    return this.#other().lastNumbers(from, orgIds);
  }

  scan<D extends Doc>(from: Collection<D>, after: Key | null, limit: number) {
    return this.#other().scan(from, after, limit);
  }

  commit(changes: readonly Change[]) {
    return this.#other().commit(changes);
  }

  load<D extends Doc>(into: Collection<D>, docs: readonly D[]) {
    return this.#other().load(into, docs);
  }

  discard(from: AnyCollection, keys: readonly Key[]) {
    return this.#other().discard(from, keys);
  }

  ping() {
    return this.#other().ping();
  }

  until(deadline: Deadline, looks?: number) {
    return this.#other().until(deadline, looks);
  }

  close() {
    return this.#other().close();
  }

  #noted<T>(from: AnyCollection, of: readonly Pick<Key, 'orgId'>[], ask: (store: Store) => MaybePromise<T>) {
    const answer = ask(this.#store);
    this.#reads.note(this.#since, from, of, ask, answer);
    return answer;
  }

  #other(): Store {
    this.#others();
    return this.#store;
  }
}

/** Documents that never change, and lists and pages of them; the engine freezes the whole of what it keeps in memory. */
function isFixed(answer: unknown): boolean {
  if (typeof answer !== 'object' || answer === null || !Object.isExtensible(answer)) return true;
  return isList(answer) ? answer.every(isFixed) : isPage(answer) && isFixed(answer.docs);
}

/**
 * What an answer is known again by: a number for each document, as whoever keeps the document itself keeps all of it alive, however
 * large it is and however little of it was asked for.
 */
type Print = Primitive | readonly Print[] | { readonly docs: Print; readonly more: boolean };
type Primitive = string | number | boolean | bigint | symbol | null | undefined;

const serials = new WeakMap<object, number>();
let lastSerial = 0;

/** Another number for every object: the engine gives another one for another version of a document. */
function serialOf(fixed: object): number {
  const known = serials.get(fixed);
  if (known !== undefined) return known;
  lastSerial += 1;
  serials.set(fixed, lastSerial);
  return lastSerial;
}

function printOf(answer: unknown): Print {
  if (typeof answer !== 'object' || answer === null) return answer as Primitive;
  if (isList(answer)) return answer.map(printOf);
  return isPage(answer) && Object.isExtensible(answer)
    ? { docs: printOf(answer.docs), more: answer.more }
    : serialOf(answer);
}

/** Nobody has the number of an object that was not met before, so that it is given none. */
function isSame(now: unknown, before: Print): boolean {
  if (typeof now !== 'object' || now === null) return now === before;
  if (isList(now))
    return isList(before) && now.length === before.length && now.every((item, at) => isSame(item, before[at]));
  if (isPage(now) && isPage(before)) return now.more === before.more && isSame(now.docs, before.docs as Print);
  return typeof before === 'number' && serials.get(now) === before;
}

/** What comes later is not waited for, nor heard of if it fails. */
function atOnce(answer: MaybePromise<unknown>): unknown {
  if (answer instanceof Promise) answer.catch(() => {});
  return answer;
}

const isList: (value: unknown) => value is readonly unknown[] = Array.isArray;

function isPage(value: unknown): value is Page<Doc> {
  return typeof value === 'object' && value !== null && 'docs' in value && 'more' in value;
}
