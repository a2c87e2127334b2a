import type { DatabaseSync } from 'node:sqlite';
import { derivedOf, type Tell } from '../derived.ts';
import { newerData, stepsFrom, versionAfter } from '../migrations/index.ts';
import type { Migration, StoredDocument } from '../migrations/migration.ts';
import type { AnyCollection } from '../store.ts';
import { rows } from './rows.ts';
import { columnsOf, indexSql, quote, SHARED_TABLES, tableSql } from './schema.ts';
import { Shared } from './shared.ts';
import { Table } from './table.ts';
import { scopeToken, searchTableOf, searchTableSql } from './trigrams.ts';

export interface Preparation {
  file: string;
  collections: readonly AnyCollection[];
  migrations: readonly Migration[];
  tell: Tell;
}

/** Refuses data that this program does not know, and leaves it untouched. */
export function checkVersion(db: DatabaseSync, { file, migrations }: Preparation): number {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  const known = versionAfter(migrations);
  if (version > known) throw newerData(file, version, known);
  return version;
}

/**
 * Makes the file today's, at every start and in one transaction: the steps since its version, then the tables, columns,
 * indexes and derived data that today's collections have and the file lacks. A file that lacks nothing is only read.
 */
export function prepare(db: DatabaseSync, options: Preparation): void {
  const known = versionAfter(options.migrations);
  if (checkVersion(db, options) === known && isWhole(db, options.collections)) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have done it between the first look and the lock.
    const version = checkVersion(db, options);
    const stale = version === 0 ? new Set<string>() : migrate(db, stepsFrom(version, options.migrations));
    const unsearched = options.collections.filter((collection) => !hasSearchTable(db, collection));
    for (const statement of lacking(db, options.collections)) db.exec(statement);
    for (const collection of options.collections)
      if (stale.has(collection.name) || !isDescribed(db, collection)) derive(db, collection, options.tell);
      else if (unsearched.includes(collection)) fillSearchTable(db, collection);
    db.exec(`PRAGMA user_version = ${known}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** Answers the collections whose derived data are no longer right. */
function migrate(db: DatabaseSync, steps: readonly Migration[]): Set<string> {
  for (const { documents } of steps)
    for (const [name, change] of Object.entries(documents)) changeDocuments(db, name, change);
  return new Set(steps.flatMap(({ documents, derived }) => [...Object.keys(documents), ...derived]));
}

function changeDocuments(db: DatabaseSync, name: string, change: (stored: StoredDocument) => StoredDocument): void {
  if (!objectsOf(db).has(name)) return;
  const update = db.prepare(`UPDATE ${quote(name)} SET doc = ? WHERE rowid = ?`);
  for (const [rowid, text] of rowsOf(db, name)) update.run(JSON.stringify(change(JSON.parse(text))), rowid);
}

function isWhole(db: DatabaseSync, collections: readonly AnyCollection[]): boolean {
  return lacking(db, collections).length === 0 && collections.every((collection) => isDescribed(db, collection));
}

/** The statements that make what the file lacks. */
export function lacking(db: DatabaseSync, collections: readonly AnyCollection[]): string[] {
  const there = objectsOf(db);
  const absent = (wanted: Record<string, string>) =>
    Object.entries(wanted).flatMap(([name, sql]) => (there.has(name) ? [] : [sql]));
  /** What is made of the rows, and anew where it was made by another statement. */
  const remade = (kind: 'TABLE' | 'INDEX', wanted: Record<string, string>) =>
    Object.entries(wanted).flatMap(([name, sql]) => {
      if (there.get(name) === sql) return [];
      return there.has(name) ? [`DROP ${kind} ${quote(name)}`, sql] : [sql];
    });
  return [
    ...absent(SHARED_TABLES),
    ...collections.flatMap((collection) => [
      ...absent({ [collection.name]: tableSql(collection) }),
      ...(there.has(collection.name) ? lackingColumns(db, collection) : []),
      ...remade('TABLE', searchTableSql(collection)),
      ...remade('INDEX', indexSql(collection)),
    ]),
  ];
}

function lackingColumns(db: DatabaseSync, collection: AnyCollection): string[] {
  const table = quote(collection.name);
  const there = new Set(
    db
      .prepare(`PRAGMA table_info(${table})`)
      .all()
      .map(({ name }) => name),
  );
  return columnsOf(collection)
    .filter((name) => !there.has(name))
    .map((name) => `ALTER TABLE ${table} ADD COLUMN ${quote(name)}`);
}

/** Tables and indexes with the statements that made them. */
function objectsOf(db: DatabaseSync): Map<string, string> {
  const rows = db.prepare('SELECT name, sql FROM sqlite_master').all();
  return new Map(rows.map(({ name, sql }) => [String(name), String(sql)]));
}

/** Whether what is kept beside the documents is what today's collections want. */
export function isDescribed(db: DatabaseSync, collection: AnyCollection): boolean {
  const row = db.prepare('SELECT derived FROM described WHERE collection = ?').get(collection.name);
  return row?.derived === derivedOf(collection);
}

/** Whether its texts are searched as today's program does; those of a collection that nobody searches are. */
export function hasSearchTable(db: DatabaseSync, collection: AnyCollection): boolean {
  const made = db.prepare('SELECT sql FROM sqlite_master WHERE name = ?');
  return Object.entries(searchTableSql(collection)).every(([name, sql]) => made.get(name)?.sql === sql);
}

/** From the columns of the documents, which have the texts already. */
function fillSearchTable(db: DatabaseSync, collection: AnyCollection): void {
  if (!collection.search) return;
  db.function('scope_token', { deterministic: true }, (scope) => scopeToken(String(scope)));
  db.exec(`INSERT INTO ${quote(searchTableOf(collection))} (rowid, scope, a, b)
    SELECT rowid, scope_token(${quote(collection.search.scope)}), "foldA", "foldB" FROM ${quote(collection.name)}`);
}

/** Makes all that lies beside a collection's documents anew. */
function derive(db: DatabaseSync, collection: AnyCollection, tell: Tell): void {
  const { name } = collection;
  db.exec(`UPDATE ${quote(name)} SET uniq = NULL`);
  if (collection.search) db.exec(`DELETE FROM ${quote(searchTableOf(collection))}`);
  db.prepare('DELETE FROM refs WHERE collection = ?').run(name);
  db.prepare(`DELETE FROM totals WHERE json_extract(key, '$[0]') = ?`).run(name);
  const shared = new Shared(db);
  const table = new Table(db, collection, shared);
  for (const [rowid, text] of rowsOf(db, name)) {
    const doc = table.read(text);
    const older = table.derive(rowid, doc);
    if (older !== null)
      tell('two names are one now; both stay, the older one has it', { collection: name, older, younger: doc.id });
  }
  shared.draft.settleAll();
  db.prepare('INSERT INTO described VALUES (?, ?) ON CONFLICT DO UPDATE SET derived = excluded.derived').run(
    name,
    derivedOf(collection),
  );
}

const BATCH = 500;

/** Every row, oldest first, read in batches so that it can be changed meanwhile. */
function* rowsOf(db: DatabaseSync, name: string): Generator<[rowid: number, doc: string]> {
  const text = `SELECT rowid, doc FROM ${quote(name)} WHERE rowid > ? ORDER BY rowid LIMIT ${BATCH}`;
  const read = rows<[number, string]>(db, text);
  for (let after = 0; ; ) {
    const batch = read.all(after);
    yield* batch;
    const last = batch.at(-1);
    if (!last || batch.length < BATCH) return;
    after = last[0];
  }
}
