import { expected } from '../../words/expected.ts';
import { filtersIn } from '../derived.ts';
import type { Clause, Query } from '../store.ts';
import { quote } from './schema.ts';
import type { Table } from './table.ts';
import type { Value } from './where.ts';

/** What leads to the rows of a query. */
export interface Way {
  /** References that all of them have: the list of the first is walked, the others are looked up. None: an index of the table is walked. */
  refs: readonly string[];
  /** What is left to ask of the rows. */
  where: readonly Clause[];
}

/** Where several lists hold what is looked for, the shortest is walked; lists of `long` and more are taken for equally long. */
export function wayOf(table: Table, { orgId, ref, search, where = [] }: Query, long: number): Way {
  const given = ref === undefined ? [] : [ref];
  const filters = search === undefined ? filtersIn(table.collection, where) : [];
  if (filters.length === 0) return { refs: given, where };
  const refs = [...given, ...filters.map((filter) => filter.ref)];
  const rest = where.filter((clause) => !filters.some((filter) => filter.clause === clause));
  const scope = ref === undefined ? scopeIn(table, rest) : undefined;
  if (refs.length === 1 && !scope) return { refs, where: rest };
  const sized = refs.map((one) => [one, lengthOfRefs(table, orgId, one, long)] as const).sort(([, a], [, b]) => a - b);
  const shortest = Math.min(...sized.map(([, length]) => length));
  if (scope && lengthOfScope(table, orgId, scope, long) < shortest) return { refs: [], where };
  return { refs: sized.map(([one]) => one), where: rest };
}

interface Scope {
  field: string;
  value: string;
}

function scopeIn({ collection: { scopes = [] } }: Table, where: readonly Clause[]): Scope | undefined {
  for (const clause of where) {
    if (!('in' in clause) || !scopes.includes(clause.field) || clause.in.length !== 1) continue;
    const [value] = clause.in;
    if (typeof value === 'string') return { field: clause.field, value };
  }
  return undefined;
}

function lengthOfRefs(table: Table, orgId: string, ref: string, long: number): number {
  const some = 'SELECT 1 FROM refs WHERE org = ? AND collection = ? AND ref = ? LIMIT ?';
  return countOf(table, 'length of refs', some, [orgId, table.collection.name, ref, long]);
}

function lengthOfScope(table: Table, orgId: string, { field, value }: Scope, long: number): number {
  const some = `SELECT 1 FROM ${quote(table.collection.name)} WHERE org = ? AND ${quote(field)} = ? LIMIT ?`;
  return countOf(table, `length of ${field}`, some, [orgId, value, long]);
}

function countOf(table: Table, name: string, some: string, values: readonly Value[]): number {
  const row = table.statement<[number]>(name, () => `SELECT count(*) FROM (${some})`).get(...values);
  return expected(row, 'count')[0];
}
