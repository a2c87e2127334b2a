import { DatabaseSync } from 'node:sqlite';
import { inTurns, pace } from '../../words/pace.ts';
import { createBell } from '../bell.ts';
import { afterMs, type Deadline, REQUEST_MS } from '../deadline.ts';
import { evaluate } from '../evaluate.ts';
import { migrations as allMigrations } from '../migrations/index.ts';
import type { Moments } from '../moments.ts';
import { numberings } from '../numberings.ts';
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
  meaningOf,
  type NumberedQuery,
  type Page,
  type PageQuery,
  type Query,
  type Store,
  StoreRefused,
  type StoreStats,
  StoreUnavailable,
} from '../store.ts';
import { MIGRATION_WAIT_MS, withBusyWait } from './busy.ts';
import { Checkpoints, LOG_PAGES_MAX } from './checkpoints.ts';
import { Commits } from './commits.ts';
import { unavailable } from './errors.ts';
import { makePrivate, mustHaveItsDatabase, sameFile } from './file.ts';
import { readLastNumbers, readNumbered } from './numbered.ts';
import type { SqliteOptions } from './options.ts';
import { checkVersion, prepare } from './prepare.ts';
import { readDue, readLanes } from './queue.ts';
import { readCount, readMany, readPage, readPages } from './reads.ts';
import { RequestStore } from './request.ts';
import { limitPages, type Settings, settingsOf } from './settings.ts';
import { Shared } from './shared.ts';
import { Snapshot } from './snapshot.ts';
import { Table } from './table.ts';
import { viewOf } from './view.ts';

/** Opens (and where needed creates or migrates) the database; throws `StoreRefused` with one line for a person. */
export function openSqlite(options: SqliteOptions): SqliteStore {
  let db: DatabaseSync | undefined;
  try {
    mustHaveItsDatabase(options.file);
    makePrivate(options.file);
    db = new DatabaseSync(options.file, { timeout: 0 });
    const { file, collections, migrations = allMigrations, tell = () => {} } = options;
    const preparation = { file, collections, migrations, tell };
    withBusyWait(db, (it) => checkVersion(it, preparation));
    withBusyWait(db, (it) => it.exec('PRAGMA journal_mode = WAL'));
    db.exec(
      'PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY',
    );
    db.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES_MAX}`);
    withBusyWait(db, (it) => prepare(it, preparation), MIGRATION_WAIT_MS);
    return new SqliteStore(db, options);
  } catch (error) {
    db?.close();
    if (error instanceof StoreRefused) throw error;
    throw new StoreRefused(`cannot open ${options.file}: ${(error as Error).message}`, { cause: error });
  }
}

export class SqliteStore implements Store, Moments {
  readonly engine = 'sqlite';
  readonly stats: StoreStats = { reads: 0, commits: 0, looks: 0 };
  readonly #db: DatabaseSync;
  readonly #tables = new Map<string, Table>();
  readonly #shared: Shared;
  readonly #snapshot: Snapshot;
  readonly #busyTimeoutMs: number;
  readonly #checkFile: () => void;
  readonly #commits: Commits;
  readonly #checkpoints: Checkpoints;
  #epoch = 0;
  #closing: Promise<void> | null = null;

  constructor(db: DatabaseSync, options: SqliteOptions) {
    this.#db = db;
    this.#busyTimeoutMs = options.busyTimeoutMs ?? REQUEST_MS;
    this.#checkFile = sameFile(options.file);
    this.#shared = new Shared(db);
    this.#snapshot = new Snapshot(db, this.stats, () => this.#shared.forget());
    for (const collection of options.collections)
      this.#tables.set(collection.name, new Table(db, collection, this.#shared));
    const view = viewOf((of) => this.#table(of));
    this.#checkpoints = new Checkpoints(options.file);
    this.#commits = new Commits(db, this.#shared, this.#snapshot, {
      evaluate: (changes) => evaluate(changes, view, options.now()),
      numbers: this.numbers,
      checkFile: this.#checkFile,
      noteGroup: (size) => this.stats.onGroup?.(size),
      noteRows: (rows) => this.#checkpoints.wrote(rows),
      noteWatched: () => {
        this.#epoch += 1;
      },
    });
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

  get isNow() {
    return true;
  }

  moments(): Moments {
    return this;
  }

  lastMoments(): Moments {
    return this;
  }

  /** Grows, and is always told as it is now, of all orgs alike. */
  of(from: readonly AnyCollection[], looks = this.stats.looks): number {
    if (this.stats.looks === looks) this.#snapshot.look();
    let sum = 0;
    for (const one of from) sum += this.#table(one).moment;
    return sum;
  }

  get answersBy(): Deadline {
    return afterMs(this.#busyTimeoutMs);
  }

  until(deadline: Deadline, looks?: number): Store {
    return new RequestStore(this, deadline, looks);
  }

  async commit(changes: readonly Change[], deadline: Deadline = this.answersBy): Promise<Committed> {
    if (this.#closing) throw new StoreUnavailable('the store is closed');
    if (this.#isIdle(changes)) return { results: [0] };
    this.stats.commits += 1;
    return this.#commits.add(changes, deadline);
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
    this.stats.reads += 1;
    this.#commits.alone(() => work(this.#table(into)));
    if (into.watched) this.#epoch += 1;
  }

  async ping(): Promise<void> {
    this.#checkFile();
    this.#read(() => {});
  }

  /** What was asked to be committed before is; whoever asks from now on is refused. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#commits.close();
    await this.#checkpoints.close();
    this.#snapshot.release();
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
    return this.#read(() => this.#table(change.in).swept({ ...change, limit: 1 }).length === 0);
  }

  #read<T>(work: () => T): T {
    this.stats.reads += 1;
    try {
      this.#snapshot.take();
      return work();
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Large documents are read while others have their turns in between; all others at once. */
  #readInTurns<T>(work: Generator<void, T>): MaybePromise<T> {
    const next = () => {
      this.#snapshot.take();
      return work.next();
    };
    const read = this.#read(() => inTurns({ next }, pace));
    return read instanceof Promise ? read.catch((error: unknown) => Promise.reject(unavailable(error))) : read;
  }
}
