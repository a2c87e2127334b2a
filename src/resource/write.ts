import { isDeepStrictEqual } from 'node:util';
import { idIn } from '../store/named.ts';
import { type AnyCollection, type Change, type Doc, StoreConflict } from '../store/store.ts';
import { conflict, fault } from '../words/errors.ts';
import { camel } from '../words/naming.ts';
import { audit, type Recorded, type Told } from './audit.ts';
import { type Context, type Idempotency, isoNow, type Rendered } from './context.ts';
import { bumpsOf } from './generation.ts';
import { idempotencyRecord } from './idempotency.ts';
import { idShown, type Noun } from './noun.ts';
import { checkSizes } from './size.ts';
import { tasks } from './task.ts';
import { checkVersion } from './version.ts';

/** A change with what its failed condition means to the caller; without, the write is read again and tried anew. */
export interface Planned {
  change: Change;
  otherwise?: (conflict: StoreConflict) => Error | Promise<Error>;
}

/** Thrown to have a write planned again from fresh reads. */
class Stale extends Error {}

const TRIES = 64;

/** Plans and commits until the plan was made from what is stored; gives up as SERVICE_UNAVAILABLE, never half done. */
export async function withRetry<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < TRIES; tries += 1)
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Stale)) throw error;
    }
  throw fault('SERVICE_UNAVAILABLE', { retry_after: 1 });
}

declare const saved: unique symbol;

/** What a mutation answers: only `save` makes one, so that none can forget its commit or its Idempotency-Key. */
export type Saved<P> = P & { readonly [saved]: true };

/** Commits a mutation's changes, with the record of its Idempotency-Key where the request has one; answers the payload. */
export async function save<P>(ctx: Context, planned: readonly Planned[], payload: P): Promise<Saved<P>> {
  const { idempotency } = ctx.terms;
  const record = idempotency ? [keptReply(ctx, idempotency, await idempotency.render(payload))] : [];
  await commit(ctx, [...planned, ...record]);
  return payload as Saved<P>;
}

/** The record of an Idempotency-Key; where another request was faster, its conflict is the caller's to explain. */
export function keptReply(ctx: Context, idempotency: Idempotency, reply: Rendered): Planned {
  return { change: idempotencyRecord(ctx, idempotency, reply), otherwise: (conflict) => conflict };
}

/** Commits changes that are not what a mutation answers. */
export async function commit(ctx: Context, planned: readonly Planned[]): Promise<void> {
  if (planned.length === 0) return;
  const changes = planned.map(({ change }) => change);
  try {
    await checkSizes(ctx, changes);
    await ctx.deps.store.commit([...changes, ...bumpsOf(changes)]);
  } catch (error) {
    // What was expected of this commit has not come about.
    ctx.loaders.clear();
    if (!(error instanceof StoreConflict)) throw error;
    throw (await planned[error.at]?.otherwise?.(error)) ?? new Stale();
  }
  ctx.loaders.clear();
  if (changes.some((change) => change.in === tasks)) ctx.deps.wake();
  for (const queue of dueIn(changes, isoNow(ctx))) ctx.deps.bell.ring(queue);
}

/** The queues in which a commit has left something due. */
function dueIn(changes: readonly Change[], now: string): Set<string> {
  const queues = changes.flatMap((change) => {
    if (!change.in.queue || (change.type !== 'insert' && change.type !== 'put')) return [];
    const dueAt = idIn(change.doc, change.in.queue.due);
    return dueAt !== '' && dueAt <= now ? [bellOf(change.in, change.doc.orgId)] : [];
  });
  return new Set(queues);
}

/** The name under which an org's queue rings. */
export function bellOf({ name }: AnyCollection, orgId: string): string {
  return `${name} ${orgId}`;
}

/** A change of a noun, and the audit event that tells of it. */
type WithAudit = [change: Planned, event: Planned];

/** Insert and audit event of a new document; a taken unique key answers CONFLICT with `field` and the other's id. */
export function insertion<D extends Doc>(ctx: Context, noun: Noun<D>, doc: D, field = 'name', told?: Told): WithAudit {
  const event = audit(ctx, noun, { verb: 'create', before: null, after: doc, told });
  return [inserting(ctx, noun, doc, field), { change: event }];
}

/** The insert alone, where what its audit event tells is not the document as it is stored. */
export function inserting<D extends Doc>(ctx: Context, noun: Noun<D>, doc: D, field = 'name'): Planned {
  return {
    change: { type: 'insert', in: noun.collection, doc },
    otherwise: (failed) => takenBy(ctx, noun, failed, field),
  };
}

/** The change and its audit event; `next` is the whole document, its version still the old one. */
export function replacement<D extends Doc>(
  ctx: Context,
  noun: Noun<D>,
  before: D,
  next: D,
  verb = 'update',
  { field, told }: Pick<Updated<D>, 'field' | 'told'> = {},
) {
  const { after, put } = replacing(ctx, noun, before, next, field);
  const planned: WithAudit = [put, { change: audit(ctx, noun, { verb, before, after, told }) }];
  return { after, planned };
}

/** The same without its event. */
export function replacing<D extends Doc>(ctx: Context, noun: Noun<D>, before: D, next: D, field = 'name') {
  const after: D = { ...next, version: before.version + 1, updatedAt: laterOf(before.updatedAt, isoNow(ctx)) };
  const put: Planned = {
    change: { type: 'put', in: noun.collection, doc: after, expected: before.version },
    otherwise: (failed) => (failed.kind === 'unique' ? takenBy(ctx, noun, failed, field) : new Stale()),
  };
  return { after, put };
}

export function removal<D extends Doc>(
  ctx: Context,
  noun: Noun<D>,
  doc: D,
  extra: Partial<Pick<Recorded, 'verb' | 'counts' | 'told'>> = {},
): WithAudit {
  const event = audit(ctx, noun, { verb: 'delete', ...extra, before: doc, after: null });
  return [removing(noun, doc), { change: event }];
}

/** The same without its event. */
export function removing<D extends Doc>(noun: Noun<D>, doc: D): Planned {
  return { change: { type: 'remove', in: noun.collection, key: doc, expected: doc.version } };
}

/** The document must still be there when the commit is made; gone meanwhile, the plan is made anew and answers 404. */
export function stillThere<D extends Doc>(noun: Noun<D>, doc: D): Planned {
  return { change: { type: 'exists', in: noun.collection, key: doc } };
}

/** The same for a document whose content the plan rests on. */
export function unchanged<D extends Doc>(noun: Noun<D>, doc: D): Planned {
  return { change: { type: 'exists', in: noun.collection, key: doc, expected: doc.version } };
}

export interface Updated<D extends Doc> {
  doc: D;
  /** Further changes of the same commit. */
  also?: Planned[];
  verb?: string;
  field?: string;
  told?: Told;
  /** A conflict with the current state; it answers after a missing reference and a stale version. */
  refuse?: Error | null;
}

/** Reads, decides, commits, and again while others were faster. An update that changes nothing stores nothing. */
export function update<D extends Doc, P>(
  ctx: Context,
  noun: Noun<D>,
  read: () => Promise<D>,
  expectedVersion: number | null | undefined,
  decide: (before: D) => Promise<Updated<D>> | Updated<D>,
  payloadOf: (doc: D) => P,
): Promise<Saved<P>> {
  return withRetry(async () => {
    const before = await read();
    const { doc, also = [], verb, field, told, refuse } = await decide(before);
    checkVersion(ctx, before, expectedVersion);
    if (refuse) throw refuse;
    if (isDeepStrictEqual(doc, before) && also.length === 0) return save(ctx, [], payloadOf(before));
    const { after, planned } = replacement(ctx, noun, before, doc, verb, { field, told });
    return save(ctx, [...planned, ...also], payloadOf(after));
  });
}

/** A taken unique key; `conflicting_id` is null where the caller may not see that object. */
async function takenBy<D extends Doc>(
  ctx: Context,
  noun: Noun<D>,
  failed: StoreConflict,
  field: string,
): Promise<Error> {
  if (failed.kind !== 'unique' && failed.kind !== 'exists') return new Stale();
  const id = failed.kind === 'exists' ? (failed.change as { doc: Doc }).doc.id : String(failed.detail);
  const other = await ctx.deps.store.get(noun.collection, { orgId: ctx.principal.orgId, id });
  const conflictingId = idShown(ctx.principal, noun, other);
  return conflict(noun.resource, { field, value: wantedIn(failed, field), conflictingId });
}

/** What the refused change would have stored in the field; a slug is the document's own id. */
function wantedIn({ change }: StoreConflict, field: string): unknown {
  const { doc } = change as { doc?: Doc & Record<string, unknown> };
  return doc?.[camel(field)] ?? (field.endsWith('_id') ? doc?.id : undefined);
}

/** `updated_at` never goes back, whatever the clock does. */
function laterOf(before: string, now: string): string {
  return now >= before ? now : before;
}
