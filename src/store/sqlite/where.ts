import type { AnyCollection, Clause, Query, Scalar } from '../store.ts';
import { quote } from './schema.ts';

export type Value = string | number | null;

/** A condition in SQL with its values, in order. */
export interface Where {
  sql: string;
  values: Value[];
}

export function toValue(value: Scalar | undefined): Value {
  return typeof value === 'boolean' ? (value ? 1 : 0) : (value ?? null);
}

/** The query as SQL over the table alias `d`, documents below a tombstone left out. */
export function whereOf(from: AnyCollection, query: Query): Where {
  const parts: Where[] = [{ sql: 'd.org = ?', values: [query.orgId] }];
  for (const clause of query.where ?? []) parts.push(clauseOf(clause));
  if (query.search !== undefined)
    parts.push({ sql: '(instr(d."foldA", ?) OR instr(d."foldB", ?))', values: [query.search, query.search] });
  parts.push({ sql: aliveOf(from), values: [] });
  return all(parts);
}

/** True where no ancestor of the row is tombstoned. */
export function aliveOf(from: AnyCollection): string {
  const checks = (from.ancestors ?? []).map(
    ({ field }) => `NOT EXISTS (SELECT 1 FROM tombstones t WHERE t.org = d.org AND t.id = d.${quote(field)})`,
  );
  return checks.join(' AND ') || '1';
}

function clauseOf(clause: Clause): Where {
  if ('any' in clause) {
    const parts = clause.any.map(clauseOf);
    return {
      sql: `(${parts.map((part) => part.sql).join(' OR ') || '0'})`,
      values: parts.flatMap((part) => part.values),
    };
  }
  const column = `d.${quote(clause.field)}`;
  if ('in' in clause) return inOf(column, clause.in.map(toValue));
  const parts: Where[] = [];
  if (clause.from !== undefined) parts.push({ sql: `${column} >= ?`, values: [clause.from] });
  if (clause.until !== undefined) parts.push({ sql: `${column} < ?`, values: [clause.until] });
  return all(parts);
}

function inOf(column: string, values: Value[]): Where {
  if (values.length === 1) {
    const [only] = values as [Value];
    return only === null ? { sql: `${column} IS NULL`, values: [] } : { sql: `${column} = ?`, values: [only] };
  }
  return { sql: `${column} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(values)] };
}

function all(parts: Where[]): Where {
  return { sql: parts.map((part) => part.sql).join(' AND ') || '1', values: parts.flatMap((part) => part.values) };
}
