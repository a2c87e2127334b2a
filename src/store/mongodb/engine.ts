import { setTimeout as sleep } from 'node:timers/promises';
import { type MongoClient, MongoServerError } from 'mongodb';
import { evaluate } from '../evaluate.ts';
import {
  type AnyCollection,
  type Change,
  type Collection,
  type Committed,
  type Doc,
  isWatched,
  type Rule,
  type Store,
  StoreUnavailable,
} from '../store.ts';
import { indexesOf, keyOf, type Stored, toStored } from './documents.ts';
import { isUnknown, unavailable } from './errors.ts';
import { Notices } from './notices.ts';
import { MongoReads, OPERATION_MS } from './reads.ts';
import { batchesOf, loadOverlay, Outdated, writeBatches } from './writes.ts';

export interface MongoOptions {
  uri: string;
  collections: readonly AnyCollection[];
  rules: Record<string, Rule>;
  now: () => string;
}

/** A transaction's own deadline, retries included. */
const COMMIT_DEADLINE_MS = 5_000;
const GROUP_MAX = 64;
const DATABASE = 'switchyard';

interface Waiting {
  changes: readonly Change[];
  resolve: (committed: Committed) => void;
  reject: (error: unknown) => void;
}

export class MongoStore extends MongoReads implements Store {
  readonly engine = 'mongodb';
  readonly #client: MongoClient;
  readonly #collections: Map<string, AnyCollection>;
  readonly #options: MongoOptions;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | null = null;
  #epoch = 0;
  #notices: Notices | null = null;

  constructor(client: MongoClient, options: MongoOptions) {
    super(client.db(client.options.dbName === 'test' ? DATABASE : client.options.dbName));
    this.#client = client;
    this.#options = options;
    this.#collections = new Map(options.collections.map((one) => [one.name, one]));
  }

  readonly changes = { epoch: (): number => this.#epoch };

  /** Begins to hear at once of what other processes change in the watched collections. */
  listen(): void {
    const watched = this.#options.collections.filter((one) => one.watched).map(({ name }) => name);
    this.#notices = new Notices(this.db, watched, () => {
      this.#epoch += 1;
    });
  }

  async createIndexes(): Promise<void> {
    for (const collection of this.#collections.values())
      for (const { key, options } of indexesOf(collection))
        await this.db.collection(collection.name).createIndex(key, options);
  }

  commit(changes: readonly Change[]): Promise<Committed> {
    const [first] = changes;
    if (first?.type === 'sweep') return this.#sweep(first);
    this.stats.commits += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  async load<D extends Doc>(into: Collection<D>, docs: readonly D[]): Promise<void> {
    if (docs.length === 0) return;
    const operations = docs.map((doc) => ({
      replaceOne: { filter: { _id: keyOf(doc) }, replacement: toStored(into, doc, 0), upsert: true },
    }));
    await this.read(() => this.db.collection<Stored>(into.name).bulkWrite(operations, { ordered: false }));
    if (into.watched) this.#epoch += 1;
  }

  async close(): Promise<void> {
    await this.#flushing;
    await this.#notices?.close();
    await this.#client.close();
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
        this.#note(group);
        for (const one of settle) one();
        return;
      } catch (error) {
        const failure =
          error instanceof Outdated
            ? new StoreUnavailable('too many conflicting writes', { cause: error })
            : unavailable(error, isUnknown(error));
        // What the server refuses may be one member's fault: each is tried alone.
        if (error instanceof MongoServerError && group.length > 1) {
          for (const one of group) await this.#commitGroup([one]);
          return;
        }
        if (!(error instanceof Outdated) || Date.now() > deadline) {
          // Its fate may be unknown.
          this.#note(group);
          for (const { reject } of group) reject(failure);
          return;
        }
        await sleep(Math.random() * Math.min(50, 2 ** tries));
      }
  }

  #note(group: readonly Waiting[]): void {
    if (group.some(({ changes }) => isWatched(changes))) this.#epoch += 1;
  }

  async #tryGroup(group: Waiting[], budgetMs: number): Promise<(() => void)[]> {
    const reader = { db: this.db, collections: this.#collections, buried: (orgId: string) => this.buried(orgId) };
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
    await writeBatches(this.#client, this.db, batchesOf(overlay, this.#collections), Math.max(1, budgetMs));
    return settle;
  }

  /** In batches and without a transaction: whatever is swept is absent already. */
  #sweep({ in: from, field, value, limit }: Extract<Change, { type: 'sweep' }>): Promise<Committed> {
    return this.read(async () => {
      const filter = { [field]: field === from.expires ? { $lt: value, $ne: null } : value };
      const found = await this.db
        .collection<Stored>(from.name)
        .find(filter as never, { projection: { _id: 1 }, limit, maxTimeMS: OPERATION_MS })
        .toArray();
      if (found.length === 0) return { results: [0] };
      this.stats.commits += 1;
      const { deletedCount } = await this.db
        .collection<Stored>(from.name)
        .deleteMany({ _id: { $in: found.map(({ _id }) => _id) } });
      return { results: [deletedCount] };
    });
  }
}
