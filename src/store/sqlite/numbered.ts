import { type AnyCollection, type Doc, meaningOf, type NumberedQuery, type Numbering, numberingKey } from '../store.ts';
import { quote } from './schema.ts';
import type { Table } from './table.ts';
import { type Where, whereOf } from './where.ts';

export function readNumbered<D extends Doc>(table: Table, query: NumberedQuery): D[] {
  const { sql, values } = numberedSql(table, query);
  const rows = table.prepare(sql).all(...values) as unknown as [string][];
  return rows.map(([doc]) => meaningOf(table.collection, table.read(doc) as D));
}

export function numberedSql(table: Table, query: NumberedQuery): Where {
  const { name, numbered } = table.collection;
  if (!numbered) throw new Error(`${name} is not numbered`);
  const number = `d.${quote(numbered)}`;
  const where = whereOf(table.collection, query);
  return {
    sql: `SELECT d.doc FROM ${quote(name)} d INDEXED BY ${quote(`${name}_numbered`)}
      WHERE ${where.sql} AND ${number} > ? AND ${number} < ?
      ORDER BY ${number} ${query.order === 'desc' ? 'DESC' : 'ASC'} LIMIT ?`,
    values: [...where.values, query.after, query.before, query.limit],
  };
}

export function readLastNumbers(numberings: Table, from: AnyCollection, orgIds: readonly string[]): number[] {
  return orgIds.map((orgId) => (numberings.get(numberingKey(from, orgId)) as Numbering | null)?.last ?? 0);
}
