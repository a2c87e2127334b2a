import type { Doc, Scalar } from './store.ts';

/** A document's fields by their names, as collections name them in what they declare: columns, lanes, what it lies in. */
export function named(doc: Doc): Readonly<Record<string, Scalar | undefined>> {
  return doc as unknown as Record<string, Scalar | undefined>;
}

/** The id that a field holds; '' where it holds none, which is the id of nothing. */
export function idIn(doc: Doc, field: string): string {
  return String(named(doc)[field] ?? '');
}
