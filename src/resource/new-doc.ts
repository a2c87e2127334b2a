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

/** The same where nobody's body says a thing. */
export function docFrom<F extends Fields>(noun: FieldNoun<F>, first: Doc, made: Made<F>): DocOf<F> {
  return complete(noun.collection, { ...first, ...made } as DocOf<F>);
}
