import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type ClientSession, type Db, type MongoClient, MongoServerError } from 'mongodb';
import { expected } from '../../words/expected.ts';
import { complete } from '../complete.ts';
import { derivedOf, type Tell } from '../derived.ts';
import { newerData, versionAfter } from '../migrations/index.ts';
import type { Migration } from '../migrations/migration.ts';
import { type AnyCollection, StoreRefused } from '../store.ts';
import { HAS_KEY, indexesOf, type Stored } from './documents.ts';
import { type Pace, piecesOf } from './pieces.ts';

export interface Preparation {
  collections: readonly AnyCollection[];
  migrations: readonly Migration[];
  tell: Tell;
  pace?: Pace;
}

/** What the database says of itself. */
export interface Meta {
  _id: 'data';
  version: number;
  /** By collection: what its derived data were made from. */
  described: Record<string, string>;
  /** Collections in which some document has a second key. */
  clashing: string[];
  /** Who brings the data up to date; `beat` grows as long as that one lives. */
  lease: { by: string; beat: number } | null;
  /** Of the work under way: the pieces that are done, and how far the one after them came. */
  mark: { done: string[]; after: string | null } | null;
}

export const META = 'switchyard';

/** The address's own database, or ours where it names none. */
export function databaseOf(client: MongoClient): Db {
  const { dbName } = client.options;
  return client.db(dbName === 'test' ? 'switchyard' : dbName);
}

const WAIT_MS = 200;
const PACE: Pace = { batch: 100, leaseMs: 10_000 };

/**
 * Makes the database today's, at every start: one process works under a lease, batch by batch and each batch in one
 * transaction with the mark of how far it came, so that the next one goes on where a killed one stopped; others wait.
 * Answers the collections in which documents have second keys.
 */
export async function prepare(client: MongoClient, db: Db, options: Preparation): Promise<ReadonlySet<string>> {
  let meta = await readMeta(db, options);
  if (!isToday(meta, options)) meta = await bringUp(client, db, options);
  await createIndexes(db, options.collections);
  return new Set(meta.clashing);
}

function isToday({ version, described }: Meta, { collections, migrations }: Preparation): boolean {
  return version === versionAfter(migrations) && collections.every((one) => described[one.name] === derivedOf(one));
}

async function readMeta(db: Db, options: Preparation): Promise<Meta> {
  const known = versionAfter(options.migrations);
  const meta = (await db.collection<Meta>(META).findOne({ _id: 'data' })) ?? (await firstMeta(db, options));
  if (meta.version > known) throw newerData('MONGODB_URI: the database', meta.version, known);
  return meta;
}

/** A database without one is new, or of the first version. */
async function firstMeta(db: Db, { collections, migrations }: Preparation): Promise<Meta> {
  const names = new Set((await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name));
  const isNew = !collections.some(({ name }) => names.has(name));
  const meta: Meta = {
    _id: 'data',
    version: isNew ? versionAfter(migrations) : 1,
    described: isNew ? describe(collections) : {},
    clashing: [],
    lease: null,
    mark: null,
  };
  await db.collection<Meta>(META).updateOne({ _id: 'data' }, { $setOnInsert: meta }, { upsert: true });
  return expected(await db.collection<Meta>(META).findOne({ _id: 'data' }), 'description of the data');
}

function describe(collections: readonly AnyCollection[]): Record<string, string> {
  return Object.fromEntries(collections.map((collection) => [collection.name, derivedOf(collection)]));
}

async function bringUp(client: MongoClient, db: Db, options: Preparation): Promise<Meta> {
  const by = randomUUID();
  let seen: Meta['lease'] = null;
  for (let since = performance.now(); ; ) {
    const meta = await readMeta(db, options);
    if (isToday(meta, options)) return meta;
    const { lease } = meta;
    if (!isDeepStrictEqual(lease, seen)) [seen, since] = [lease, performance.now()];
    if (lease === null || performance.now() - since > (options.pace ?? PACE).leaseMs) {
      const taken = await db
        .collection<Meta>(META)
        .updateOne({ _id: 'data', lease, version: meta.version }, { $set: { lease: { by, beat: 0 } } });
      if (taken.modifiedCount === 1)
        try {
          return await work(client, db, options, by);
        } catch (error) {
          if (!(error instanceof LeaseLost)) throw error;
        }
    }
    await sleep(WAIT_MS);
  }
}

async function work(client: MongoClient, db: Db, options: Preparation, by: string): Promise<Meta> {
  const meta = await readMeta(db, options);
  await createIndexes(db, options.collections);
  let { done, after } = meta.mark ?? { done: [], after: null };
  const pieces = piecesOf(db, options, meta, options.pace ?? PACE);
  for (const piece of pieces) {
    while (!done.includes(piece.name)) {
      const mark: NonNullable<Meta['mark']> = await inTransaction(client, db, by, async (session) => {
        const reached = await piece.run(after, session);
        return { done: reached === null ? [...done, piece.name] : done, after: reached };
      });
      ({ done, after } = mark);
    }
  }
  const clashing = await tellClashes(db, options);
  const [version, described] = [versionAfter(options.migrations), describe(options.collections)];
  await db
    .collection<Meta>(META)
    .updateOne({ _id: 'data', 'lease.by': by }, { $set: { version, described, clashing, lease: null, mark: null } });
  return readMeta(db, options);
}

/** Who opens the database later looks for second keys in that collection too. */
export async function noteClashing(db: Db, name: string): Promise<void> {
  await db.collection<Meta>(META).updateOne({ _id: 'data' }, { $addToSet: { clashing: name } });
}

class LeaseLost extends Error {}

/** Runs a batch and writes the mark with it; whoever has lost the lease meanwhile writes neither. */
async function inTransaction(
  client: MongoClient,
  db: Db,
  by: string,
  batch: (session: ClientSession) => Promise<NonNullable<Meta['mark']>>,
): Promise<NonNullable<Meta['mark']>> {
  const body = async (session: ClientSession) => {
    const mark = await batch(session);
    const kept = await db
      .collection<Meta>(META)
      .updateOne({ _id: 'data', 'lease.by': by }, { $set: { mark }, $inc: { 'lease.beat': 1 } }, { session });
    if (kept.matchedCount === 0) throw new LeaseLost('another process goes on with the migration');
    return mark;
  };
  const options = { readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority', journal: true } } as const;
  return client.withSession((session) => session.withTransaction(() => body(session), options));
}

/** Looked for once all is done, so that what a killed process had found is told too. */
async function tellClashes(db: Db, { collections, tell }: Preparation): Promise<string[]> {
  const clashing: string[] = [];
  for (const from of collections.filter(({ unique }) => unique)) {
    const second = { unique: { $gte: '\u0002', $lt: '\u0003' } };
    const found = await db.collection<Stored>(from.name).find(second).toArray();
    if (found.length > 0) clashing.push(from.name);
    for (const { orgId, id, doc } of found) {
      const older = await db
        .collection<Stored>(from.name)
        .findOne({ orgId, unique: { ...HAS_KEY, $eq: String(from.unique?.(complete(from, doc))) } });
      tell('two names are one now; both stay, the older one has it', {
        collection: from.name,
        older: older?.id,
        younger: id,
      });
    }
  }
  return clashing;
}

async function createIndexes(db: Db, collections: readonly AnyCollection[]): Promise<void> {
  for (const collection of collections)
    for (const { key, options } of indexesOf(collection))
      try {
        await db.collection(collection.name).createIndex(key, options);
      } catch (error) {
        if (!(error instanceof MongoServerError)) throw error;
        throw new StoreRefused(
          `MONGODB_URI: the index ${options.name} of ${collection.name} cannot be made: ${error.message}`,
          { cause: error },
        );
      }
}
