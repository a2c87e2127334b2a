import { type Clause, type Doc, type Key, meaningOf, type Page, type PageQuery, type Query } from '../store.ts';
import { quote } from './schema.ts';
import { scopeToken, type Table, totalKey } from './table.ts';
import { toValue, type Value, type Where, whereOf } from './where.ts';

/** A scope with more rows than this is searched by trigram; a smaller one is scanned by its own index, which is faster. */
const SCAN_MAX = 2_000;

/** A page of the default size, and one to tell whether more follow, is one query. */
const ROWS_AT_ONCE = 51;
/** Where documents have been seen that are a thousand times the usual size. */
const WIDE_ROWS_AT_ONCE = 4;
/** What a further query of the same page may bring, and after how much others get their turn. */
const BYTES_AT_ONCE = 2_097_152;
const BYTES_PER_STEP = 262_144;
const WIDE_BYTES = 65_536;

/** What one read has brought since others could have their turn. */
interface Load {
  sinceStep: number;
}

/** A page is as many queries as its documents are large: the next one begins behind the last document of the one before. */
export function* readPage<D extends Doc>(
  table: Table,
  query: PageQuery,
  load: Load = { sinceStep: 0 },
): Generator<void, Page<D>> {
  const docs: D[] = [];
  let rows = table.isWide ? WIDE_ROWS_AT_ONCE : query.search === undefined ? ROWS_AT_ONCE : query.limit + 1;
  for (let after = query.after; ; after = docs.at(-1)) {
    const count = Math.min(rows, query.limit + 1 - docs.length);
    const { sql, values } = pageSql(table, { ...query, after, limit: count - 1 }, 'd.doc');
    const found = table.prepare(sql).all(...values) as unknown as [string][];
    let bytes = 0;
    for (const [text] of found) {
      bytes += text.length;
      if (docs.length === query.limit) return { docs, more: true };
      docs.push(yield* readDoc<D>(table, text, load));
    }
    if (found.length < count) return { docs, more: false };
    rows = Math.max(1, Math.floor((BYTES_AT_ONCE * found.length) / bytes));
  }
}

export function* readPages<D extends Doc>(table: Table, queries: readonly PageQuery[]): Generator<void, Page<D>[]> {
  const load: Load = { sinceStep: 0 };
  const pages: Page<D>[] = [];
  for (const query of queries) pages.push(yield* readPage<D>(table, query, load));
  return pages;
}

/** Documents by their keys, each as large as it may be. */
export function* readMany<D extends Doc>(
  table: Table,
  keys: readonly Key[],
  load: Load = { sinceStep: 0 },
): Generator<void, (D | null)[]> {
  const docs: (D | null)[] = [];
  for (const key of keys) {
    const text = table.text(key);
    docs.push(text === null ? null : yield* readDoc<D>(table, text, load));
  }
  return docs;
}

function* readDoc<D extends Doc>(table: Table, text: string, load: Load): Generator<void, D> {
  if (text.length > WIDE_BYTES) table.isWide = true;
  load.sinceStep += text.length;
  if (load.sinceStep > BYTES_PER_STEP) {
    yield;
    load.sinceStep = 0;
  }
  return meaningOf(table.collection, table.read(text) as D);
}

/** Ids of up to `limit` matching documents. */
export function readIds(table: Table, query: Query, limit: number): string[] {
  const { sql, values } = pageSql(table, { ...query, order: 'asc', limit: limit - 1 }, 'd.id');
  return (table.prepare(sql).all(...values) as unknown as [string][]).map(([id]) => id);
}

export function readCount(table: Table, query: Query): number {
  const kept = keptKey(table, query);
  if (kept !== null) {
    const row = table.prepare('SELECT n FROM totals WHERE org = ? AND key = ?').get(query.orgId, kept);
    return (row as unknown as [number] | undefined)?.[0] ?? 0;
  }
  const { sql, values } = fromOf(table, query);
  const row = table.prepare(`SELECT COUNT(*) ${sql}`).get(...values);
  return (row as unknown as [number])[0];
}

export function pageSql(table: Table, query: PageQuery, columns: string): Where {
  const from = fromOf(table, query);
  const desc = query.order === 'desc';
  const at = query.ref === undefined ? 'd' : 'r';
  const after = query.after ? ` AND (${at}."createdAt", ${at}.id) ${desc ? '<' : '>'} (?, ?)` : '';
  const order = desc ? `${at}."createdAt" DESC, ${at}.id DESC` : `${at}."createdAt", ${at}.id`;
  return {
    sql: `SELECT ${columns} ${from.sql}${after} ORDER BY ${order} LIMIT ?`,
    values: [...from.values, ...(query.after ? [query.after.createdAt, query.after.id] : []), query.limit + 1],
  };
}

/** `FROM … WHERE …`, driven by what narrows most: the refs table, the trigrams of a large scope, or the table's own index. */
function fromOf(table: Table, query: Query): Where {
  const name = quote(table.collection.name);
  const where = whereOf(table.collection, query);
  if (query.ref !== undefined)
    return {
      sql: `FROM refs r CROSS JOIN ${name} d ON d.org = r.org AND d.id = r.id WHERE r.org = ? AND r.collection = ? AND r.ref = ? AND ${where.sql}`,
      values: [query.orgId, table.collection.name, query.ref, ...where.values],
    };
  const match = trigramOf(table, query);
  if (match !== null) {
    const fts = quote(`${table.collection.name}_fts`);
    return {
      sql: `FROM ${fts} CROSS JOIN ${name} d ON d.rowid = ${fts}.rowid WHERE ${fts} MATCH ? AND ${where.sql}`,
      values: [match, ...where.values],
    };
  }
  return { sql: `FROM ${name} d WHERE ${where.sql}`, values: where.values };
}

/** The full-text expression for a search that is worth it: three characters or more, in a scope that is large. */
function trigramOf(table: Table, query: Query): string | null {
  const search = table.collection.search;
  if (!search || query.search === undefined || [...query.search].length < 3) return null;
  const scope = singleValue(query.where ?? [], search.scope);
  if (typeof scope !== 'string') return null;
  const size = readCount(table, { orgId: query.orgId, where: [{ field: search.scope, in: [scope] }] });
  if (size <= SCAN_MAX) return null;
  const text = query.search.replaceAll('"', '""');
  return `(scope : "${scopeToken(scope)}") AND ({a b} : "${text}")`;
}

function keptKey(table: Table, query: Query): string | null {
  const clauses = query.where ?? [];
  if (query.ref !== undefined || query.search !== undefined) return null;
  for (const fields of table.collection.totals ?? []) {
    if (fields.length !== clauses.length) continue;
    const values = fields.map((field: string) => [field, singleValue(clauses, field)] as const);
    if (values.every(([, value]) => value !== undefined))
      return totalKey(table.collection, values as [string, Value][]);
  }
  return null;
}

function singleValue(clauses: readonly Clause[], field: string): Value | undefined {
  for (const clause of clauses)
    if ('in' in clause && clause.field === field && clause.in.length === 1) return toValue(clause.in[0]);
  return undefined;
}
