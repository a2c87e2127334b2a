import type { Document, Filter } from 'mongodb';
import { filtersIn, refsOf } from '../derived.ts';
import { named } from '../named.ts';
import type { AnyCollection, Clause, Doc, PageQuery, Query } from '../store.ts';
import { positionOf, type Stored } from './documents.ts';

/** The query as a flat filter that begins with the org; `buried` are the org's tombstones. */
export function filterOf(from: AnyCollection, query: Query, buried: readonly string[]): Filter<Stored> {
  const filter: Document = { orgId: query.orgId };
  const and: Document[] = [];
  // Flat where it can be: conditions in an `$and` may keep a planner from an index.
  const add = (field: string, condition: unknown) => {
    if (field in filter) and.push({ [field]: condition });
    else filter[field] = condition;
  };
  for (const clause of query.where ?? []) {
    if ('any' in clause) and.push(anyOf(clause.any));
    else add(clause.field, conditionOf(clause));
  }
  // One of the filters leads to the documents; their own conditions tell the rest.
  const ref = query.ref ?? filtersIn(from, query.where)[0]?.ref;
  if (ref !== undefined) add('refs', ref);
  if (query.search !== undefined) add('folds', { $regex: query.search.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&') });
  if (buried.length > 0) for (const { field } of from.ancestors ?? []) and.push({ [field]: { $nin: buried } });
  if (and.length > 0) filter.$and = and;
  return filter as Filter<Stored>;
}

function anyOf(clauses: readonly Clause[]): Document {
  const some = clauses.map((clause) => ('any' in clause ? anyOf(clause.any) : { [clause.field]: conditionOf(clause) }));
  return some.length === 0 ? { _id: { $in: [] } } : { $or: some };
}

function conditionOf(clause: Exclude<Clause, { any: unknown }>): unknown {
  if ('in' in clause) return clause.in.length === 1 ? clause.in[0] : { $in: [...clause.in] };
  const { from, until } = clause;
  return { ...(from === undefined ? {} : { $gte: from }), ...(until === undefined ? {} : { $lt: until }) };
}

/** One keyset page as stages: a range of `position`, in its order. */
export function pageStages(from: AnyCollection, query: PageQuery, buried: readonly string[]): Document[] {
  const desc = query.order === 'desc';
  const match: Document = filterOf(from, query, buried);
  const beyond = query.after ? { position: { [desc ? '$lt' : '$gt']: positionOf(query.after) } } : {};
  return [{ $match: { ...match, ...beyond } }, { $sort: { position: desc ? -1 : 1 } }, { $limit: query.limit + 1 }];
}

/** The same test in memory, for documents that a commit has changed but not stored yet. */
export function matches(from: AnyCollection, query: Query, doc: Doc): boolean {
  if (doc.orgId !== query.orgId) return false;
  const source = named(doc);
  if (query.ref !== undefined && !refsOf(from, doc).includes(query.ref)) return false;
  return (query.where ?? []).every((clause) => holds(clause, source));
}

function holds(clause: Clause, source: ReturnType<typeof named>): boolean {
  if ('any' in clause) return clause.any.some((one) => holds(one, source));
  const value = source[clause.field] ?? null;
  if ('in' in clause) return clause.in.includes(value);
  const { from, until } = clause;
  return (
    (from === undefined || (value !== null && value >= from)) &&
    (until === undefined || (value !== null && value < until))
  );
}
