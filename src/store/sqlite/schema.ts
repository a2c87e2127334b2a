import type { DatabaseSync } from 'node:sqlite';
import { type AnyCollection, StoreRefused } from '../store.ts';

/** The version of the tables. Raise it with a step in `migrations` when a collection's columns or indexes change. */
export const SCHEMA_VERSION = 1;

type Migration = (db: DatabaseSync, collections: readonly AnyCollection[]) => void;
const migrations: Migration[] = [createAll];

/** Brings the file to SCHEMA_VERSION, in one transaction; refuses a newer one and leaves it untouched. */
export function migrate(db: DatabaseSync, collections: readonly AnyCollection[], file: string): void {
  const version = readVersion(db);
  if (version === SCHEMA_VERSION) return;
  if (version > SCHEMA_VERSION) throw newer(file, version);
  db.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have migrated between the first look and the lock.
    const held = readVersion(db);
    if (held > SCHEMA_VERSION) throw newer(file, held);
    for (const step of migrations.slice(held)) step(db, collections);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function newer(file: string, version: number): StoreRefused {
  return new StoreRefused(
    `${file} was written by a newer Switchyard (data version ${version}, this program knows ${SCHEMA_VERSION}); start that version, or name another DATA_DIR`,
  );
}

function readVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
}

function createAll(db: DatabaseSync, collections: readonly AnyCollection[]): void {
  db.exec(`CREATE TABLE refs (org TEXT NOT NULL, collection TEXT NOT NULL, ref TEXT NOT NULL,
    "createdAt" TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (org, collection, ref, "createdAt", id)) WITHOUT ROWID`);
  db.exec(
    `CREATE TABLE totals (org TEXT NOT NULL, key TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (org, key)) WITHOUT ROWID`,
  );
  for (const collection of collections) createTable(db, collection);
}

export function createTable(db: DatabaseSync, collection: AnyCollection): void {
  const table = quote(collection.name);
  const columns = columnsOf(collection);
  db.exec(`CREATE TABLE ${table} (org TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
    "createdAt" TEXT NOT NULL, uniq TEXT, doc TEXT NOT NULL${columns.map((name) => `, ${quote(name)}`).join('')},
    PRIMARY KEY (org, id))`);
  const index = (suffix: string, on: string) =>
    db.exec(`CREATE INDEX ${quote(`${collection.name}_${suffix}`)} ON ${table} ${on}`);
  index('list', '(org, "createdAt", id)');
  for (const scope of collection.scopes ?? []) index(`by_${scope}`, `(org, ${quote(scope)}, "createdAt", id)`);
  if (collection.expires)
    index('expires', `(${quote(collection.expires)}) WHERE ${quote(collection.expires)} IS NOT NULL`);
  if (collection.unique)
    db.exec(`CREATE UNIQUE INDEX ${quote(`${collection.name}_unique`)} ON ${table} (org, uniq) WHERE uniq IS NOT NULL`);
  if (collection.search)
    db.exec(`CREATE VIRTUAL TABLE ${quote(`${collection.name}_fts`)} USING fts5(scope, a, b, tokenize='trigram')`);
}

/** The collection's own columns, each once: those it names, its scopes, ancestors and the time of expiry. */
export function columnsOf(collection: AnyCollection): string[] {
  const { columns = [], scopes = [], ancestors = [], expires } = collection;
  const names = new Set<string>([...columns, ...scopes, ...ancestors, ...(expires ? [expires] : [])]);
  if (collection.search) for (const name of ['foldA', 'foldB', collection.search.scope]) names.add(name);
  for (const name of ['id', 'createdAt', 'version']) names.delete(name);
  return [...names];
}

export function quote(name: string): string {
  if (!/^[A-Za-z_]+$/.test(name)) throw new Error(`not a column name: ${name}`);
  return `"${name}"`;
}
