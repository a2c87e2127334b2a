import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { BSON, MongoClient } from 'mongodb';
import { collections } from '../src/catalog/collections.ts';
import type { Tell } from '../src/store/derived.ts';
import type { Migration } from '../src/store/migrations/migration.ts';
import { openMongo } from '../src/store/mongodb/open.ts';
import { openSqlite } from '../src/store/sqlite/engine.ts';
import type { AnyCollection, Store } from '../src/store/store.ts';
import { type EngineName, freshMongoUri } from './harness.ts';

/** What `test/fixtures/0.1.0` says of the data beside it. */
export interface Made {
  madeAt: string;
  orgId: string;
  token: string;
  workspaceId: string;
  appId: string;
  openDecisionId: string;
  secrets: Record<string, string>;
}

/** Data that 0.1.0 left, in a place of their own. */
export interface Older {
  made: Made;
  /** The environment of a server that finds them. */
  env: Record<string, string>;
  open(options?: OpenOptions): Promise<Store>;
  remove(): Promise<void>;
}

export interface OpenOptions {
  collections?: readonly AnyCollection[];
  migrations?: readonly Migration[];
  tell?: Tell;
}

const file = (name: string) => new URL(`fixtures/0.1.0/${name}`, import.meta.url);
const now = () => new Date().toISOString();

export async function olderData(engine: EngineName): Promise<Older> {
  const made: Made = JSON.parse(readFileSync(file(`${engine}.json`), 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-older-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  if (engine === 'sqlite') {
    const path = join(folder, 'switchyard.db');
    writeFileSync(path, gunzipSync(readFileSync(file('sqlite.db.gz'))));
    return {
      made,
      env: { DATA_DIR: folder },
      open: async (options) => openSqlite({ file: path, collections, now, ...options }),
      remove: async () => removeFolder(),
    };
  }
  const uri = freshMongoUri();
  await fill(uri);
  return {
    made,
    env: { DATA_DIR: folder, MONGODB_URI: uri },
    open: (options) => openMongo({ uri, collections, now, ...options }),
    async remove() {
      const client = new MongoClient(uri);
      await client.db().dropDatabase();
      await client.close();
      removeFolder();
    },
  };
}

interface Dumped {
  indexes: { key: Record<string, 1>; name: string; v: number }[];
  documents: { _id: string }[];
}

async function fill(uri: string): Promise<void> {
  const client = new MongoClient(uri);
  const text = gunzipSync(readFileSync(file('mongodb.ejson.gz'))).toString();
  const dump: Record<string, Dumped> = BSON.EJSON.parse(text);
  for (const [name, { indexes, documents }] of Object.entries(dump)) {
    const collection = client.db().collection<{ _id: string }>(name);
    for (const { key, v: _, ...options } of indexes) await collection.createIndex(key, options);
    if (documents.length > 0) await collection.insertMany(documents);
  }
  await client.close();
}

/** Every document of a store by its collection, as it is read. */
export async function everything(store: Store): Promise<Record<string, unknown[]>> {
  const all: Record<string, unknown[]> = {};
  for (const collection of collections) all[collection.name] = await store.scan(collection, null, 10_000);
  return all;
}
