import { isDeepStrictEqual } from 'node:util';
import { type Db, MongoClient } from 'mongodb';
import { complete } from '../complete.ts';
import { derivedOf } from '../derived.ts';
import { createFindings, type Findings, keyFault, notTodays, type OnRead, tell } from '../findings.ts';
import { migrations, versionAfter } from '../migrations/index.ts';
import { type AnyCollection, type Numbering, numberings, tombstones } from '../store.ts';
import { indexesOf, keyOf, type Stored, toStored } from './documents.ts';
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
      await checkIndexes(db, collection, findings);
      await checkDocuments(db, collection, findings, onRead);
      await checkNumbers(db, collection, findings);
    }
    return findings;
  } finally {
    await client.close();
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

async function checkDocuments(db: Db, collection: AnyCollection, findings: Findings, onRead: OnRead): Promise<void> {
  const of = db.collection<Stored>(collection.name);
  let documents = 0;
  let batch: Stored[] = [];
  const flush = async () => {
    const suspects = await faultsOf(db, collection, batch);
    // What was moved or removed meanwhile is read once more as it is now.
    const again = suspects.size === 0 ? [] : await of.find({ _id: { $in: [...suspects.keys()] } }).toArray();
    for (const [key, faults] of await faultsOf(db, collection, again)) {
      const { orgId, id } = again.find(({ _id }) => _id === key)!;
      for (const what of faults) tell(findings, collection, { orgId: String(orgId), id: String(id) }, what);
    }
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
async function faultsOf(db: Db, collection: AnyCollection, batch: readonly Stored[]): Promise<Map<string, string[]>> {
  const lost = await lostParents(db, collection, batch);
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

/** What a document lies in is there, or its tombstone is; so is its organization. */
async function lostParents(
  db: Db,
  collection: AnyCollection,
  batch: readonly Stored[],
): Promise<Map<string, string[]>> {
  const lost = new Map<string, string[]>();
  const parents = [...(collection.ancestors ?? []), { field: 'orgId', in: 'orgs' }];
  for (const { field, in: above } of parents) {
    const idOf = (stored: Stored) => stored[field] as string | null | undefined;
    const children = batch.filter((stored) => Boolean(idOf(stored)));
    const keys = [...new Set(children.map((stored) => keyOf({ orgId: stored.orgId, id: idOf(stored)! })))];
    const there = new Set([...(await thoseOf(db, above, keys)), ...(await thoseOf(db, tombstones.name, keys))]);
    for (const child of children) {
      const key = keyOf({ orgId: child.orgId, id: idOf(child)! });
      if (!there.has(key))
        lost.set(child._id, [...(lost.get(child._id) ?? []), `${field}: there is no ${idOf(child)} in ${above}`]);
    }
  }
  return lost;
}

/** By their keys, which begin with their orgs. */
function these(keys: readonly string[]) {
  const orgs = new Set(keys.map((key) => key.slice(0, key.indexOf('/'))));
  return { _id: { $in: [...keys] }, orgId: { $in: [...orgs] } };
}

async function thoseOf(db: Db, name: string, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const found = await db
    .collection<Stored>(name)
    .find(these(keys), { projection: { _id: 1 } })
    .toArray();
  return found.map(({ _id }) => _id);
}

/** Each number is given once, and none beyond what has been counted. */
async function checkNumbers(db: Db, collection: AnyCollection, findings: Findings): Promise<void> {
  const { numbered } = collection;
  if (!numbered) return;
  const numbers = db
    .collection(collection.name)
    .aggregate<{ _id: string; last: number; n: number; different: number }>([
      { $group: { _id: { orgId: '$orgId', number: `$${numbered}` }, n: { $sum: 1 } } },
      { $group: { _id: '$_id.orgId', last: { $max: '$_id.number' }, n: { $sum: '$n' }, different: { $sum: 1 } } },
    ]);
  for await (const { _id: orgId, last, n, different } of numbers) {
    if (n !== different)
      tell(findings, collection, null, `${n - different} numbers of ${orgId} are given more than once`);
    const stored = await db
      .collection<Stored<Numbering>>(numberings.name)
      .findOne({ _id: keyOf({ orgId, id: collection.name }), orgId });
    if (last > (stored?.doc.last ?? 0))
      tell(findings, collection, null, `the number ${last} of ${orgId} is beyond what has been counted`);
  }
}
