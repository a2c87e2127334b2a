import type { AnyCollection, Collection, Doc, Key } from './store.ts';

/** How far the documents of a numbered collection have been counted; its id is the collection's name. */
export interface Numbering extends Doc {
  last: number;
}
export const numberings: Collection<Numbering> = { name: 'numberings', first: { last: 0 } };

export function numberingKey(from: AnyCollection, orgId: string): Key {
  return { orgId, id: from.name };
}
