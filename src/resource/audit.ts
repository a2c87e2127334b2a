import { isDeepStrictEqual } from 'node:util';
import type { Change, Doc } from '../store/store.ts';
import { isObject } from '../validation/walk.ts';
import { snake } from '../words/naming.ts';
import { type AuditEvent, auditEvents } from './audit-event.ts';
import type { Context } from './context.ts';
import type { Field, Fields } from './field/field.ts';
import { created, docFrom } from './new-doc.ts';
import type { Noun } from './noun.ts';

/** Bookkeeping, not content: never part of an event's changes. */
const SILENT = new Set(['id', 'orgId', 'version', 'createdAt', 'updatedAt', 'createdBy', 'secretHash', 'hash']);

/** What replies show of it that is not stored in it, by the names of the documents' fields. */
export interface Told {
  before?: Readonly<Record<string, unknown>>;
  after?: Readonly<Record<string, unknown>>;
}

export interface Recorded {
  verb: string;
  before: Doc | null;
  after: Doc | null;
  counts?: Record<string, number>;
  told?: Told;
  /** Where it differs from the document's own id (a logical model's slug is the id; a thread's namespace …). */
  resourceId?: string;
}

/** The audit event of one change, as one more change of the same commit. */
export function audit<D extends Doc>(
  ctx: Context,
  noun: Noun<D>,
  { verb, before, after, counts, told, resourceId }: Recorded,
): Change {
  const doc = (after ?? before) as D & { workspaceId?: string };
  const event = docFrom(auditEvents, created(ctx, ctx.deps.ids.next('evt_'), doc.orgId), {
    action: `${noun.resource}.${verb}`,
    actorId: ctx.principal.actorId,
    tokenId: ctx.principal.tokenId,
    resourceType: noun.resource,
    resourceId: resourceId ?? doc.id,
    workspaceId: noun.type === 'Workspace' ? doc.id : (doc.workspaceId ?? null),
    requestId: ctx.requestId,
    trace: ctx.trace ?? null,
    changes: difference(noun.fields, shownAs(before, told?.before), shownAs(after, told?.after)),
    counts: counts ?? null,
    privateTo: noun.hides?.privateTo(doc) ?? null,
  });
  return { type: 'insert', in: auditEvents.collection, doc: event };
}

function shownAs(doc: Doc | null, told: Told['before']): Doc | null {
  return doc && told ? { ...doc, ...told } : doc;
}

function difference(fields: Fields, before: Doc | null, after: Doc | null): AuditEvent['changes'] {
  const [left, right] = [before, after] as (Record<string, unknown> | null)[];
  // Of what comes or goes there is one side, and nothing to compare.
  const differs = (name: string) =>
    left && right ? !isDeepStrictEqual(left[name], right[name]) : (left ?? right)?.[name] !== undefined;
  const all = left && right ? { ...left, ...right } : (left ?? right ?? {});
  const names = Object.keys(all).filter((name) => !SILENT.has(name) && !isHidden(fields[name]) && differs(name));
  const told = (of: Record<string, unknown> | null | undefined, name: string) =>
    of ? documented(fields[name], of[name] ?? null) : null;
  const changes = withNames(names.map(snake));
  for (const name of names) changes[snake(name)] = { before: told(left, name), after: told(right, name) };
  return changes;
}

/** Stored, and shown by no reply. */
function isHidden(field: Field | undefined): boolean {
  return field?.shown === null && (field.place === 'stored' || field.place === 'made');
}

type Changes = AuditEvent['changes'];
const SHAPES_MAX = 1_000;
const shapes = new Map<string, Changes>();

/**
 * An object that has the names already: one that is given them one by one becomes a table, which takes half as long
 * again to write as JSON, once for the event and once for the feed.
 */
function withNames(names: readonly string[]): Changes {
  const key = names.join();
  const shape = shapes.get(key) ?? (JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:0`)}}`) as Changes);
  if (shapes.size < SHAPES_MAX) shapes.set(key, shape);
  return { ...shape };
}

/** A value by the names that replies have for what is inside; the keys of free-form maps are the caller's. */
function documented(field: Field | undefined, value: unknown): unknown {
  const type = field?.shown?.type;
  if (typeof type !== 'object' || !('fields' in type)) return value;
  if (Array.isArray(value)) return value.map((one) => documented(field, one));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [snake(name), documented(type.fields[name], inner)]),
  );
}
