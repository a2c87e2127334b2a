import { everyPage } from '../store/every.ts';
import {
  all,
  type Clause,
  chain,
  type Doc,
  type MaybePromise,
  type Page,
  type PageQuery,
  type Position,
  type Query,
} from '../store/store.ts';
import { type Issue, invalid, valueError } from '../words/errors.ts';
import { paired } from '../words/paired.ts';
import type { Context } from './context.ts';
import { boundCursors, type Cursors, type Placed } from './cursors.ts';
import { type Noun, visibleWhere } from './noun.ts';
import { ShortLists } from './short-lists.ts';

export const PAGE_SIZE_DEFAULT = 50;
const PAGE_SIZE_MAX = 200;

export interface PageArgs {
  first?: number | null;
  last?: number | null;
  after?: string | null;
  before?: string | null;
}

/** A list: whose documents, under which name and conditions. A cursor is good for exactly one of these. */
export interface List<D extends Doc> {
  noun: Noun<D>;
  /** Names the list and its parent (`namespaces of app_…`). */
  name: string;
  where: Clause[];
  ref?: string;
  search?: string;
  /** What is wrong with its filters; they are left out, and told beside what is wrong with the page. */
  issues?: readonly Issue[];
  ascending?: boolean;
  /** Many parents ask for this list in one request: batch it. */
  nested?: boolean;
  /** The total is read beside the page, and not when it is asked for. */
  isCounted?: boolean;
  /** Kept totals whose sum (each with its sign) is the number of visible documents. */
  totals?: { sign: 1 | -1; where: Clause[] }[];
}

/** One page; what is more than its items is found out where it is asked for. */
export interface Connection<D extends Position> {
  nodes: readonly D[];
  /** An item as it lies in the list. */
  place: (node: D) => Placed<D>;
  hasNextPage: () => MaybePromise<boolean>;
  hasPreviousPage: () => MaybePromise<boolean>;
  total: () => MaybePromise<number>;
}

/**
 * One page by one keyset query: both cursors bound it, then `first` (or `last`) takes from its end of what is between.
 * The flags are exact: whether anything of the list precedes or follows the page. Total and the far flag only when asked for.
 */
export function connect<D extends Doc>(ctx: Context, list: List<D>, args: PageArgs): MaybePromise<Connection<D>> {
  const cursors = cursorsOf(ctx, list);
  const window = windowOf(list, args, cursors);
  const { forward, start, end } = walkOf(window);
  const query = queryOf(ctx, list);
  const order = forward === Boolean(list.ascending) ? 'asc' : 'desc';
  const readPage = (page: PageQuery): MaybePromise<Page<D>> =>
    list.nested ? ctx.loaders.page(list.noun.collection, page) : ctx.deps.store.page(list.noun.collection, page);
  const guess = shortnessOf(ctx, list, query, start ? null : window.size);
  const total = list.isCounted && !guess?.isShort ? totalOf(ctx, list, query) : null;
  // Whoever asks for it hears of its failure.
  if (total instanceof Promise) total.catch(() => {});
  return chain(readPage({ ...query, order, limit: window.size, after: start }), (page) => {
    const isWhole = !start && !page.more;
    guess?.note(isWhole);
    const walked = end ? page.docs.filter((doc) => comes(doc, end, order) < 0) : page.docs;
    const ahead = () => page.more || walked.length < page.docs.length;
    const any = (other: PageQuery) => chain(readPage(other), ({ docs }) => docs.length > 0);
    const reverse = order === 'asc' ? 'desc' : 'asc';
    const behind = (): MaybePromise<boolean> => {
      if (!start) return false;
      const before = any({ ...query, order: reverse, limit: 1, after: walked[0] ?? start });
      if (walked.length > 0) return before;
      // An empty page lies behind its cursor: the item of the cursor itself, where it is still there, precedes it.
      const own = { ...query, where: [...(query.where ?? []), { field: 'id', in: [start.id] }] };
      return chain(before, (found) => found || any({ ...own, order, limit: 1 }));
    };
    return {
      nodes: forward ? walked : walked.toReversed(),
      place: cursors.place,
      hasNextPage: forward ? ahead : behind,
      hasPreviousPage: forward ? behind : ahead,
      total: () => total ?? (isWhole ? page.docs.length : totalOf(ctx, list, query)),
    };
  });
}

const shortLists = new ShortLists();

/** Whether a first page was all of its list the last time; null where nothing is gained by it: the embedded engine keeps totals. */
function shortnessOf<D extends Doc>(ctx: Context, { noun, isCounted }: List<D>, query: Query, size: number | null) {
  if (!isCounted || size === null || ctx.deps.store.engine === 'sqlite') return null;
  const name = JSON.stringify([noun.collection.name, query, size]);
  return { isShort: shortLists.has(name), note: (isShort: boolean) => shortLists.note(name, isShort) };
}

/** A list whose filter is derived, not stored: reads all of the scope, keeps what passes, pages in memory. */
export async function connectDerived<D extends Doc>(
  ctx: Context,
  list: List<D>,
  args: PageArgs,
  keeps: (docs: D[]) => Promise<boolean[]>,
): Promise<Connection<D>> {
  const cursors = cursorsOf(ctx, list);
  const window = windowOf(list, args, cursors);
  const kept: D[] = [];
  const whole = { ...queryOf(ctx, list), order: list.ascending ? 'asc' : 'desc', limit: 500 } as const;
  for await (const docs of everyPage(ctx.deps.store, list.noun.collection, whole)) {
    const passes = await keeps(docs);
    kept.push(...docs.filter((_, at) => passes[at]));
  }
  const { forward, start, end } = walkOf(window);
  const order = forward === Boolean(list.ascending) ? 'asc' : 'desc';
  const walk = forward ? kept : kept.toReversed();
  const from = start ? walk.filter((doc) => comes(doc, start, order) <= 0).length : 0;
  const until = end ? walk.filter((doc) => comes(doc, end, order) < 0).length : walk.length;
  const walked = walk.slice(from, Math.min(until, from + window.size));
  const [behind, ahead] = [from > 0, from + walked.length < walk.length];
  return {
    nodes: forward ? walked : walked.toReversed(),
    place: cursors.place,
    hasNextPage: () => (forward ? ahead : behind),
    hasPreviousPage: () => (forward ? behind : ahead),
    total: () => kept.length,
  };
}

/** Which way a page is read: from one cursor on, up to the other. */
function walkOf({ after, before, forward }: Window) {
  return forward ? { forward, start: after, end: before } : { forward, start: before, end: after };
}

function comes(left: Position, right: Position, order: 'asc' | 'desc'): number {
  const up = compare(left.createdAt, right.createdAt) || compare(left.id, right.id);
  return order === 'asc' ? up : -up;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function queryOf<D extends Doc>(ctx: Context, list: List<D>): Query {
  const where = [...list.where, ...visibleWhere(ctx.principal, list.noun)];
  return { orgId: ctx.principal.orgId, where, ref: list.ref, search: list.search };
}

function totalOf<D extends Doc>(ctx: Context, list: List<D>, query: Query): MaybePromise<number> {
  const { store } = ctx.deps;
  // An engine that keeps no totals would count each part of them.
  const isKept = store.engine === 'sqlite' && !ctx.principal.workspaceIds;
  const isWhole = isKept && list.search === undefined && list.ref === undefined;
  const parts: readonly { sign: number; where: readonly Clause[] }[] = (isWhole && list.totals) || [
    { sign: 1, where: query.where ?? [] },
  ];
  const queries = parts.map((part) => ({ ...query, where: part.where }));
  const sum = (counts: number[]) => paired(parts, counts).reduce((total, [{ sign }, count]) => total + count * sign, 0);
  if (list.nested) return chain(all(queries.map((one) => ctx.loaders.count(list.noun.collection, one))), sum);
  return chain(store.counts(list.noun.collection, queries), sum);
}

/** What a field that answers a list tells of itself: what else is wrong with a page that is refused already. */
export interface ListExtensions {
  pageIssues?: (args: object, ctx: Context, parent?: unknown) => MaybePromise<Issue[]>;
}

/** What is wrong with the page that is asked for; known before anything is read. */
export function pageIssues<D extends Doc>(ctx: Context, list: List<D>, args: PageArgs): Issue[] {
  return readWindow(list, args, cursorsOf(ctx, list)).issues;
}

/** What a cursor is bound to: the org, the list, its filters and its order. */
function cursorsOf<D extends Doc>(ctx: Context, list: List<D>): Cursors {
  const { name, where, ref = null, search = null, ascending = false } = list;
  return boundCursors(() => JSON.stringify([ctx.principal.orgId, name, where, ref, search, ascending]));
}

interface Window {
  size: number;
  /** From the beginning (`first`) or from the end (`last`). */
  forward: boolean;
  after: Position | null;
  before: Position | null;
}

function windowOf(list: Pick<List<Doc>, 'issues'>, args: PageArgs, cursors: Cursors): Window {
  const { issues, ...window } = readWindow(list, args, cursors);
  if (issues.length > 0) throw invalid(issues);
  return window;
}

/** What is wrong with how many are asked for, if anything is; the same in every list. */
export function sizeIssues(name: string, size: number | null | undefined): Issue[] {
  if (size == null || (size >= 1 && size <= PAGE_SIZE_MAX)) return [];
  const [type, word, key, bound] =
    size < 1
      ? (['greater_than_equal', 'greater', 'ge', 1] as const)
      : (['less_than_equal', 'less', 'le', PAGE_SIZE_MAX] as const);
  const msg = `Input should be ${word} than or equal to ${bound}`;
  return [{ type, loc: [name], msg, input: size, ctx: { [key]: bound } }];
}

function readWindow(list: Pick<List<Doc>, 'issues'>, args: PageArgs, cursors: Cursors): Window & { issues: Issue[] } {
  const issues: Issue[] = [];
  const { first, last, after, before } = args;
  if (first != null && last != null) issues.push(valueError(['last'], 'first and last cannot be given together', last));
  issues.push(...sizeIssues('first', first), ...sizeIssues('last', last));
  const at = (name: string, cursor: string | null | undefined): Position | null => {
    if (cursor == null) return null;
    const position = cursors.decode(cursor);
    if (!position) issues.push(valueError([name], 'the cursor is not one of this list', cursor));
    return position;
  };
  const positions = { after: at('after', after), before: at('before', before) };
  issues.push(...(list.issues ?? []));
  return { size: first ?? last ?? PAGE_SIZE_DEFAULT, forward: last == null, ...positions, issues };
}
