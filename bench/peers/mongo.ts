/** The peers' store on MongoDB, by the driver alone: the product's own copy of it, from the folder above. */
import { type Collection, type Filter, MongoClient } from 'mongodb';
import { required } from '../../test/required.ts';
import { type Doc, type Documents, fromCursor, type TableName } from './documents.ts';
import { SCOPES } from './sqlite.ts';
import type { Store } from './store.ts';

type Stored = Omit<Doc, 'id'> & { _id: string };

const DURABLE = { writeConcern: { w: 'majority', j: true } } as const;
const BATCH = 1_000;

const fromStored = ({ _id, ...doc }: Stored): Doc => Object.assign(doc, { id: _id }) as unknown as Doc;
const toStored = ({ id, ...doc }: Doc): Stored => ({ _id: id, ...doc }) as unknown as Stored;

export async function openMongo(uri: string): Promise<Store> {
  const client = new MongoClient(uri);
  await client.connect();
  const db = client.db('peers');
  const tables = new Map<TableName, Collection<Stored>>();
  for (const [name, scope] of Object.entries(SCOPES) as [TableName, string][]) {
    const table = db.collection<Stored>(name);
    await table.createIndex({ [scope]: 1, createdAt: -1, _id: -1 });
    tables.set(name, table);
  }
  const totals = db.collection<{ _id: string; n: number }>('totals');
  return {
    async one(table, id) {
      const doc = await required(tables.get(table)).findOne({ _id: id });
      return doc && fromStored(doc);
    },
    async page(table, scope, limit, cursor) {
      const after = fromCursor(cursor);
      const where: Filter<Stored> = { [SCOPES[table]]: scope };
      if (after) where.$or = [{ createdAt: { $lt: after[0] } }, { createdAt: after[0], _id: { $lt: after[1] } }];
      const found = required(tables.get(table)).find(where).sort({ createdAt: -1, _id: -1 });
      const docs = await found.limit(limit + 1).toArray();
      const more = docs.length > limit;
      if (more) docs.pop();
      return { docs: docs.map(fromStored), more };
    },
    count: async (table, scope) => (await totals.findOne({ _id: `${table}:${scope}` }))?.n ?? 0,
    add: (table, doc) => required(tables.get(table)).insertOne(toStored(doc), DURABLE),
    replace: (table, doc) => required(tables.get(table)).replaceOne({ _id: doc.id }, toStored(doc), DURABLE),
    async load(documents) {
      for (const [name, docs] of Object.entries(documents) as [keyof Documents, Doc[]][]) {
        for (let at = 0; at < docs.length; at += BATCH)
          await required(tables.get(name)).insertMany(docs.slice(at, at + BATCH).map(toStored));
        const counts = Map.groupBy(docs, (doc) => `${name}:${doc[SCOPES[name]]}`);
        await totals.insertMany([...counts].map(([_id, { length }]) => ({ _id, n: length })));
      }
    },
    close: () => client.close(),
  };
}
