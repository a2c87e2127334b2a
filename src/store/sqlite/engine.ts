import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { inTurns, pace } from '../../words/pace.ts';
import { createBell } from '../bell.ts';
import { afterMs, type Deadline, REQUEST_MS } from '../deadline.ts';
import { type Evaluated, evaluate } from '../evaluate.ts';
import { migrations as allMigrations } from '../migrations/index.ts';
import {
  type AnyCollection,
  type Change,
  type Collection,
  type Committed,
  type Doc,
  type DueQuery,
  isWatched,
  type Key,
  type LanesQuery,
  type MaybePromise,
  meaningOf,
  type NumberedQuery,
  numberings,
  type Page,
  type PageQuery,
  type Query,
  type Store,
  StoreRefused,
  type StoreStats,
  StoreUnavailable,
} from '../store.ts';
import { MIGRATION_WAIT_MS, withBusyWait } from './busy.ts';
import { isBusy, isTorn, unavailable } from './errors.ts';
import { sameFile } from './file.ts';
import { runMember } from './member.ts';
import { readLastNumbers, readNumbered } from './numbered.ts';
import type { SqliteOptions } from './options.ts';
import { checkVersion, prepare } from './prepare.ts';
import { readDue, readLanes } from './queue.ts';
import { readCount, readMany, readPage, readPages } from './reads.ts';
import { requestStore } from './request.ts';
import { limitPages, type Settings, settingsOf } from './settings.ts';
import { Table } from './table.ts';
import { viewOf } from './view.ts';
import { isInTime, type Waiting } from './waiting.ts';

/** Commits that share one fsync, and what they may take of one turn of the event loop. */
const GROUP_MAX = 256;
const GROUP_MS = 10;

/** Opens (and where needed creates or migrates) the database; throws `StoreRefused` with one line for a person. */
export function openSqlite(options: SqliteOptions): SqliteStore {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(options.file, { timeout: 0 });
    const { file, collections, migrations = allMigrations, tell = () => {} } = options;
    const preparation = { file, collections, migrations, tell };
    withBusyWait(db, (it) => checkVersion(it, preparation));
    withBusyWait(db, (it) => it.exec('PRAGMA journal_mode = WAL'));
    db.exec(
      'PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY',
    );
    withBusyWait(db, (it) => prepare(it, preparation), MIGRATION_WAIT_MS);
    return new SqliteStore(db, options);
  } catch (error) {
    db?.close();
    if (error instanceof StoreRefused) throw error;
    throw new StoreRefused(`cannot open ${options.file}: ${(error as Error).message}`, { cause: error });
  }
}

export class SqliteStore implements Store {
  readonly engine = 'sqlite';
  readonly stats: StoreStats = { reads: 0, commits: 0 };
  readonly #db: DatabaseSync;
  readonly #tables = new Map<string, Table>();
  readonly #evaluate: (changes: readonly Change[]) => Evaluated;
  readonly #busyTimeoutMs: number;
  readonly #checkFile: () => void;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | null = null;
  #epoch = 0;
  #closed = false;

  constructor(db: DatabaseSync, options: SqliteOptions) {
    this.#db = db;
    const view = viewOf((of) => this.#table(of));
    this.#evaluate = (changes) => evaluate(changes, view, options.rules, options.now());
    this.#busyTimeoutMs = options.busyTimeoutMs ?? REQUEST_MS;
    this.#checkFile = sameFile(options.file);
    for (const collection of options.collections) this.#tables.set(collection.name, new Table(db, collection));
  }

  readonly changes = { epoch: (): number => this.#epoch };
  readonly numbers = createBell();

  settings = (): Settings => settingsOf(this.#db);

  /** For operators with a disk to share, and tests of a full one: how far the file may grow, in pages. */
  limitPages = (limit: 'tight' | 'none'): void => limitPages(this.#db, limit);

  get<D extends Doc>(from: Collection<D>, key: Key): D | null {
    return this.#read(() => this.#get(from, key));
  }

  getMany<D extends Doc>(from: Collection<D>, keys: readonly Key[]): MaybePromise<(D | null)[]> {
    return this.#readInTurns(readMany<D>(this.#table(from), keys));
  }

  getUnique<D extends Doc>(from: Collection<D>, orgId: string, unique: string): D | null {
    return this.#read(() => {
      const id = this.#table(from).idOfUnique(orgId, unique);
      return id === null ? null : this.#get(from, { orgId, id });
    });
  }

  page<D extends Doc>(from: Collection<D>, query: PageQuery): MaybePromise<Page<D>> {
    return this.#readInTurns(readPage<D>(this.#table(from), query));
  }

  pages<D extends Doc>(from: Collection<D>, queries: readonly PageQuery[]): MaybePromise<Page<D>[]> {
    return this.#readInTurns(readPages<D>(this.#table(from), queries));
  }

  counts(from: AnyCollection, queries: readonly Query[]): number[] {
    return this.#read(() => queries.map((query) => readCount(this.#table(from), query)));
  }

  lanes(from: AnyCollection, query: LanesQuery): string[] {
    return this.#read(() => readLanes(this.#table(from), query));
  }

  due<D extends Doc>(from: Collection<D>, query: DueQuery): D[] {
    return this.#read(() => readDue<D>(this.#table(from), query));
  }

  numbered<D extends Doc>(from: Collection<D>, query: NumberedQuery): D[] {
    return this.#read(() => readNumbered<D>(this.#table(from), query));
  }

  lastNumbers(from: AnyCollection, orgIds: readonly string[]): number[] {
    return this.#read(() => readLastNumbers(this.#table(numberings), from, orgIds));
  }

  until(deadline: Deadline): Store {
    return requestStore(this, deadline);
  }

  async commit(changes: readonly Change[], deadline: Deadline = afterMs(this.#busyTimeoutMs)): Promise<Committed> {
    if (this.#closed) throw new StoreUnavailable('the store is closed');
    if (this.#isIdle(changes)) return { results: [0] };
    this.stats.commits += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, deadline, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  scan<D extends Doc>(from: Collection<D>, after: Key | null, limit: number): D[] {
    return this.#read(() => this.#table(from).scan(after, limit) as D[]);
  }

  async load<D extends Doc>(into: Collection<D>, docs: readonly D[]): Promise<void> {
    this.#writeAll(into, (table) => docs.forEach((doc) => table.load(doc)));
  }

  async discard(from: AnyCollection, keys: readonly Key[]): Promise<void> {
    this.#writeAll(from, (table) => keys.forEach((key) => table.discard(key)));
  }

  #writeAll(into: AnyCollection, work: (table: Table) => void): void {
    this.#read(() => {
      this.#db.exec('BEGIN IMMEDIATE');
      try {
        work(this.#table(into));
        this.#db.exec('COMMIT');
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
        throw error;
      }
    });
    if (into.watched) this.#epoch += 1;
  }

  async ping(): Promise<void> {
    this.#checkFile();
    this.#read(() => this.#db.prepare('SELECT 1').get());
  }

  async close(): Promise<void> {
    await this.#flushing;
    if (this.#closed) return;
    this.#closed = true;
    this.#db.close();
  }

  #table(from: AnyCollection): Table {
    const table = this.#tables.get(from.name);
    if (!table) throw new Error(`no collection named ${from.name}`);
    return table;
  }

  #get<D extends Doc>(from: Collection<D>, key: Key): D | null {
    const stored = this.#table(from).get(key) as D | null;
    return stored && meaningOf(from, stored);
  }

  /** A sweep alone that finds nothing: it takes no lock and writes nothing. */
  #isIdle([change, ...more]: readonly Change[]): boolean {
    if (change?.type !== 'sweep' || more.length > 0) return false;
    return this.#read(() => this.#table(change.in).swept(change.field, change.value, 1).length === 0);
  }

  #read<T>(work: () => T): T {
    this.stats.reads += 1;
    try {
      return work();
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Large documents are read while others have their turns in between; all others at once. */
  #readInTurns<T>(work: Generator<void, T>): MaybePromise<T> {
    const read = this.#read(() => inTurns(work, pace));
    return read instanceof Promise ? read.catch((error: unknown) => Promise.reject(unavailable(error))) : read;
  }

  /** Commits what waits, group after group; a turn of the event loop in between lets more requests join one fsync. */
  async #flush(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, GROUP_MAX);
      await this.#commitGroup(group);
      await new Promise(setImmediate);
    }
    this.#flushing = null;
  }

  async #commitGroup(members: readonly Waiting[]): Promise<void> {
    for (let group = members; group.length > 0; group = group.filter(isInTime))
      try {
        const settlements = this.#runGroup(group);
        this.#waiting.unshift(...group.slice(settlements.length));
        for (const settle of settlements) settle();
        this.stats.onGroup?.(settlements.length);
        return;
      } catch (error) {
        if (isBusy(error)) await this.#waitForLock();
        else if (group.length === 1) return group[0]!.reject(unavailable(error));
        // An error that ended the transaction (a full disk) says nothing of the others: each is tried alone.
        else {
          for (const one of group) await this.#commitGroup([one]);
          return;
        }
      }
  }

  /** Another process writes. Whoever's time is up is answered, of those behind this group too. */
  async #waitForLock(): Promise<void> {
    await sleep(2 + Math.random() * 8);
    this.#waiting = this.#waiting.filter(isInTime);
  }

  /** One transaction, a savepoint for each member that it has time for; answers how to settle them once it is on disk. */
  #runGroup(group: readonly Waiting[]): (() => void)[] {
    try {
      this.#rollBack();
      this.#db.exec('BEGIN IMMEDIATE');
      const until = performance.now() + GROUP_MS;
      const settlements: (() => void)[] = [];
      for (const one of group) {
        if (settlements.length > 0 && performance.now() > until) break;
        settlements.push(runMember(this.#db, one, this.#evaluate, this.numbers));
      }
      this.#finish();
      if (group.some(({ changes }) => isWatched(changes))) this.#epoch += 1;
      return settlements;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  #rollBack(): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
  }

  #finish(): void {
    this.#checkFile();
    try {
      this.#db.exec('COMMIT');
    } catch (error) {
      throw isTorn(error) ? unavailable(error, true) : error;
    }
  }
}
