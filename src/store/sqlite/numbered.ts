import { type Numbering, numberingKey } from '../numberings.ts';
import { type AnyCollection, type Doc, meaningOf, type NumberedQuery } from '../store.ts';
import { quote } from './schema.ts';
import type { Table } from './table.ts';
import { aliveOf, bindQuery, type Value, type Where, whereSql } from './where.ts';

export function readNumbered<D extends Doc>(table: Table, query: NumberedQuery): D[] {
  const values: Value[] = [];
  const shape = bindNumbered(table, query, values);
  const rows = table.statement<[number]>(shape, () => numberedText(table, query, 'rowid')).all(...values);
  return rows.map(([rowid]) => meaningOf(table.collection, table.at(rowid) as D));
}

/** For tests of its plan. */
export function numberedSql(table: Table, query: NumberedQuery): Where {
  const values: Value[] = [];
  bindNumbered(table, query, values);
  return { sql: numberedText(table, query, 'doc'), values };
}

function bindNumbered(table: Table, query: NumberedQuery, values: Value[]): string {
  const shape = bindQuery(query, values);
  values.push(query.after, query.before, query.limit);
  return `numbered ${query.order} ${table.hasBuried(query.orgId) ? 'alive ' : ''}${shape}`;
}

function numberedText(table: Table, query: NumberedQuery, column: 'rowid' | 'doc'): string {
  const { name, numbered } = table.collection;
  if (!numbered) throw new Error(`${name} is not numbered`);
  const number = `d.${quote(numbered)}`;
  const alive = table.hasBuried(query.orgId) ? ` AND ${aliveOf(table.collection)}` : '';
  return `SELECT d.${column} FROM ${quote(name)} d INDEXED BY ${quote(`${name}_numbered`)}
      WHERE ${whereSql(query)}${alive} AND ${number} > ? AND ${number} < ?
      ORDER BY ${number} ${query.order === 'desc' ? 'DESC' : 'ASC'} LIMIT ?`;
}

export function readLastNumbers(numberings: Table, from: AnyCollection, orgIds: readonly string[]): number[] {
  return orgIds.map((orgId) => (numberings.get(numberingKey(from, orgId)) as Numbering | null)?.last ?? 0);
}
