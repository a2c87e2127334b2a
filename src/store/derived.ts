import { named } from './named.ts';
import type { AnyCollection, Clause, Doc, Scalar } from './store.ts';

/**
 * What an engine keeps beside a collection's documents (columns, keys, references, totals, folded texts), as one text.
 * Where the text that is stored differs, an engine makes all of it anew from the documents.
 */
export function derivedOf(collection: AnyCollection): string {
  const {
    columns = [],
    scopes = [],
    ancestors = [],
    expires = null,
    totals = [],
    filters,
    search,
    queue,
    numbered,
  } = collection;
  return JSON.stringify({
    columns: [...new Set([...columns, ...scopes, ...(filters ?? []), ...ancestors.map(({ field }) => field)])].sort(),
    expires,
    totals,
    unique: collection.unique !== undefined,
    refs: collection.refs !== undefined,
    search: search?.scope ?? null,
    ...(filters ? { filters } : {}),
    ...(queue ? { queue } : {}),
    ...(numbered ? { numbered } : {}),
  });
}

/** Those of a query's conditions that the collection's `filters` answer, with the reference that each stands for; the more telling first. */
export function filtersIn(
  { filters = [] }: AnyCollection,
  where: readonly Clause[] = [],
): { clause: Clause; ref: string }[] {
  return filters.flatMap((field) =>
    where.flatMap((clause) => {
      const [value, ...others] = 'in' in clause && clause.field === field ? clause.in : [];
      return value == null || others.length > 0 ? [] : [{ clause, ref: filterRef(field, value) }];
    }),
  );
}

/** No kind of thing that is referred to is written so. */
function filterRef(field: string, value: Scalar): string {
  return `${field}=${value}`;
}

function filterRefs({ filters = [] }: AnyCollection, doc: Doc): string[] {
  const source = named(doc);
  return filters.flatMap((field) => {
    const value = source[field] ?? null;
    return value === null ? [] : [filterRef(field, value)];
  });
}

/** All that the document refers to and is filtered by, each once: `model:gpt-4o`, `policyId=pol_1`. */
export function refsOf(collection: AnyCollection, doc: Doc): string[] {
  const { refs = [] }: AnyCollection = collection;
  const all = refs.flatMap(({ to, ids }) =>
    ids(doc)
      .filter((id) => id !== null)
      .map((id) => `${to}:${id}`),
  );
  return [...new Set([...all, ...filterRefs(collection, doc)])];
}

/**
 * Under a newer folding two names can have become one. The older document has the key; the younger keeps its name, is
 * found by its id and in every list, and lies under a key of its own, which tells that the name is taken once the older
 * one is gone. Nobody's data changes at a start; whoever renames one of the two ends it.
 */
export function secondKey(key: string, id: string): string {
  return `${MARK}${key}${MARK}${id}`;
}

/** All second keys of a key: from, until. */
export function secondKeys(key: string): [from: string, until: string] {
  return [`${MARK}${key}${MARK}`, `${MARK}${key}${AFTER_MARK}`];
}

export function isSecondKey(key: string | null): boolean {
  return key?.startsWith(MARK) ?? false;
}

/** No key begins with it: they begin with an id or a name. */
const MARK = '\u0002';
const AFTER_MARK = '\u0003';

/** Said once for each pair, at the start that found it. */
export type Tell = (message: string, details: Record<string, unknown>) => void;
