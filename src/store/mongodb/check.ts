import { isDeepStrictEqual } from 'node:util';
import { type Db, MongoClient, MongoServerError } from 'mongodb';
import { complete } from '../complete.ts';
import { derivedOf } from '../derived.ts';
import { createFindings, type Findings, keyFault, notTodays, type OnRead, tell } from '../findings.ts';
import { migrations, versionAfter } from '../migrations/index.ts';
import type { AnyCollection } from '../store.ts';
import { checkNumbers } from './check-numbers.ts';
import { parentFaults } from './check-parents.ts';
import { closed } from './close.ts';
import { indexesOf, type Stored, toStored } from './documents.ts';
import { databaseOf, META, type Meta } from './prepare.ts';

const BATCH = 500;

/** Reads a whole database beside whoever writes, and changes nothing. What it finds is looked at again, since a moment lasts no longer than a minute here. */
export async function checkMongo(
  uri: string,
  collections: readonly AnyCollection[],
  onRead: OnRead = () => {},
): Promise<Findings> {
  const client = await new MongoClient(uri, {
    readPreference: 'primary',
    readConcern: { level: 'majority' },
  }).connect();
  try {
    const db = databaseOf(client);
    await mustBeTodays(db, collections);
    const findings = createFindings();
    for (const collection of collections) {
      await attempt(findings, collection, () => checkIndexes(db, collection, findings));
      await attempt(findings, collection, () => checkDocuments({ db, collection, collections }, findings, onRead));
      await attempt(findings, collection, () => checkNumbers(db, collection, findings));
    }
    return findings;
  } finally {
    await closed(client.close());
  }
}

/** What the server cannot read is a fault, and the rest is read all the same. */
async function attempt(findings: Findings, of: AnyCollection, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error;
    tell(findings, of, null, `it cannot be read: ${error.message}`);
  }
}

async function mustBeTodays(db: Db, collections: readonly AnyCollection[]): Promise<void> {
  const meta = await db.collection<Meta>(META).findOne({ _id: 'data' });
  const known = versionAfter(migrations);
  if (meta?.version !== known || !collections.every((one) => meta.described[one.name] === derivedOf(one)))
    throw notTodays(meta?.version ?? 'none', known);
}

async function checkIndexes(db: Db, collection: AnyCollection, findings: Findings): Promise<void> {
  const there = await db.collection(collection.name).indexes();
  const byName = new Map(there.map((one) => [one.name, one]));
  for (const { key, options } of indexesOf(collection)) {
    const found = byName.get(options.name);
    if (!found) tell(findings, collection, null, `its index ${options.name} is missing`);
    else if (!isDeepStrictEqual(Object.entries(found.key), Object.entries(key)) || !found.unique !== !options.unique)
      tell(findings, collection, null, `its index ${options.name} is another one`);
  }
}

interface Looked {
  db: Db;
  collection: AnyCollection;
  /** All there are. */
  collections: readonly AnyCollection[];
}

async function checkDocuments(looked: Looked, findings: Findings, onRead: OnRead): Promise<void> {
  const { db, collection } = looked;
  const of = db.collection<Stored>(collection.name);
  let documents = 0;
  let batch: Stored[] = [];
  const flush = async () => {
    const suspects = await faultsOf(looked, batch);
    // What was moved or removed meanwhile is read once more as it is now.
    const again = suspects.size === 0 ? [] : await of.find({ _id: { $in: [...suspects.keys()] } }).toArray();
    const faults = await faultsOf(looked, again);
    for (const { _id, orgId, id } of again)
      for (const what of faults.get(_id) ?? [])
        tell(findings, collection, { orgId: String(orgId), id: String(id) }, what);
    onRead(batch.length);
    batch = [];
  };
  for await (const stored of of.find({}, { sort: { _id: 1 }, batchSize: BATCH })) {
    documents += 1;
    batch.push(stored);
    if (batch.length === BATCH) await flush();
  }
  await flush();
  findings.documents[collection.name] = documents;
}

/** By the key of the document. */
async function faultsOf(
  { db, collection, collections }: Looked,
  batch: readonly Stored[],
): Promise<Map<string, string[]>> {
  const lost = await parentFaults(db, collection, collections, batch);
  const found = batch.map((stored): [string, string[]] => {
    return [stored._id, [...ownFaults(collection, stored), ...(lost.get(stored._id) ?? [])]];
  });
  return new Map(found.filter(([, faults]) => faults.length > 0));
}

function ownFaults(collection: AnyCollection, stored: Stored): string[] {
  if (typeof stored.doc !== 'object' || stored.doc === null) return ['it holds no document'];
  const doc = complete(collection, stored.doc);
  const { unique, ...wanted } = toStored(collection, doc, stored.fence);
  const key = keyFault(collection, doc, stored.unique ?? null);
  const beside = new Set([...Object.keys(wanted), 'refs', 'folds']);
  beside.delete('doc');
  const faults = [...beside]
    .filter((name) => !isDeepStrictEqual(stored[name], wanted[name]))
    .map((name) => `its ${name} is ${JSON.stringify(stored[name])}, not ${JSON.stringify(wanted[name])}`);
  return key === null ? faults : [...faults, key];
}
