import { paired } from '../../words/paired.ts';
import { refsOf } from '../derived.ts';
import { idIn, named } from '../named.ts';
import type { AnyCollection, Doc } from '../store.ts';
import type { Draft } from './draft.ts';
import type { Rows } from './rows.ts';
import { quote } from './schema.ts';
import { scopeToken, searchTableOf } from './trigrams.ts';
import { toValue, type Value } from './where.ts';

export type Texts = [string, string] | undefined;
type Statement = (name: string, sql: () => string) => Rows<never>;

/** What is kept beside a collection's rows: its refs, its totals and its search texts. */
export class Beside {
  readonly #collection: AnyCollection;
  readonly #draft: Draft;
  readonly #statement: Statement;

  constructor(collection: AnyCollection, draft: Draft, statement: Statement) {
    this.#collection = collection;
    this.#draft = draft;
    this.#statement = statement;
  }

  texts(doc: Doc): Texts {
    return this.#collection.search?.texts(doc);
  }

  add(rowid: number, doc: Doc, texts: Texts): void {
    this.#addRefs(doc);
    for (const key of this.#totalKeys(doc)) this.#draft.add(doc.orgId, key, 1);
    if (texts) this.#index(rowid, doc, texts);
  }

  /** The row is only looked up where a search may tell the two documents apart. */
  move(before: Doc, doc: Doc, texts: Texts, rowid: () => number): void {
    if (String(refsOf(this.#collection, doc)) !== String(refsOf(this.#collection, before))) {
      this.#removeRefs(before);
      this.#addRefs(doc);
    }
    for (const [old, now] of paired(this.#totalKeys(before), this.#totalKeys(doc))) {
      if (old === now) continue;
      this.#draft.add(doc.orgId, old, -1);
      this.#draft.add(doc.orgId, now, 1);
    }
    if (!texts || (this.#scope(doc) === this.#scope(before) && isEqual(texts, this.texts(before)))) return;
    const row = rowid();
    this.#unindex(row);
    this.#index(row, doc, texts);
  }

  remove(doc: Doc, rowid: () => number): void {
    if (this.#collection.search) this.#unindex(rowid());
    this.#removeRefs(doc);
    for (const key of this.#totalKeys(doc)) this.#draft.add(doc.orgId, key, -1);
  }

  #addRefs(doc: Doc): void {
    for (const ref of refsOf(this.#collection, doc))
      this.#statement('add ref', () => ADD_REF).run(doc.orgId, this.#collection.name, ref, doc.createdAt, doc.id);
  }

  #removeRefs(doc: Doc): void {
    for (const ref of refsOf(this.#collection, doc))
      this.#statement('remove ref', () => REMOVE_REF).run(doc.orgId, this.#collection.name, ref, doc.createdAt, doc.id);
  }

  #totalKeys(doc: Doc): string[] {
    return totalKeysOf(this.#collection, doc);
  }

  #scope(doc: Doc): string {
    return this.#collection.search ? idIn(doc, this.#collection.search.scope) : '';
  }

  #index(rowid: number, doc: Doc, [a, b]: [string, string]): void {
    this.#statement(
      'index',
      () => `INSERT INTO ${quote(searchTableOf(this.#collection))} (rowid, scope, a, b) VALUES (?, ?, ?, ?)`,
    ).run(rowid, scopeToken(this.#scope(doc)), a, b);
  }

  #unindex(rowid: number): void {
    this.#statement('unindex', () => `DELETE FROM ${quote(searchTableOf(this.#collection))} WHERE rowid = ?`).run(
      rowid,
    );
  }
}

const ADD_REF = 'INSERT INTO refs (org, collection, ref, "createdAt", id) VALUES (?, ?, ?, ?, ?)';
const REMOVE_REF = 'DELETE FROM refs WHERE org = ? AND collection = ? AND ref = ? AND "createdAt" = ? AND id = ?';

function isEqual([a, b]: [string, string], other: Texts): boolean {
  return a === other?.[0] && b === other[1];
}

/** The totals that a document counts in. */
export function totalKeysOf(collection: AnyCollection, doc: Doc): string[] {
  const source = named(doc);
  return (collection.totals ?? []).map((fields) =>
    totalKey(
      collection,
      fields.map((field: string) => [field, source[field] ?? null]),
    ),
  );
}

export function totalKey(collection: AnyCollection, values: readonly (readonly [string, Value | boolean])[]): string {
  return JSON.stringify([collection.name, ...values.map(([field, value]) => [field, toValue(value)])]);
}
