import type { Given } from './bell.ts';
import { count } from './numberings.ts';
import type { AnyCollection, Doc } from './store.ts';
import type { View } from './view.ts';

/** The writes of one commit: a document gets its number here, and what it tells is inserted behind it. */
export interface Writes {
  insert(from: AnyCollection, doc: Doc): void;
  replace(from: AnyCollection, doc: Doc, before: Doc): void;
  /** Where numbers were given. */
  readonly given: Given[];
}

export function writesTo(view: View, now: string): Writes {
  const given: Given[] = [];
  const tell = (from: AnyCollection, doc: Doc, before: Doc | null) => {
    for (const told of from.tells?.(doc, before, now) ?? []) insert(told.in, told.doc);
  };
  const number = (from: AnyCollection, doc: Doc): Doc => {
    if (!from.numbered) return doc;
    given.push({ in: from.name, orgId: doc.orgId });
    return { ...doc, [from.numbered]: count(view, from, doc.orgId, 1, now) } as Doc;
  };
  const insert = (from: AnyCollection, doc: Doc) => {
    view.insert(from, number(from, doc));
    tell(from, doc, null);
  };
  return {
    insert,
    replace(from, doc, before) {
      view.replace(from, from.renumbered ? number(from, doc) : doc, before);
      tell(from, doc, before);
    },
    given,
  };
}
