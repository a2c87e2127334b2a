/** The peers' store on SQLite: tables of documents as the product's, statements prepared once, the same settings. */
import { DatabaseSync } from 'node:sqlite';
import { required } from '../../test/required.ts';
import { type Doc, fromCursor, type TableName } from './documents.ts';
import type { Store } from './store.ts';

/** What a table's rows are listed by. */
export const SCOPES: Record<TableName, string> = {
  workspaces: 'orgId',
  environments: 'workspaceId',
  apps: 'workspaceId',
  namespaces: 'appId',
  decisions: 'workspaceId',
};
const TABLES = Object.keys(SCOPES) as TableName[];
const PRAGMAS =
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY';
const TOTALS = 'CREATE TABLE IF NOT EXISTS totals (scope TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID';

export function openSqlite(file: string, org: string): Store {
  const db = new DatabaseSync(file);
  db.exec(`${PRAGMAS}; ${TOTALS}`);
  const tables = new Map(TABLES.map((table) => [table, openTable(db, table)]));
  const count = db.prepare('SELECT n FROM totals WHERE scope = ?');
  const addTotal = db.prepare('INSERT INTO totals VALUES (?, 1) ON CONFLICT DO UPDATE SET n = n + 1');
  const commit = (work: () => void) => {
    db.exec('BEGIN IMMEDIATE');
    work();
    db.exec('COMMIT');
  };
  const insert = (table: TableName, doc: Doc) => {
    const scope = String(doc[SCOPES[table]]);
    required(tables.get(table)).add.run(org, doc.id, scope, doc.createdAt, JSON.stringify(doc));
    addTotal.run(`${table}:${scope}`);
  };
  return {
    one(table, id) {
      const row = required(tables.get(table)).one.get(org, id) as unknown as [string] | undefined;
      return row ? JSON.parse(row[0]) : null;
    },
    page(table, scope, limit, cursor) {
      const after = fromCursor(cursor);
      const statements = required(tables.get(table));
      const found = after
        ? statements.after.all(org, scope, ...after, limit + 1)
        : statements.first.all(org, scope, limit + 1);
      const rows = found as unknown as [string][];
      const more = rows.length > limit;
      if (more) rows.pop();
      return { docs: rows.map(([doc]) => JSON.parse(doc)), more };
    },
    count: (table, scope) => Number(count.get(`${table}:${scope}`)?.n ?? 0),
    add: (table, doc) => commit(() => insert(table, doc)),
    replace: (table, doc) => commit(() => required(tables.get(table)).replace.run(JSON.stringify(doc), org, doc.id)),
    load: (documents) =>
      commit(() => {
        for (const table of TABLES) if (table !== 'decisions') for (const doc of documents[table]) insert(table, doc);
      }),
    close: () => db.close(),
  };
}

function openTable(db: DatabaseSync, table: TableName) {
  db.exec(`CREATE TABLE IF NOT EXISTS ${table} (org TEXT NOT NULL, id TEXT NOT NULL, scope TEXT NOT NULL,
    created_at TEXT NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (org, id));
    CREATE INDEX IF NOT EXISTS ${table}_list ON ${table} (org, scope, created_at, id)`);
  const read = (sql: string) => {
    const statement = db.prepare(`SELECT doc FROM ${table} WHERE org = ? ${sql}`);
    statement.setReturnArrays(true);
    return statement;
  };
  const order = 'ORDER BY created_at DESC, id DESC LIMIT ?';
  return {
    one: read('AND id = ?'),
    first: read(`AND scope = ? ${order}`),
    after: read(`AND scope = ? AND (created_at, id) < (?, ?) ${order}`),
    add: db.prepare(`INSERT INTO ${table} VALUES (?, ?, ?, ?, ?)`),
    replace: db.prepare(`UPDATE ${table} SET doc = ? WHERE org = ? AND id = ?`),
  };
}
