import type { ClientSession, Db } from 'mongodb';
import { complete } from '../complete.ts';
import { derivedOf, secondKey } from '../derived.ts';
import { stepsFrom, versionAfter } from '../migrations/index.ts';
import type { Migration } from '../migrations/migration.ts';
import type { AnyCollection } from '../store.ts';
import { type Stored, toStored } from './documents.ts';
import { freeKeys } from './keys.ts';

export interface Pace {
  /** Documents that one transaction changes. */
  batch: number;
  /** A lease whose beat stands still for so long is anybody's. */
  leaseMs: number;
}

/** A part of the work that goes on from batch to batch; its name tells it apart in every program. */
export interface Piece {
  name: string;
  /** Answers where the next batch begins; null: that was all. */
  run: (after: string | null, session: ClientSession) => Promise<string | null>;
}

/** All that is to be done, in order: the documents step by step, then what lies beside them. */
export function piecesOf(
  db: Db,
  { collections, migrations }: { collections: readonly AnyCollection[]; migrations: readonly Migration[] },
  { version: from, described }: { version: number; described: Record<string, string> },
  { batch }: Pace,
): Piece[] {
  const steps = stepsFrom(from, migrations);
  const stale = new Set(steps.flatMap(({ documents, derived }) => [...Object.keys(documents), ...derived]));
  const derived = collections.filter((one) => stale.has(one.name) || described[one.name] !== derivedOf(one));
  const changes = steps.flatMap(({ version, documents }) =>
    Object.entries(documents).map(([name, change]) => ({ name, version, change })),
  );
  return [
    ...changes.map(
      ({ name, version, change }): Piece => ({
        name: `${name} to ${version}`,
        run: (after, session) =>
          rewrite(db, { name, after, batch }, session, (stored) => ({
            ...stored,
            doc: change({ ...stored.doc }) as never,
          })),
      }),
    ),
    // Every key is put out of the way before any is claimed: an old one can be equal to another document's new one.
    ...derived.map(
      (from): Piece => ({
        name: `beside ${from.name} for ${versionAfter(migrations)}: ${derivedOf(from)}`,
        run: (after, session) =>
          rewrite(db, { name: from.name, after, batch }, session, (stored) => derive(from, stored)),
      }),
    ),
    ...derived
      .filter(({ unique }) => unique)
      .map(
        (from): Piece => ({
          name: `keys of ${from.name} for ${versionAfter(migrations)}`,
          run: (after, session) => claim(db, from, { name: from.name, after, batch }, session),
        }),
      ),
  ];
}

function derive(from: AnyCollection, stored: Stored): Stored {
  const today = toStored(from, complete(from, stored.doc), stored.fence);
  const { unique, id } = today;
  return { ...today, doc: stored.doc, ...(unique === undefined ? {} : { unique: secondKey(unique, id) }) };
}

interface Batch {
  name: string;
  after: string | null;
  batch: number;
}

/** One batch of a collection in the order of its keys, oldest first within an org. */
async function read(db: Db, { name, after, batch }: Batch, session: ClientSession): Promise<Stored[]> {
  const beyond = after === null ? {} : { _id: { $gt: after } };
  return db.collection<Stored>(name).find(beyond, { session }).sort({ _id: 1 }).limit(batch).toArray();
}

function nextAfter({ batch }: Batch, found: Stored[]): string | null {
  return (found.length < batch ? null : found.at(-1)?._id) ?? null;
}

async function rewrite(
  db: Db,
  batch: Batch,
  session: ClientSession,
  change: (stored: Stored) => Stored,
): Promise<string | null> {
  const found = await read(db, batch, session);
  const operations = found.map((stored) => ({
    replaceOne: { filter: { _id: stored._id, orgId: stored.orgId }, replacement: change(stored) },
  }));
  if (operations.length > 0) await db.collection<Stored>(batch.name).bulkWrite(operations, { session });
  return nextAfter(batch, found);
}

/** Each document takes its key if nobody has it; the others keep their second keys. */
async function claim(db: Db, from: AnyCollection, batch: Batch, session: ClientSession): Promise<string | null> {
  const found = await read(db, batch, session);
  const docs = found.map(({ doc }) => complete(from, doc));
  const keys = await freeKeys(db, from, docs, session);
  const operations = found.flatMap(({ _id, orgId }, at) =>
    keys[at] === null ? [] : [{ updateOne: { filter: { _id, orgId }, update: { $set: { unique: keys[at] } } } }],
  );
  if (operations.length > 0) await db.collection<Stored>(batch.name).bulkWrite(operations, { session });
  return nextAfter(batch, found);
}
