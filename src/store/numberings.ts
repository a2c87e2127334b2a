import type { AnyCollection, Collection, Doc, Key } from './store.ts';
import type { View } from './view.ts';

/** How far the documents of a numbered collection have been counted; its id is the collection's name. */
export interface Numbering extends Doc {
  last: number;
}
export const numberings: Collection<Numbering> = { name: 'numberings', first: { last: 0 } };

export function numberingKey(from: AnyCollection, orgId: string): Key {
  return { orgId, id: from.name };
}

/** Counts an org's numbering on, and answers the last number. It is a document of the org: whoever writes it at the same time conflicts. */
export function count(view: View, from: AnyCollection, orgId: string, by: 0 | 1, now: string): number {
  const key = numberingKey(from, orgId);
  const before = view.get(numberings, key) as Numbering | null;
  const last = (before?.last ?? 0) + by;
  if (before) view.replace(numberings, { ...before, last, version: before.version + 1, updatedAt: now } as Doc, before);
  else view.insert(numberings, { ...key, version: 1, createdAt: now, updatedAt: now, createdBy: null, last } as Doc);
  return last;
}
