import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, MongoClient } from 'mongodb';
import { evaluate } from '../evaluate.ts';
import {
  type AnyCollection,
  type Change,
  type Collection,
  type Committed,
  type Doc,
  type Key,
  type Page,
  type PageQuery,
  type Query,
  type Rule,
  type Store,
  StoreRefused,
  type StoreStats,
  StoreUnavailable,
  tombstones,
} from '../store.ts';
import { indexesOf, keyOf, type Stored, toStored } from './documents.ts';
import { isUnknown, unavailable } from './errors.ts';
import { filterOf, pageStages } from './filters.ts';
import { batchesOf, loadOverlay, Outdated, writeBatches } from './writes.ts';

export interface MongoOptions {
  uri: string;
  collections: readonly AnyCollection[];
  rules: Record<string, Rule>;
  now: () => string;
}

/** A transaction's own deadline, retries included. */
const COMMIT_DEADLINE_MS = 5_000;
const OPERATION_MS = 5_000;
const GROUP_MAX = 64;
/** Pages that one aggregation reads. */
const UNION_MAX = 50;
const DATABASE = 'switchyard';

/** Connects, checks that the server can do transactions, and makes the indexes before anything is served. */
export async function openMongo(options: MongoOptions): Promise<MongoStore> {
  const client = new MongoClient(options.uri, {
    ...(/[?&]appName=/i.test(options.uri) ? {} : { appName: 'switchyard' }),
    serverSelectionTimeoutMS: 3_000,
    connectTimeoutMS: 3_000,
    socketTimeoutMS: 15_000,
    waitQueueTimeoutMS: 2_000,
    maxPoolSize: 50,
    retryWrites: true,
    retryReads: true,
    readConcern: { level: 'majority' },
    writeConcern: { w: 'majority', journal: true },
    readPreference: 'primary',
    ignoreUndefined: true,
  });
  try {
    await client.connect();
    const hello = await client.db('admin').command({ hello: 1 });
    if (!hello.setName && hello.msg !== 'isdbgrid')
      throw new StoreRefused(
        'MONGODB_URI: the server cannot do transactions; run it as a replica set (one node is enough) or a sharded cluster',
      );
    const store = new MongoStore(client, options);
    await store.createIndexes();
    return store;
  } catch (error) {
    await client.close();
    if (error instanceof StoreRefused) throw error;
    throw new StoreRefused(
      'MONGODB_URI: the server cannot be reached; check the address, the credentials and that it runs',
      { cause: error },
    );
  }
}

interface Waiting {
  changes: readonly Change[];
  resolve: (committed: Committed) => void;
  reject: (error: unknown) => void;
}

export class MongoStore implements Store {
  readonly engine = 'mongodb';
  readonly stats: StoreStats = { reads: 0, commits: 0 };
  readonly #client: MongoClient;
  readonly #db: Db;
  readonly #collections: Map<string, AnyCollection>;
  readonly #options: MongoOptions;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | null = null;
  #ownCommits = 0;

  constructor(client: MongoClient, options: MongoOptions) {
    this.#client = client;
    this.#options = options;
    this.#db = client.db(client.options.dbName === 'test' ? DATABASE : client.options.dbName);
    this.#collections = new Map(options.collections.map((one) => [one.name, one]));
  }

  /** Other processes' commits are told by time: caches above are fresh for half a second at most. */
  readonly changes = { epoch: (): number => this.#ownCommits };

  async createIndexes(): Promise<void> {
    for (const collection of this.#collections.values())
      for (const { key, options } of indexesOf(collection))
        await this.#db.collection(collection.name).createIndex(key, options);
  }

  get<D extends Doc>(from: Collection<D>, key: Key): Promise<D | null> {
    return this.getMany(from, [key]).then(([doc]) => doc ?? null);
  }

  getMany<D extends Doc>(from: Collection<D>, keys: readonly Key[]): Promise<(D | null)[]> {
    return this.#read(async () => {
      const ids = keys.map(keyOf);
      const [found, buried] = await Promise.all([
        this.#of<D>(from)
          .find({ _id: { $in: ids } } as never, { maxTimeMS: OPERATION_MS })
          .toArray(),
        this.#buriedFor(
          from,
          keys.map(({ orgId }) => orgId),
        ),
      ]);
      const alive = new Map(found.filter((one) => isAlive(from, one, buried)).map((one) => [one._id, one.doc]));
      return ids.map((id) => alive.get(id) ?? null);
    });
  }

  getUnique<D extends Doc>(from: Collection<D>, orgId: string, unique: string): Promise<D | null> {
    return this.#read(async () => {
      const [found, buried] = await Promise.all([
        this.#of<D>(from).findOne({ orgId, unique } as never, { maxTimeMS: OPERATION_MS }),
        this.#buriedFor(from, [orgId]),
      ]);
      return found && isAlive(from, found, buried) ? found.doc : null;
    });
  }

  page<D extends Doc>(from: Collection<D>, query: PageQuery): Promise<Page<D>> {
    return this.pages(from, [query]).then(([page]) => page!);
  }

  /** Many pages in one round trip: one pipeline, the others joined to it by `$unionWith`. */
  pages<D extends Doc>(from: Collection<D>, queries: readonly PageQuery[]): Promise<Page<D>[]> {
    return this.#read(async () => {
      const rows = await this.#union(from, queries, (query, buried) => [
        ...pageStages(from, query, buried),
        { $project: { _id: 0, doc: 1 } },
      ]);
      return queries.map(({ limit }, at) => {
        const docs = (rows[at] ?? []).map((row) => row.doc as D);
        return { docs: docs.slice(0, limit), more: docs.length > limit };
      });
    });
  }

  counts(from: AnyCollection, queries: readonly Query[]): Promise<number[]> {
    return this.#read(async () => {
      const rows = await this.#union(from, queries, (query, buried) => [
        { $match: filterOf(from, query, buried) },
        { $group: { _id: null, n: { $sum: 1 } } },
      ]);
      return queries.map((_, at) => Number(rows[at]?.[0]?.n ?? 0));
    });
  }

  async #union<Q extends Query>(
    from: AnyCollection,
    queries: readonly Q[],
    stages: (query: Q, buried: string[]) => object[],
  ): Promise<Record<string, unknown>[][]> {
    const buried = await this.#buriedFor(
      from,
      queries.map(({ orgId }) => orgId),
    );
    const rows: Record<string, unknown>[][] = queries.map(() => []);
    for (let begin = 0; begin < queries.length; begin += UNION_MAX) {
      const part = queries
        .slice(begin, begin + UNION_MAX)
        .map((query, at) => [...stages(query, [...buried]), { $addFields: { at: begin + at } }]);
      const [first, ...rest] = part as [object[], ...object[][]];
      const pipeline = [...first, ...rest.map((one) => ({ $unionWith: { coll: from.name, pipeline: one } }))];
      for await (const row of this.#db
        .collection(from.name)
        .aggregate(pipeline, { maxTimeMS: OPERATION_MS, ...hintOf(from, queries) }))
        rows[Number(row.at)]!.push(row);
    }
    return rows;
  }

  commit(changes: readonly Change[]): Promise<Committed> {
    this.stats.commits += 1;
    const [first] = changes;
    if (first?.type === 'sweep') return this.#sweep(first);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  scan<D extends Doc>(from: Collection<D>, after: Key | null, limit: number): Promise<D[]> {
    return this.#read(async () => {
      const filter = after ? { _id: { $gt: keyOf(after) } } : {};
      const found = await this.#of<D>(from)
        .find(filter as never, { sort: { _id: 1 }, limit })
        .toArray();
      return found.map(({ doc }) => doc);
    });
  }

  async load<D extends Doc>(into: Collection<D>, docs: readonly D[]): Promise<void> {
    if (docs.length === 0) return;
    const operations = docs.map((doc) => ({
      replaceOne: { filter: { _id: keyOf(doc) }, replacement: toStored(into, doc, 0), upsert: true },
    }));
    await this.#read(() => this.#db.collection<Stored>(into.name).bulkWrite(operations, { ordered: false }));
    this.#ownCommits += 1;
  }

  async ping(): Promise<void> {
    await this.#read(() => this.#db.command({ ping: 1 }, { timeoutMS: 2_000 }));
  }

  async close(): Promise<void> {
    await this.#flushing;
    await this.#client.close();
  }

  /** Test and operator use: the plan of a page, as the server tells it. */
  explain(from: AnyCollection, query: PageQuery): Promise<object> {
    return this.#db
      .collection(from.name)
      .aggregate(pageStages(from, query, []), hintOf(from, [query]))
      .explain('queryPlanner');
  }

  async #flush(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.#commitGroup(this.#waiting.splice(0, GROUP_MAX));
    this.#flushing = null;
  }

  /** All that waits is read once, evaluated in memory and written in one transaction; made again when others were faster. */
  async #commitGroup(group: Waiting[]): Promise<void> {
    const deadline = Date.now() + COMMIT_DEADLINE_MS;
    for (let tries = 0; ; tries += 1)
      try {
        const settle = await this.#tryGroup(group, deadline - Date.now());
        this.#ownCommits += 1;
        for (const one of settle) one();
        return;
      } catch (error) {
        const failure =
          error instanceof Outdated
            ? new StoreUnavailable('too many conflicting writes', { cause: error })
            : unavailable(error, isUnknown(error));
        if (!(error instanceof Outdated) || Date.now() > deadline) {
          for (const { reject } of group) reject(failure);
          return;
        }
        await sleep(Math.random() * Math.min(50, 2 ** tries));
      }
  }

  async #tryGroup(group: Waiting[], budgetMs: number): Promise<(() => void)[]> {
    const reader = { db: this.#db, collections: this.#collections, buried: (orgId: string) => this.#buried(orgId) };
    const overlay = await loadOverlay(
      reader,
      group.map(({ changes }) => changes),
    );
    const settle = group.map(({ changes, resolve, reject }) => {
      overlay.begin();
      try {
        const results = evaluate(changes, overlay, this.#options.rules, this.#options.now());
        return () => resolve({ results });
      } catch (error) {
        overlay.undo();
        return () => reject(error);
      }
    });
    await writeBatches(this.#client, this.#db, batchesOf(overlay, this.#collections), Math.max(1, budgetMs));
    return settle;
  }

  /** In batches and without a transaction: whatever is swept is absent already. */
  #sweep({ in: from, field, value, limit }: Extract<Change, { type: 'sweep' }>): Promise<Committed> {
    return this.#read(async () => {
      const filter = { [field]: field === from.expires ? { $lt: value, $ne: null } : value };
      const found = await this.#db
        .collection<Stored>(from.name)
        .find(filter as never, { projection: { _id: 1 }, limit, maxTimeMS: OPERATION_MS })
        .toArray();
      if (found.length === 0) return { results: [0] };
      const { deletedCount } = await this.#db
        .collection<Stored>(from.name)
        .deleteMany({ _id: { $in: found.map(({ _id }) => _id) } });
      return { results: [deletedCount] };
    });
  }

  #of<D extends Doc>(from: Collection<D>) {
    return this.#db.collection<Stored<D>>(from.name);
  }

  async #buriedFor(from: AnyCollection, orgIds: readonly string[]): Promise<Set<string>> {
    if (!from.ancestors?.length) return new Set();
    const sets = await Promise.all([...new Set(orgIds)].map((orgId) => this.#buried(orgId)));
    return new Set(sets.flatMap((set) => [...set]));
  }

  async #buried(orgId: string): Promise<Set<string>> {
    const found = await this.#db
      .collection<Stored>(tombstones.name)
      .find({ orgId }, { projection: { _id: 0, id: 1 }, maxTimeMS: OPERATION_MS })
      .toArray();
    return new Set(found.map(({ id }) => id));
  }

  async #read<T>(work: () => Promise<T>): Promise<T> {
    this.stats.reads += 1;
    try {
      return await work();
    } catch (error) {
      throw unavailable(error);
    }
  }
}

function isAlive(from: AnyCollection, stored: Stored, buried: ReadonlySet<string>): boolean {
  return !(from.ancestors ?? []).some((field: string) => buried.has(String(stored[field])));
}

/** A search goes over its scope's index, whatever a planner thinks of the pattern. */
function hintOf(from: AnyCollection, queries: readonly Query[]): { hint?: string } {
  const isSearch = queries.length === 1 && queries[0]!.search !== undefined && from.search;
  return isSearch ? { hint: `by_${String(from.search!.scope)}` } : {};
}
