import type { AnyCollection, Clause, Query, Scalar } from '../store.ts';
import { quote } from './schema.ts';

export type Value = string | number | null;

/** SQL with its values, in order. */
export interface Where {
  sql: string;
  values: Value[];
}

export function toValue(value: Scalar | undefined): Value {
  return typeof value === 'boolean' ? (value ? 1 : 0) : (value ?? null);
}

/** The query over the table alias `d`, in the order of `bindQuery`; what lies below a tombstone is left out by `aliveOf`. */
export function whereSql({ where = [], search }: Query, at: 'd' | 'r' = 'd'): string {
  return [
    'd.org = ?',
    ...where.map((clause) => clauseSql(clause, at)),
    ...(search === undefined ? [] : ['(instr(d."foldA", ?) OR instr(d."foldB", ?))']),
  ].join(' AND ');
}

/** Times are asked of the list that is walked (`at`), so that it is walked no further than they go. */
export function clauseSql(clause: Clause, at: 'd' | 'r'): string {
  if ('any' in clause) return `(${clause.any.map((one) => clauseSql(one, at)).join(' OR ') || '0'})`;
  const column = `${clause.field === 'createdAt' ? at : 'd'}.${quote(clause.field)}`;
  if ('in' in clause) {
    if (clause.in.length !== 1) return `${column} IN (SELECT value FROM json_each(?))`;
    return isNull(clause.in[0]) ? `${column} IS NULL` : `${column} = ?`;
  }
  const bounds = [
    ...(clause.from === undefined ? [] : [`${column} >= ?`]),
    ...(clause.until === undefined ? [] : [`${column} < ?`]),
  ];
  return bounds.join(' AND ') || '1';
}

/** Adds the query's values; answers its shape, which is equal for queries of the same SQL only. */
export function bindQuery({ orgId, where, search }: Query, values: Value[]): string {
  values.push(orgId);
  let shape = '';
  if (where !== undefined) for (const clause of where) shape += bindClause(clause, values);
  if (search === undefined) return shape;
  values.push(search, search);
  return `${shape}~`;
}

export function bindClause(clause: Clause, values: Value[]): string {
  if ('any' in clause) {
    let inner = '';
    for (const one of clause.any) inner += bindClause(one, values);
    return `(${inner})`;
  }
  if ('in' in clause) {
    if (clause.in.length !== 1) {
      values.push(JSON.stringify(clause.in.map(toValue)));
      return `${clause.field}*`;
    }
    const value = toValue(clause.in[0]);
    if (value === null) return `${clause.field}0`;
    values.push(value);
    return `${clause.field}1`;
  }
  let shape = `${clause.field}.`;
  if (clause.from !== undefined) {
    values.push(clause.from);
    shape += '>';
  }
  if (clause.until !== undefined) {
    values.push(clause.until);
    shape += '<';
  }
  return shape;
}

function isNull(value: Scalar | undefined): boolean {
  return toValue(value) === null;
}

/** True where no ancestor of the row is tombstoned. */
export function aliveOf(from: AnyCollection): string {
  const checks = (from.ancestors ?? []).map(
    ({ field }) => `NOT EXISTS (SELECT 1 FROM tombstones t WHERE t.org = d.org AND t.id = d.${quote(field)})`,
  );
  return checks.join(' AND ') || '1';
}
