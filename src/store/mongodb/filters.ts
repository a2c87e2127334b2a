import type { Document, Filter } from 'mongodb';
import type { AnyCollection, Clause, Doc, PageQuery, Query, Scalar } from '../store.ts';
import type { Stored } from './documents.ts';

/** The query as a filter that begins with the org; `buried` are the org's tombstones. */
export function filterOf(from: AnyCollection, query: Query, buried: readonly string[]): Filter<Stored> {
  const and: Document[] = (query.where ?? []).map(clauseOf);
  if (query.ref !== undefined) and.push({ refs: query.ref });
  if (query.search !== undefined) and.push({ $or: [contains('foldA', query.search), contains('foldB', query.search)] });
  if (buried.length > 0) for (const field of from.ancestors ?? []) and.push({ [field]: { $nin: buried } });
  return (and.length === 0 ? { orgId: query.orgId } : { orgId: query.orgId, $and: and }) as Filter<Stored>;
}

function contains(field: string, text: string): Document {
  return { [field]: { $regex: text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&') } };
}

function clauseOf(clause: Clause): Document {
  if ('any' in clause) return clause.any.length === 0 ? { _id: { $in: [] } } : { $or: clause.any.map(clauseOf) };
  if ('in' in clause) return { [clause.field]: clause.in.length === 1 ? clause.in[0]! : { $in: [...clause.in] } };
  const { from, until } = clause;
  return {
    [clause.field]: { ...(from === undefined ? {} : { $gte: from }), ...(until === undefined ? {} : { $lt: until }) },
  };
}

/** One keyset page as stages: the bound on `createdAt` is the index's, the rest decides among equal times. */
export function pageStages(from: AnyCollection, query: PageQuery, buried: readonly string[]): Document[] {
  const desc = query.order === 'desc';
  const match: Document = filterOf(from, query, buried);
  const direction = desc ? -1 : 1;
  const { after } = query;
  const beyond = after && {
    createdAt: { [desc ? '$lte' : '$gte']: after.createdAt },
    $or: [{ createdAt: { [desc ? '$lt' : '$gt']: after.createdAt } }, { id: { [desc ? '$lt' : '$gt']: after.id } }],
  };
  return [
    { $match: beyond ? { ...match, ...beyond } : match },
    { $sort: { createdAt: direction, id: direction } },
    { $limit: query.limit + 1 },
  ];
}

/** The same test in memory, for documents that a commit has changed but not stored yet. */
export function matches(from: AnyCollection, query: Query, doc: Doc): boolean {
  if (doc.orgId !== query.orgId) return false;
  const source = doc as unknown as Record<string, Scalar | undefined>;
  if (query.ref !== undefined && !(from.refs?.(doc) ?? []).includes(query.ref)) return false;
  return (query.where ?? []).every((clause) => holds(clause, source));
}

function holds(clause: Clause, source: Record<string, Scalar | undefined>): boolean {
  if ('any' in clause) return clause.any.some((one) => holds(one, source));
  const value = source[clause.field] ?? null;
  if ('in' in clause) return clause.in.includes(value);
  const { from, until } = clause;
  return (
    (from === undefined || (value !== null && value >= from)) &&
    (until === undefined || (value !== null && value < until))
  );
}
