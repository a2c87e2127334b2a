import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { complete } from '../complete.ts';
import { refsOf, secondKey, secondKeys } from '../derived.ts';
import type { AnyCollection, Doc, Key } from '../store.ts';
import { columnsOf, quote } from './schema.ts';
import { aliveOf, toValue, type Value } from './where.ts';

/** The writes of one collection: its row, its index columns, its refs, its kept totals and its search texts. */
export class Table {
  readonly collection: AnyCollection;
  /** Whether a document has been read that is so large that few of them are read at once. */
  isWide = false;
  readonly #db: DatabaseSync;
  readonly #columns: string[];
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync, collection: AnyCollection) {
    this.#db = db;
    this.collection = collection;
    this.#columns = columnsOf(collection);
  }

  /** Prepared once per text; the texts are few, since values are always bound. */
  prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      statement.setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  get(key: Key): Doc | null {
    const text = this.text(key);
    return text === null ? null : this.read(text);
  }

  text(key: Key): string | null {
    const row = this.prepare(
      `SELECT d.doc FROM ${quote(this.collection.name)} d WHERE d.org = ? AND d.id = ? AND ${aliveOf(this.collection)}`,
    ).get(key.orgId, key.id) as unknown as [string] | undefined;
    return row ? row[0] : null;
  }

  /** A stored text as the document that it is today. */
  read(text: string): Doc {
    return complete(this.collection, JSON.parse(text) as Doc);
  }

  idOfUnique(orgId: string, unique: string): string | null {
    const find = (condition: string, ...values: string[]) =>
      this.prepare(
        `SELECT d.id FROM ${quote(this.collection.name)} d WHERE d.org = ? AND ${condition} AND ${aliveOf(this.collection)} LIMIT 1`,
      ).get(orgId, ...values) as unknown as [string] | undefined;
    const row = find('d.uniq = ?', unique) ?? find('d.uniq >= ? AND d.uniq < ?', ...secondKeys(unique));
    return row?.[0] ?? null;
  }

  insert(doc: Doc, key = this.#unique(doc)): void {
    const names = ['org', 'id', 'version', 'createdAt', 'uniq', 'doc', ...this.#columns];
    const { lastInsertRowid } = this.prepare(
      `INSERT INTO ${quote(this.collection.name)} (${names.map(quote).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    ).run(doc.orgId, doc.id, doc.version, doc.createdAt, key, JSON.stringify(doc), ...this.#values(doc));
    this.#addRefs(doc);
    this.#addTotals(doc, 1);
    this.#index(Number(lastInsertRowid), doc);
  }

  /** A key stays what it is unless the document's own changes: it may be a second one. */
  replace(doc: Doc, before: Doc, key = this.#unique(doc)): void {
    const keys = this.#unique(before) === this.#unique(doc) ? {} : { uniq: key };
    const names = ['version', ...Object.keys(keys), 'doc', ...this.#columns];
    this.prepare(
      `UPDATE ${quote(this.collection.name)} SET ${names.map((name) => `${quote(name)} = ?`).join(', ')} WHERE org = ? AND id = ?`,
    ).run(doc.version, ...Object.values(keys), JSON.stringify(doc), ...this.#values(doc), doc.orgId, doc.id);
    if (String(this.#refs(doc)) !== String(this.#refs(before))) {
      this.#removeRefs(before);
      this.#addRefs(doc);
    }
    this.#moveTotals(before, doc);
    if (this.collection.search) {
      const rowid = this.#rowid(doc);
      this.#unindex(rowid);
      this.#index(rowid, doc);
    }
  }

  remove(doc: Doc): void {
    if (this.collection.search) this.#unindex(this.#rowid(doc));
    this.prepare(`DELETE FROM ${quote(this.collection.name)} WHERE org = ? AND id = ?`).run(doc.orgId, doc.id);
    this.#removeRefs(doc);
    this.#addTotals(doc, -1);
  }

  /** Removes up to `limit` rows by one column, tombstoned ones too. */
  sweep(field: string, value: string, limit: number): number {
    const docs = this.swept(field, value, limit);
    for (const doc of docs) this.remove(doc);
    return docs.length;
  }

  /** What such a sweep would remove. */
  swept(field: string, value: string, limit: number): Doc[] {
    const test = field === this.collection.expires ? '< ?' : '= ?';
    const rows = this.prepare(
      `SELECT d.doc FROM ${quote(this.collection.name)} d WHERE d.${quote(field)} ${test} LIMIT ?`,
    ).all(value, limit) as unknown as [string][];
    return rows.map(([text]) => this.read(text));
  }

  scan(after: Key | null, limit: number): Doc[] {
    const rows = this.prepare(
      `SELECT d.doc FROM ${quote(this.collection.name)} d WHERE (d.org, d.id) > (?, ?) ORDER BY d.org, d.id LIMIT ?`,
    ).all(after?.orgId ?? '', after?.id ?? '', limit) as unknown as [string][];
    return rows.map(([doc]) => this.read(doc));
  }

  /** Inserts or replaces, whatever is there. */
  load(doc: Doc): void {
    const stored = this.#stored(doc);
    const key = this.#freeKey(doc);
    if (stored) this.replace(doc, stored, key);
    else this.insert(doc, key);
  }

  discard(key: Key): void {
    const stored = this.#stored(key);
    if (stored) this.remove(stored);
  }

  /** What is there, below a tombstone too. */
  #stored({ orgId, id }: Key): Doc | null {
    const row = this.prepare(`SELECT doc FROM ${quote(this.collection.name)} WHERE org = ? AND id = ?`).get(orgId, id);
    return row ? this.read((row as unknown as [string])[0]) : null;
  }

  /** Makes all that lies beside a stored document; answers the older document that has its key, if one does. */
  derive(rowid: number, doc: Doc): string | null {
    const sets = this.#columns.map((name) => `, ${quote(name)} = ?`).join('');
    const key = this.#freeKey(doc);
    this.prepare(`UPDATE ${quote(this.collection.name)} SET uniq = ?${sets} WHERE rowid = ?`).run(
      key,
      ...this.#values(doc),
      rowid,
    );
    this.#addRefs(doc);
    this.#addTotals(doc, 1);
    this.#index(rowid, doc);
    return key === this.#unique(doc) ? null : this.#holder(doc);
  }

  /** Its key, or a second one where another document has that. */
  #freeKey(doc: Doc): string | null {
    const key = this.#unique(doc);
    const holder = this.#holder(doc);
    return key === null || holder === null || holder === doc.id ? key : secondKey(key, doc.id);
  }

  #holder(doc: Doc): string | null {
    const row = this.prepare(`SELECT id FROM ${quote(this.collection.name)} WHERE org = ? AND uniq = ?`).get(
      doc.orgId,
      this.#unique(doc),
    ) as unknown as [string] | undefined;
    return row?.[0] ?? null;
  }

  #unique(doc: Doc): string | null {
    return this.collection.unique?.(doc) ?? null;
  }

  #values(doc: Doc): Value[] {
    const [foldA, foldB] = this.collection.search?.texts(doc) ?? [];
    const source = { ...doc, foldA, foldB } as unknown as Record<string, string | number | boolean | null>;
    return this.#columns.map((name) => toValue(source[name]));
  }

  #refs(doc: Doc): string[] {
    return refsOf(this.collection, doc);
  }

  #addRefs(doc: Doc): void {
    for (const ref of this.#refs(doc))
      this.prepare('INSERT INTO refs (org, collection, ref, "createdAt", id) VALUES (?, ?, ?, ?, ?)').run(
        doc.orgId,
        this.collection.name,
        ref,
        doc.createdAt,
        doc.id,
      );
  }

  #removeRefs(doc: Doc): void {
    for (const ref of this.#refs(doc))
      this.prepare('DELETE FROM refs WHERE org = ? AND collection = ? AND ref = ? AND "createdAt" = ? AND id = ?').run(
        doc.orgId,
        this.collection.name,
        ref,
        doc.createdAt,
        doc.id,
      );
  }

  #totalKeys(doc: Doc): string[] {
    const source = doc as unknown as Record<string, Value>;
    return (this.collection.totals ?? []).map((fields) =>
      totalKey(
        this.collection,
        fields.map((field: string) => [field, source[field] ?? null]),
      ),
    );
  }

  #addTotals(doc: Doc, by: 1 | -1): void {
    for (const key of this.#totalKeys(doc)) this.#addTotal(doc.orgId, key, by);
  }

  #moveTotals(before: Doc, doc: Doc): void {
    const keys = this.#totalKeys(doc);
    this.#totalKeys(before).forEach((old, at) => {
      if (old === keys[at]) return;
      this.#addTotal(doc.orgId, old, -1);
      this.#addTotal(doc.orgId, keys[at]!, 1);
    });
  }

  #addTotal(orgId: string, key: string, by: 1 | -1): void {
    this.prepare('INSERT INTO totals (org, key, n) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n').run(
      orgId,
      key,
      by,
    );
  }

  #rowid(doc: Doc): number {
    const row = this.prepare(`SELECT rowid FROM ${quote(this.collection.name)} WHERE org = ? AND id = ?`).get(
      doc.orgId,
      doc.id,
    );
    return (row as unknown as [number])[0];
  }

  #index(rowid: number, doc: Doc): void {
    if (!this.collection.search) return;
    const scope = scopeToken(String((doc as unknown as Record<string, unknown>)[this.collection.search.scope]));
    const [a, b] = this.collection.search.texts(doc);
    this.prepare(`INSERT INTO ${quote(`${this.collection.name}_fts`)} (rowid, scope, a, b) VALUES (?, ?, ?, ?)`).run(
      rowid,
      scope,
      a,
      b,
    );
  }

  #unindex(rowid: number): void {
    this.prepare(`DELETE FROM ${quote(`${this.collection.name}_fts`)} WHERE rowid = ?`).run(rowid);
  }
}

/** The random end of an id: its beginning is the time, which whole tables share, and would make every posting list long. */
export function scopeToken(id: string): string {
  return id.slice(-16);
}

export function totalKey(collection: AnyCollection, values: readonly (readonly [string, Value | boolean])[]): string {
  return JSON.stringify([collection.name, ...values.map(([field, value]) => [field, toValue(value)])]);
}
