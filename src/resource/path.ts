import { named } from '../store/named.ts';
import { chain, type Doc, type MaybePromise } from '../store/store.ts';
import { notFound } from '../words/errors.ts';
import type { Context } from './context.ts';
import { find, type Noun } from './noun.ts';

/** One element of a path: which noun, which id; an id left out is not checked. */
export type Step = readonly [Noun<Doc>, string | null | undefined];

/**
 * Finds the document at the end of a path whose elements all hold. A 404 names the leftmost element that cannot be
 * reached. When everything is in place this is one read, since a document carries the ids above it.
 */
export function reach<D extends Doc>(ctx: Context, above: readonly Step[], noun: Noun<D>, id: string): MaybePromise<D> {
  return chain(find(ctx, noun, id), (doc) => (doc && liesIn(noun, doc, above) ? doc : explain(ctx, above, noun, id)));
}

function liesIn({ collection }: Noun<Doc>, doc: Doc, above: readonly Step[]): boolean {
  const fieldOf = (parent: Noun<Doc>) => collection.ancestors?.find((one) => one.in === parent.collection.name)?.field;
  return above.every(([parent, id]) => id == null || named(doc)[fieldOf(parent) ?? ''] === id);
}

/** Walks from the left to say which element is missing. */
async function explain<D extends Doc>(ctx: Context, above: readonly Step[], noun: Noun<D>, id: string): Promise<never> {
  const passed: Step[] = [];
  for (const step of above) {
    const [parent, parentId] = step;
    if (parentId == null) continue;
    const doc = await find(ctx, parent, parentId);
    if (!doc || !liesIn(parent, doc, passed)) throw notFound(parent.resource, parentId);
    passed.push(step);
  }
  throw notFound(noun.resource, id);
}

/** A thing that a body refers to must exist in the same org (and where given, below the same parent). */
export async function needReference<D extends Doc>(
  ctx: Context,
  noun: Noun<D>,
  id: string,
  parent?: { field: keyof D; id: string },
): Promise<D> {
  const doc = await find(ctx, noun, id);
  if (!doc || (parent && doc[parent.field] !== parent.id)) throw notFound(noun.resource, id);
  return doc;
}
