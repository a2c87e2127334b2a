import type { AnyCollection, Doc, Key, Query, Sweep } from './store.ts';

/** What a commit sees while it is evaluated: the stored documents and the commit's own earlier writes. */
export interface View {
  get(from: AnyCollection, key: Key): Doc | null;
  /** Whether the id has a row, below a tombstone too: until its sweep nobody else can have it, nor its unique key. */
  has(from: AnyCollection, key: Key): boolean;
  /** Who has the unique key, below a tombstone too. */
  idOfUnique(from: AnyCollection, orgId: string, unique: string): string | null;
  /** Ids of up to `limit` matching documents. */
  matching(from: AnyCollection, query: Query, limit: number): string[];
  insert(from: AnyCollection, doc: Doc): void;
  replace(from: AnyCollection, doc: Doc, before: Doc): void;
  remove(from: AnyCollection, doc: Doc): void;
  /** Named by a condition but not written: engines with snapshot isolation write it, so that others conflict. */
  touch(from: AnyCollection, doc: Doc): void;
  sweep(sweep: Sweep): number;
}
