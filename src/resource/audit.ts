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

export interface Recorded {
  verb: string;
  before: Doc | null;
  after: Doc | null;
  counts?: Record<string, number>;
  /** Where it differs from the document's own id (a logical model's slug is the id; a thread's namespace …). */
  resourceId?: string;
}

/** The audit event of one change, as one more change of the same commit. */
export function audit<D extends Doc>(
  ctx: Context,
  noun: Noun<D>,
  { verb, before, after, counts, resourceId }: Recorded,
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
    changes: difference(noun.fields, before, after),
    counts: counts ?? null,
    privateTo: noun.hides?.privateTo(doc) ?? null,
  });
  return { type: 'insert', in: auditEvents.collection, doc: event };
}

function difference(fields: Fields, before: Doc | null, after: Doc | null): AuditEvent['changes'] {
  const left = (before ?? {}) as Record<string, unknown>;
  const right = (after ?? {}) as Record<string, unknown>;
  const changes: AuditEvent['changes'] = {};
  for (const field of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (SILENT.has(field) || isDeepStrictEqual(left[field], right[field])) continue;
    const told = (of: Record<string, unknown>) => documented(fields[field], of[field] ?? null);
    changes[snake(field)] = { before: told(left), after: told(right) };
  }
  return changes;
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
