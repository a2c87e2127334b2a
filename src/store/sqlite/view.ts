import type { AnyCollection } from '../store.ts';
import type { View } from '../view.ts';
import { readIds } from './reads.ts';
import type { Table } from './table.ts';

/** What a commit is evaluated on: the tables, within a transaction. */
export function viewOf(table: (from: AnyCollection) => Table): View {
  return {
    get: (from, key) => table(from).get(key),
    has: (from, key) => table(from).has(key),
    idOfUnique: (from, orgId, unique) => table(from).holderOf(orgId, unique),
    matching(from, query, limit) {
      table(from).settle();
      return readIds(table(from), query, limit);
    },
    insert: (from, doc) => table(from).insert(doc),
    replace: (from, doc, before) => table(from).rewrite(doc, before),
    remove: (from, doc) => table(from).remove(doc),
    touch: () => undefined,
    sweep: (sweep) => table(sweep.in).sweep(sweep),
  };
}
