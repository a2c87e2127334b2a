import { z } from 'zod';
import { beside, ruleIssues, sortByField, walkKeeping } from '../graphql/mutations.ts';
import type { Context } from '../resource/context.ts';
import type { Doc } from '../store/store.ts';
import { type Checked, passed } from '../validation/checked.ts';
import { fieldsOf } from '../validation/shape.ts';
import { textIssue, type Walked, walk } from '../validation/walk.ts';
import { type Issue, valueError } from '../words/errors.ts';
import { chain, type MaybePromise, rescue } from '../words/maybe.ts';
import { snake } from '../words/naming.ts';
import type { CompiledRow } from './compile.ts';
import type { Row } from './row.ts';
import { locOf } from './wire.ts';

/** A request's parts as they came. */
export interface RawInput {
  parameters: Record<string, string>;
  search: string;
  /** `undefined`: no bytes. */
  body: unknown;
  idempotencyKey: string | undefined;
}

/** The operation's variables. */
export type Variables = Record<string, unknown>;

/** Checks path, query, header and body, in this order; VALIDATION_FAILED with all that is wrong with them. */
export function checkRequest(ctx: Context, compiled: CompiledRow, raw: RawInput): MaybePromise<Checked<Variables>> {
  const path = checkPath(compiled, raw.parameters);
  if (compiled.isRead && raw.search === '') return passed(path.value, path.issues);
  const query = checkQuery(ctx, compiled, raw.search);
  const header = checkHeader(raw.idempotencyKey);
  const walked = walkKeeping(ctx, compiled.own.changes, path.value, raw.body, (kept) =>
    walkBody(compiled, raw.body, kept),
  );
  const asked = { ...path.value, ...renamed(query.value, compiled.row) };
  const page = checkPage(ctx, compiled, asked, [...path.issues, ...query.issues, ...header]);
  return chain(walked, (found) =>
    chain(page, (ofPage) => {
      const body = checkBody(ctx, compiled, raw.body, found);
      const ofQuery = [...query.issues, ...ofPage];
      const sorted = ofQuery.length === 0 ? ofQuery : sortByField(wireNames(compiled.row.query ?? noQuery), ofQuery);
      const issues = [...path.issues, ...sorted, ...header, ...body.issues];
      return passed(compiled.takesInput ? { input: { ...inputOf(compiled, body), ...path.value } } : asked, issues);
    }),
  );
}

function wireNames(schema: z.ZodType): string[] {
  return Object.keys(fieldsOf(schema)).map(snake);
}

function checkPath(compiled: CompiledRow, parameters: Record<string, string>) {
  const issues: Issue[] = [];
  const value: Record<string, unknown> = {};
  for (const { name, field, schema } of compiled.parameters) {
    const text = parameters[name] ?? '';
    if (schema === null) {
      const issue = textIssue(text, ['path', name]);
      if (issue) issues.push(issue);
      value[field] = text;
    } else {
      const walked = walk(schema, text, ['path', name], { naming: 'snake' });
      issues.push(...walked.issues);
      value[field] = walked.value;
    }
  }
  return { issues, value };
}

const noQuery = z.object({});

function checkQuery(ctx: Context, { row }: CompiledRow, search: string) {
  if (search === '' && !row.query) return { value: {}, issues: [] };
  const { value, issues } = walk(row.query ?? noQuery, readQuery(search), ['query'], { naming: 'snake' });
  const { sameOrg } = row;
  const own = sameOrg === undefined ? undefined : (value as Record<string, unknown>)[sameOrg];
  if (sameOrg !== undefined && own != null && own !== ctx.principal.orgId)
    issues.unshift(valueError(['query', snake(sameOrg)], 'must be the organization of the path', own));
  return { value: value as Record<string, unknown>, issues };
}

/** The last value of each name. */
function readQuery(search: string): Record<string, unknown> {
  const given: Record<string, unknown> = Object.create(null);
  // The ampersand keeps a question mark in front of a name, which would be taken for the query's own.
  for (const pair of search.split('&'))
    for (const [name, text] of new URLSearchParams(`&${pair}`))
      given[name] = text.includes(REPLACED) && !isText(pair) ? text.replaceAll(REPLACED, HALF) : text;
  return { ...given };
}

/** Bytes that are not UTF-8 are read as U+FFFD; half a character in its place lets every field refuse them. */
const REPLACED = '\ufffd';
const HALF = '\udc80';

function isText(pair: string): boolean {
  try {
    return decodeURIComponent(pair.replace(/%(?![\da-f]{2})/gi, '%25')) !== null;
  } catch {
    return false;
  }
}

/**
 * The list judges its cursor, and whatever else the query's own schema does not, beside what is wrong already; where
 * nothing is, it does so when it is read.
 */
function checkPage(ctx: Context, compiled: CompiledRow, args: Variables, wrong: Issue[]): MaybePromise<Issue[]> {
  const { pageIssues } = compiled;
  if (!pageIssues || wrong.length === 0) return [];
  const { first: _, ...page } = args;
  const known = new Set(wrong.map(({ loc }) => String(loc)));
  const found = rescue(
    () => pageIssues(page, ctx),
    // The list itself cannot be named: what is wrong with it is in the answer already.
    () => [],
  );
  return chain(found, (issues) =>
    issues.map((issue) => ({ ...issue, loc: locOf(compiled, issue.loc) })).filter(({ loc }) => !known.has(String(loc))),
  );
}

function checkHeader(key: string | undefined): Issue[] {
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return [];
  return [
    valueError(['header', 'idempotency-key'], 'an Idempotency-Key has 1 to 255 visible characters', key.slice(0, 300)),
  ];
}

function walkBody({ row }: CompiledRow, body: unknown, kept: Doc | undefined): Walked<unknown> {
  if (!row.body) return { value: {}, issues: [] };
  if (body === undefined)
    return { value: {}, issues: [{ type: 'missing', loc: ['body'], msg: 'Field required', input: null }] };
  return walk(row.body, body, ['body'], { naming: 'snake', kept });
}

function checkBody(
  ctx: Context,
  compiled: CompiledRow,
  body: unknown,
  { value, issues }: Walked<unknown>,
): { value: Record<string, unknown>; issues: Issue[] } {
  const { row, own: rules } = compiled;
  if (!row.body || body === undefined) return { value: {}, issues };
  const own = ruleIssues(rules, value, body, ctx).map((issue) => ({
    ...issue,
    loc: locOf(compiled, issue.loc),
  }));
  const all = own.length === 0 ? issues : sortByField(wireNames(row.body), [...issues, ...beside(issues, own)]);
  return { value: (value ?? {}) as Record<string, unknown>, issues: all };
}

function inputOf({ row }: CompiledRow, { value, issues }: { value: Record<string, unknown>; issues: Issue[] }) {
  return row.input && issues.length === 0 ? row.input(value as never) : value;
}

function renamed(
  query: Record<string, unknown>,
  { renames = {}, reads = {} }: Pick<Row, 'renames' | 'reads'>,
): Record<string, unknown> {
  const variables: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(query)) {
    const to = renames[name] === undefined ? name : renames[name];
    if (to === null || value === undefined) continue;
    variables[to] = typeof value === 'string' && reads[name] ? reads[name](value) : value;
  }
  return variables;
}
