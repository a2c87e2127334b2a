import type { Db, MongoClient } from 'mongodb';
import { type Bell, createBell } from '../bell.ts';
import { afterMs, type Deadline, REQUEST_MS } from '../deadline.ts';
import { isSecondKey, type Tell } from '../derived.ts';
import type { Migration } from '../migrations/migration.ts';
import { numberings } from '../numberings.ts';
import type { AnyCollection, Change, Collection, Committed, Doc, Key, Store, Sweep } from '../store.ts';
import { isWatched } from '../watched.ts';
import { closed } from './close.ts';
import { Commits } from './commits.ts';
import { keyOf, orgsOf, type Stored, toStored } from './documents.ts';
import { exchange } from './errors.ts';
import { freeKeys } from './keys.ts';
import { Notices } from './notices.ts';
import type { Pace } from './pieces.ts';
import { databaseOf, noteClashing } from './prepare.ts';
import { MongoReads } from './reads.ts';
import { stampedBeside, stampLoaded } from './stamping.ts';
import { Stamps } from './stamps.ts';
import { Together } from './together.ts';
import { createWaiting } from './waiting.ts';

export interface MongoOptions {
  uri: string;
  collections: readonly AnyCollection[];
  now: () => string;
  migrations?: readonly Migration[];
  pace?: Pace;
  /** What is asked without a deadline may take, and how long a connection may be silent: milliseconds. */
  patienceMs?: number;
  /** Hears what a person should know of how the data were brought up to date. */
  tell?: Tell;
}

/** What the server has said of itself. */
interface Server {
  isSharded: boolean;
}

export class MongoStore extends MongoReads implements Store {
  readonly engine = 'mongodb';
  readonly #client: MongoClient;
  readonly #options: MongoOptions;
  readonly #stampedBeside: AnyCollection | undefined;
  readonly #commits: Commits;
  #epoch = 0;
  #notices: Notices | null = null;

  constructor(client: MongoClient, options: Server & MongoOptions, clashing: ReadonlySet<string>) {
    const db = databaseOf(client);
    super(db, new Together(db, stampsIn(db, options)), () => afterMs(options.patienceMs ?? REQUEST_MS));
    this.clashing = clashing;
    this.#client = client;
    this.#options = options;
    this.#stampedBeside = stampedBeside(options.collections);
    this.#commits = new Commits({
      client,
      db,
      together: this.together,
      collections: new Map(options.collections.map((one) => [one.name, one])),
      clashing: () => this.clashing,
      now: options.now,
      deadline: this.deadline,
      onTried: (group) => {
        if (group.some(({ changes }) => isWatched(changes))) this.#epoch += 1;
      },
      onGroup: (size) => this.stats.onGroup?.(size),
      onGiven: (given) => this.numbers.ring(given),
    });
  }

  readonly changes = { epoch: (): number => this.#epoch };
  readonly numbers = createBell();

  /** Begins to hear at once of what other processes change in the watched collections. */
  listen(): void {
    const watched = this.#options.collections.filter((one) => one.watched).map(({ name }) => name);
    this.#notices = new Notices(this.db, watched, () => {
      this.#epoch += 1;
    });
  }

  until(deadline: Deadline): Store {
    return new MongoRequest(this, this.db, this.together, deadline);
  }

  commit(changes: readonly Change[], deadline: Deadline | null = null): Promise<Committed> {
    const [first] = changes;
    if (first?.type === 'sweep') return this.#sweep(first);
    this.stats.commits += 1;
    const waiting = createWaiting(changes, deadline);
    this.#commits.add(waiting);
    return waiting.committed;
  }

  async load<D extends Doc>(into: Collection<D>, docs: readonly D[]): Promise<void> {
    if (docs.length === 0) return;
    await this.read((deadline) =>
      exchange(deadline, async () => {
        const keys = await freeKeys(this.db, into, docs);
        if (keys.some(isSecondKey) && !this.clashing.has(into.name)) {
          await noteClashing(this.db, into.name);
          this.clashing = new Set([...this.clashing, into.name]);
        }
        const operations = docs.map((doc, at) => {
          const { unique: _, ...stored } = toStored(into, doc, 0);
          const replacement = keys[at] === null ? stored : { ...stored, unique: keys[at] };
          return { replaceOne: { filter: { _id: keyOf(doc), orgId: doc.orgId }, replacement, upsert: true } };
        });
        await this.db.collection<Stored>(into.name).bulkWrite(operations as never, { ordered: false });
        await this.#stamp(into, docs);
      }),
    );
    if (into.watched) this.#epoch += 1;
  }

  async discard(from: AnyCollection, keys: readonly Key[]): Promise<void> {
    const these = { _id: { $in: keys.map(keyOf) }, orgId: { $in: orgsOf(keys) } };
    await this.read((deadline) =>
      exchange(deadline, async (maxTimeMS) => {
        await this.db.collection<Stored>(from.name).deleteMany(these, { maxTimeMS });
        await this.#stamp(from, keys);
      }),
    );
    if (from.watched) this.#epoch += 1;
  }

  async #stamp(of: AnyCollection, docs: readonly Key[]): Promise<void> {
    if (of.stamped && this.#stampedBeside) await stampLoaded(this.db, this.#stampedBeside, of, orgsOf(docs));
  }

  async close(): Promise<void> {
    await this.#commits.settled();
    await closed(Promise.all([this.#notices?.close(), this.#client.close()]));
  }

  /** In batches and without a transaction: whatever is swept is absent already. */
  #sweep({ in: from, orgId, field, value, limit }: Sweep): Promise<Committed> {
    const inOrg = orgId === null ? {} : { orgId };
    const filter = { ...inOrg, [field]: field === from.expires ? { $lt: value, $ne: null } : value };
    const stored = this.db.collection<Stored>(from.name);
    return this.read(async (deadline) => {
      const found = await exchange(deadline, (maxTimeMS) =>
        stored.find(filter as never, { projection: { _id: 1, orgId: 1 }, limit, maxTimeMS }).toArray(),
      );
      const ids = found.map(({ _id }) => _id);
      if (ids.length === 0) return { results: [0] };
      this.stats.commits += 1;
      const these = { _id: { $in: ids }, orgId: { $in: orgsOf(found) } };
      await exchange(deadline, (maxTimeMS) => stored.deleteMany(these, { maxTimeMS }));
      // Those that somebody else was faster with are gone as well.
      return { results: [ids.length] };
    });
  }
}

function stampsIn(db: Db, { collections, now, isSharded }: Server & MongoOptions): Stamps | null {
  const beside = stampedBeside(collections);
  if (!beside || isSharded) return null;
  return new Stamps(db.collection<Stored>(numberings.name), beside, () => Date.parse(now()));
}

/** The store for one request: its reads and commits share one deadline. */
class MongoRequest extends MongoReads implements Store {
  readonly engine = 'mongodb';
  readonly changes: Store['changes'];
  readonly numbers: Bell;
  readonly #store: MongoStore;
  readonly #until: Deadline;

  constructor(store: MongoStore, db: Db, together: Together, until: Deadline) {
    super(db, together, () => until, store.stats);
    this.clashing = store.clashing;
    this.changes = store.changes;
    this.numbers = store.numbers;
    this.#store = store;
    this.#until = until;
  }

  until(deadline: Deadline): Store {
    return this.#store.until(deadline);
  }

  commit(changes: readonly Change[]): Promise<Committed> {
    return this.#store.commit(changes, this.#until);
  }

  load<D extends Doc>(into: Collection<D>, docs: readonly D[]): Promise<void> {
    return this.#store.load(into, docs);
  }

  discard(from: AnyCollection, keys: readonly Key[]): Promise<void> {
    return this.#store.discard(from, keys);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
