import { expected } from '../../words/expected.ts';
import {
  type Ancestor,
  type Clause,
  type Doc,
  type Key,
  meaningOf,
  type Page,
  type PageQuery,
  type Query,
} from '../store.ts';
import { totalKey } from './beside.ts';
import { quote } from './schema.ts';
import type { Table } from './table.ts';
import { matchFor, searchTableOf } from './trigrams.ts';
import { type Way, wayOf } from './way.ts';
import { aliveOf, bindClause, bindQuery, clauseSql, toValue, type Value, type Where, whereSql } from './where.ts';

/** A scope with more rows than this is searched by trigram; a smaller one is scanned by its own index, which is faster. */
const SCAN_MAX = 2_000;

/** How far lists are counted before the shortest is walked: a page soon has what it looks for, a count walks all of it. */
const LONG = { page: 1_000, count: 100_000 };

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
  if (kept !== null) return table.total(query.orgId, kept) - buriedAmong(table, query);
  const plan = planOf(table, query, LONG.count);
  const rows = asksRows(table, query, plan) ? fromSql : fromRefsSql;
  const values: Value[] = [];
  const shape = rows === fromSql ? bindFrom(table, query, plan, values) : bindRefs(table, query, plan, values);
  const statement = table.statement<[number]>(`count ${shape}`, () => `SELECT COUNT(*) ${rows(table, query, plan)}`);
  const [count] = expected(statement.get(...values), 'count');
  return count;
}

/** How much of what a total counts lies below a tombstone, found from the tombstones: there are few, however large the total. */
function buriedAmong(table: Table, query: Query): number {
  if (!table.hasBuried(query.orgId)) return 0;
  const { name, ancestors = [] } = table.collection;
  const values: Value[] = ancestors.map(() => query.orgId);
  const shape = bindQuery(query, values);
  const below = ({ field }: Ancestor) =>
    `SELECT d.rowid AS at FROM tombstones t CROSS JOIN ${quote(name)} d ON d.org = t.org AND d.${quote(field)} = t.id WHERE t.org = ?`;
  const buried = table.statement<[number]>(`buried ${shape}`, () => {
    const rows = `(${ancestors.map(below).join(' UNION ')}) b CROSS JOIN ${quote(name)} d ON d.rowid = b.at`;
    return `SELECT COUNT(*) FROM ${rows} WHERE ${whereSql(query)}`;
  });
  const [count] = expected(buried.get(...values), 'count');
  return count;
}

/** What leads to the rows: references, trigrams of a large scope, or the table's own index; and what is asked of them then. */
interface Plan extends Way {
  match: string | null;
}

function planOf(table: Table, query: Query, long = LONG.page): Plan {
  return { ...wayOf(table, query, long), match: matchOf(table, query) };
}

function pageRows<C>(table: Table, query: PageQuery, column: 'rowid' | 'id'): [C][] {
  const plan = planOf(table, query);
  const values: Value[] = [];
  const shape = bindFrom(table, query, plan, values);
  const { after, limit, order } = query;
  if (after) values.push(after.createdAt, after.id);
  values.push(limit + 1);
  return table
    .statement<[C]>(`${column} ${order}${after ? ' after' : ''} ${shape}`, () => pageText(table, query, plan, column))
    .all(...values);
}

/** For tests of its plan. */
export function pageSql(table: Table, query: PageQuery, column: 'rowid' | 'id' | 'doc'): Where {
  const plan = planOf(table, query);
  const values: Value[] = [];
  bindFrom(table, query, plan, values);
  const { after, limit } = query;
  return {
    sql: pageText(table, query, plan, column),
    values: [...values, ...(after ? [after.createdAt, after.id] : []), limit + 1],
  };
}

function pageText(table: Table, query: PageQuery, plan: Plan, column: 'rowid' | 'id' | 'doc'): string {
  const desc = query.order === 'desc';
  const at = plan.refs.length === 0 ? 'd' : 'r';
  const after = query.after ? ` AND (${at}."createdAt", ${at}.id) ${desc ? '<' : '>'} (?, ?)` : '';
  const order = desc ? `${at}."createdAt" DESC, ${at}.id DESC` : `${at}."createdAt", ${at}.id`;
  return `SELECT d.${column} ${fromSql(table, query, plan)}${after} ORDER BY ${order} LIMIT ?`;
}

/** `FROM … WHERE …`, driven by what the plan says. */
function fromSql(table: Table, query: Query, plan: Plan): string {
  const name = quote(table.collection.name);
  const alive = table.hasBuried(query.orgId) ? ` AND ${aliveOf(table.collection)}` : '';
  const where = `${whereSql({ ...query, where: plan.where }, plan.refs.length === 0 ? 'd' : 'r')}${alive}`;
  if (plan.refs.length > 0)
    return `FROM refs r CROSS JOIN ${name} d ON d.org = r.org AND d.id = r.id WHERE ${refsSql(plan)} AND ${where}`;
  if (plan.match === null) return `FROM ${name} d WHERE ${where}`;
  const fts = quote(searchTableOf(table.collection));
  return `FROM ${fts} CROSS JOIN ${name} d ON d.rowid = ${fts}.rowid WHERE ${fts} MATCH ? AND ${where}`;
}

/** The same where the references say all that is asked, their rows left unread. */
function fromRefsSql(_table: Table, _query: Query, plan: Plan): string {
  return ['FROM refs r WHERE', refsSql(plan), ...plan.where.map((clause) => `AND ${clauseSql(clause, 'r')}`)].join(' ');
}

function asksRows(table: Table, { orgId, search }: Query, { refs, where }: Plan): boolean {
  const isOfRow = (clause: Clause) => 'any' in clause || clause.field !== 'createdAt';
  return refs.length === 0 || search !== undefined || table.hasBuried(orgId) || where.some(isOfRow);
}

function refsSql({ refs: [, ...others] }: Plan): string {
  const same = 'o.org = r.org AND o.collection = r.collection AND o."createdAt" = r."createdAt" AND o.id = r.id';
  const also = others.map(() => ` AND EXISTS (SELECT 1 FROM refs o WHERE o.ref = ? AND ${same})`);
  return `r.org = ? AND r.collection = ? AND r.ref = ?${also.join('')}`;
}

/** Adds the values of `fromSql` in its order, and answers its shape. */
function bindFrom(table: Table, query: Query, plan: Plan, values: Value[]): string {
  let way = table.hasBuried(query.orgId) ? 'alive ' : '';
  if (plan.refs.length > 0) {
    values.push(query.orgId, table.collection.name, ...plan.refs);
    way += `refs ${plan.refs.length} `;
  } else if (plan.match !== null) {
    values.push(plan.match);
    way += 'match ';
  }
  return way + bindQuery({ ...query, where: plan.where }, values);
}

function bindRefs(table: Table, { orgId }: Query, { refs, where }: Plan, values: Value[]): string {
  values.push(orgId, table.collection.name, ...refs);
  return `only refs ${refs.length} ${where.map((clause) => bindClause(clause, values)).join('')}`;
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
