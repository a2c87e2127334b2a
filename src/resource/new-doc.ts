import { complete } from '../store/complete.ts';
import type { Doc, Key } from '../store/store.ts';
import { type Context, isoNow } from './context.ts';
import type { StoredBody } from './field/bodies.ts';
import type { DocOf, Fields, Made } from './field/field.ts';
import { saidOf } from './field/values.ts';
import type { FieldNoun } from './noun.ts';

/** What every document has, in the first version of one. */
export function firstVersion({ orgId, id }: Key, now: string, createdBy: string | null): Doc {
  return { id, orgId, version: 1, createdAt: now, updatedAt: now, createdBy };
}

/** The same of a document that somebody's request makes: in their org, or keyed by itself. */
export function created(ctx: Context, id: string, orgId = ctx.principal.orgId): Doc {
  return firstVersion({ orgId, id }, isoNow(ctx), ctx.principal.actorId);
}

/** A new document: what its body says, what its maker gives, and the first values of whatever both leave out. */
export function newDoc<F extends Fields>(
  ctx: Context,
  noun: FieldNoun<F>,
  id: string,
  body: StoredBody<F>,
  made: Made<F>,
): DocOf<F> {
  return docFrom(noun, created(ctx, id), { ...saidOf(noun.fields, body), ...made });
}

const blanks = new WeakMap<Fields, object>();

/**
 * All names that a document has, and nothing in them yet: one that is given them one by one becomes a table to V8, which
 * every copy of it has to walk.
 */
function blankOf({ fields, collection }: FieldNoun<Fields>): object {
  const known = blanks.get(fields);
  if (known) return known;
  const names = [...Object.keys(firstVersion({ orgId: '', id: '' }, '', null)), ...Object.keys(collection.first ?? {})];
  const blank: Record<string, unknown> = JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:0`)}}`);
  for (const name of names) blank[name] = undefined;
  blanks.set(fields, blank);
  return blank;
}

/** The same where nobody's body says a thing. */
export function docFrom<F extends Fields>(noun: FieldNoun<F>, first: Doc, made: Made<F>): DocOf<F> {
  return complete(noun.collection, { ...blankOf(noun), ...first, ...made } as DocOf<F>);
}
