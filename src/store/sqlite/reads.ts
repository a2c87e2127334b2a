import { type Clause, type Doc, meaningOf, type Page, type PageQuery, type Query } from '../store.ts';
import { quote } from './schema.ts';
import { scopeToken, type Table, totalKey } from './table.ts';
import { toValue, type Value, type Where, whereOf } from './where.ts';

/** A scope with more rows than this is searched by trigram; a smaller one is scanned by its own index, which is faster. */
const SCAN_MAX = 2_000;

/** Keyset pages as row values: `(createdAt, id) < (?, ?)` walks the index, where an OR of two conditions would scan. */
export function readPage<D extends Doc>(table: Table, query: PageQuery): Page<D> {
  const { sql, values } = pageSql(table, query, 'd.doc');
  const rows = table.prepare(sql).all(...values) as unknown as [string][];
  const more = rows.length > query.limit;
  const docs = (more ? rows.slice(0, query.limit) : rows).map(([doc]) =>
    meaningOf(table.collection, table.read(doc) as D),
  );
  return { docs, more };
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
