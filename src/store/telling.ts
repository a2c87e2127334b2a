import type { Given } from './bell.ts';
import { type Numbering, numberingKey, numberings } from './numberings.ts';
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
    return { ...doc, [from.numbered]: nextNumber(view, from, doc.orgId, now) } as Doc;
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

/** The numbering is a document of the org: whoever gives a number at the same time conflicts, so numbers follow the commits. */
function nextNumber(view: View, from: AnyCollection, orgId: string, now: string): number {
  const key = numberingKey(from, orgId);
  const before = view.get(numberings, key) as Numbering | null;
  const last = (before?.last ?? 0) + 1;
  if (before) view.replace(numberings, { ...before, last, version: before.version + 1, updatedAt: now } as Doc, before);
  else view.insert(numberings, { ...key, version: 1, createdAt: now, updatedAt: now, createdBy: null, last } as Doc);
  return last;
}
