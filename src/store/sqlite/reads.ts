import { expected } from '../../words/expected.ts';
import { type Clause, type Doc, type Key, meaningOf, type Page, type PageQuery, type Query } from '../store.ts';
import { totalKey } from './beside.ts';
import { quote } from './schema.ts';
import type { Table } from './table.ts';
import { matchFor, searchTableOf } from './trigrams.ts';
import { aliveOf, bindQuery, toValue, type Value, type Where, whereSql } from './where.ts';

/** A scope with more rows than this is searched by trigram; a smaller one is scanned by its own index, which is faster. */
const SCAN_MAX = 2_000;

/** How much is read and parsed before others get their turn. */
const SIZE_PER_STEP = 262_144;

/** What one read has brought since others could have their turn. */
interface Load {
  sinceStep: number;
}

/**
 * Which rows, by the index; then their documents, those in memory from there. Where others had their turn meanwhile, the
 * rows are asked for again behind the last document: a page is as many queries as its documents are large.
 */
export function* readPage<D extends Doc>(
  table: Table,
  query: PageQuery,
  load: Load = { sinceStep: 0 },
): Generator<void, Page<D>> {
  const docs: D[] = [];
  for (let after = query.after; ; after = docs.at(-1)) {
    const left = query.limit - docs.length;
    const rows = pageRows<number>(table, { ...query, after, limit: left }, 'rowid');
    for (const [rowid] of rows.slice(0, left)) {
      if (load.sinceStep > SIZE_PER_STEP) break;
      docs.push(meaningOf(table.collection, table.at(rowid, load) as D));
    }
    if (load.sinceStep > SIZE_PER_STEP) {
      yield;
      load.sinceStep = 0;
    } else return { docs, more: rows.length > left };
  }
}

export function* readPages<D extends Doc>(table: Table, queries: readonly PageQuery[]): Generator<void, Page<D>[]> {
  const load: Load = { sinceStep: 0 };
  const pages: Page<D>[] = [];
  for (const query of queries) pages.push(yield* readPage<D>(table, query, load));
  return pages;
}

/** Documents by their keys, each as large as it may be. */
export function* readMany<D extends Doc>(table: Table, keys: readonly Key[]): Generator<void, (D | null)[]> {
  const load: Load = { sinceStep: 0 };
  const docs: (D | null)[] = [];
  for (const key of keys) {
    const doc = table.get(key, load) as D | null;
    docs.push(doc && meaningOf(table.collection, doc));
    if (load.sinceStep <= SIZE_PER_STEP) continue;
    yield;
    load.sinceStep = 0;
  }
  return docs;
}

/** Ids of up to `limit` matching documents. */
export function readIds(table: Table, query: Query, limit: number): string[] {
  const rows = pageRows<string>(table, { ...query, order: 'asc', limit: limit - 1 }, 'id');
  return rows.map(([id]) => id);
}

export function readCount(table: Table, query: Query): number {
  const kept = keptKey(table, query);
  if (kept !== null) return table.total(query.orgId, kept);
  const match = matchOf(table, query);
  const values: Value[] = [];
  const shape = bindFrom(table, query, match, values);
  const statement = table.statement<[number]>(
    `count ${shape}`,
    () => `SELECT COUNT(*) ${fromSql(table, query, match)}`,
  );
  const [count] = expected(statement.get(...values), 'count');
  return count;
}

function pageRows<C>(table: Table, query: PageQuery, column: 'rowid' | 'id'): [C][] {
  const match = matchOf(table, query);
  const values: Value[] = [];
  const shape = bindFrom(table, query, match, values);
  const { after, limit, order } = query;
  if (after) values.push(after.createdAt, after.id);
  values.push(limit + 1);
  return table
    .statement<[C]>(`${column} ${order}${after ? ' after' : ''} ${shape}`, () => pageText(table, query, match, column))
    .all(...values);
}

/** For tests of its plan. */
export function pageSql(table: Table, query: PageQuery, column: 'rowid' | 'id' | 'doc'): Where {
  const match = matchOf(table, query);
  const values: Value[] = [];
  bindFrom(table, query, match, values);
  const { after, limit } = query;
  return {
    sql: pageText(table, query, match, column),
    values: [...values, ...(after ? [after.createdAt, after.id] : []), limit + 1],
  };
}

function pageText(table: Table, query: PageQuery, match: string | null, column: 'rowid' | 'id' | 'doc'): string {
  const desc = query.order === 'desc';
  const at = query.ref === undefined ? 'd' : 'r';
  const after = query.after ? ` AND (${at}."createdAt", ${at}.id) ${desc ? '<' : '>'} (?, ?)` : '';
  const order = desc ? `${at}."createdAt" DESC, ${at}.id DESC` : `${at}."createdAt", ${at}.id`;
  return `SELECT d.${column} ${fromSql(table, query, match)}${after} ORDER BY ${order} LIMIT ?`;
}

/** `FROM … WHERE …`, driven by what narrows most: the refs table, the trigrams of a large scope, or the table's own index. */
function fromSql(table: Table, query: Query, match: string | null): string {
  const name = quote(table.collection.name);
  const alive = table.hasBuried(query.orgId) ? ` AND ${aliveOf(table.collection)}` : '';
  const where = `${whereSql(query)}${alive}`;
  if (query.ref !== undefined)
    return `FROM refs r CROSS JOIN ${name} d ON d.org = r.org AND d.id = r.id WHERE r.org = ? AND r.collection = ? AND r.ref = ? AND ${where}`;
  if (match === null) return `FROM ${name} d WHERE ${where}`;
  const fts = quote(searchTableOf(table.collection));
  return `FROM ${fts} CROSS JOIN ${name} d ON d.rowid = ${fts}.rowid WHERE ${fts} MATCH ? AND ${where}`;
}

/** Adds the values of the same in its order, and answers its shape. */
function bindFrom(table: Table, query: Query, match: string | null, values: Value[]): string {
  let way = table.hasBuried(query.orgId) ? 'alive ' : '';
  if (query.ref !== undefined) {
    values.push(query.orgId, table.collection.name, query.ref);
    way += 'ref ';
  } else if (match !== null) {
    values.push(match);
    way += 'match ';
  }
  return way + bindQuery(query, values);
}

/** The full-text expression for a search that is worth it: three characters or more, in a scope that is large. */
function matchOf(table: Table, query: Query): string | null {
  const search = table.collection.search;
  if (!search || query.search === undefined || query.ref !== undefined) return null;
  const scope = singleValue(query.where ?? [], search.scope);
  if (typeof scope !== 'string') return null;
  const size = readCount(table, { orgId: query.orgId, where: [{ field: search.scope, in: [scope] }] });
  return size <= SCAN_MAX ? null : matchFor(scope, query.search);
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
