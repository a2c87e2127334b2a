import type { DatabaseSync } from 'node:sqlite';
import { expected } from '../../words/expected.ts';
import { complete } from '../complete.ts';
import { secondKey, secondKeys } from '../derived.ts';
import { named } from '../named.ts';
import { type AnyCollection, type Doc, type Key, type Sweep, tombstones } from '../store.ts';
import { Beside, type Texts } from './beside.ts';
import type { Written } from './draft.ts';
import type { Shelf } from './memory.ts';
import { type Rows, rows } from './rows.ts';
import { columnsOf, quote } from './schema.ts';
import { Shared } from './shared.ts';
import { aliveOf, toValue, type Value } from './where.ts';

/** Of one collection; to prepare one again takes some tens of microseconds. */
const STATEMENTS_MAX = 128;

/** The rows of one collection, each with its index columns and what is kept beside it. */
export class Table {
  readonly collection: AnyCollection;
  readonly #db: DatabaseSync;
  readonly #shared: Shared;
  readonly #shelf: Shelf;
  readonly #beside: Beside;
  readonly #name: string;
  readonly #columns: string[];
  readonly #ancestors: string[];
  readonly #statements = new Map<string, Rows<readonly unknown[]>>();
  #writes = 0;

  constructor(db: DatabaseSync, collection: AnyCollection, shared = new Shared(db)) {
    this.#db = db;
    this.collection = collection;
    this.#shared = shared;
    this.#shelf = shared.memory.shelf();
    this.#beside = new Beside(collection, shared.draft, (name, sql) => this.statement(name, sql));
    this.#name = quote(collection.name);
    this.#columns = columnsOf(collection);
    this.#ancestors = (collection.ancestors ?? []).map(({ field }) => field);
  }

  /**
   * Prepared once for each name, which stands for one text. There is one for each way to ask, whatever the values; as callers
   * choose what to filter and to sort by, that may be some hundred, of which no more than so many stay.
   */
  statement<R extends readonly unknown[]>(name: string, sql: () => string): Rows<R> {
    const known = this.#statements.get(name);
    if (known) return known as Rows<R>;
    const statement = rows<R>(this.#db, sql());
    const [oldest] = this.#statements.keys();
    if (oldest !== undefined && this.#statements.size >= STATEMENTS_MAX) this.#statements.delete(oldest);
    this.#statements.set(name, statement);
    return statement;
  }

  /** Moves with each write to its rows, or to the tombstones that they may lie below, whoever made it. */
  get moment(): number {
    const { foreign, buried } = this.#shared;
    return this.#writes + foreign + (this.#ancestors.length > 0 ? buried : 0);
  }

  /** The document, unless it lies below a tombstone. */
  get(key: Key, load?: { sinceStep: number }): Doc | null {
    const doc = this.#find(key, load);
    return doc && this.#ancestors.length > 0 && this.#shared.burials.isBelow(doc, this.#ancestors) ? null : doc;
  }

  /** Whether there is a row of it, below a tombstone too. */
  has(key: Key): boolean {
    return this.#find(key) !== null;
  }

  #find({ orgId, id }: Key, load?: { sinceStep: number }): Doc | null {
    const { draft } = this.#shared;
    return draft.get(this, { orgId, id }) ?? this.#shelf.get(orgId, id) ?? this.#read(orgId, id, load);
  }

  /** The document of a row that was found within the same snapshot. */
  at(rowid: number, load?: { sinceStep: number }): Doc {
    const kept = this.#shelf.at(rowid);
    if (kept) return kept;
    const row = this.statement<[string]>('at', () => `SELECT doc FROM ${this.#name} WHERE rowid = ?`).get(rowid);
    const [text] = expected(row, 'row');
    return this.#parsed(rowid, text, load);
  }

  /** What is there, below a tombstone too. */
  #read(orgId: string, id: string, load?: { sinceStep: number }): Doc | null {
    const row = this.statement<[number, string]>(
      'get',
      () => `SELECT rowid, doc FROM ${this.#name} WHERE org = ? AND id = ?`,
    ).get(orgId, id);
    return row ? this.#parsed(row[0], row[1], load) : null;
  }

  #parsed(rowid: number, text: string, load?: { sinceStep: number }): Doc {
    const doc = this.read(text);
    if (load) load.sinceStep += text.length;
    if (!this.#shared.isWriting) this.#shelf.put(rowid, doc, text.length);
    return doc;
  }

  /** A stored text as the document that it is today. */
  read(text: string): Doc {
    return complete(this.collection, JSON.parse(text) as Doc);
  }

  /** Whether some of an org's rows may lie below a tombstone. */
  hasBuried(orgId: string): boolean {
    return this.#ancestors.length > 0 && this.#shared.burials.hasAny(orgId);
  }

  total(orgId: string, key: string): number {
    const total = this.statement<[number]>('total', () => 'SELECT n FROM totals WHERE org = ? AND key = ?');
    return total.get(orgId, key)?.[0] ?? 0;
  }

  idOfUnique(orgId: string, unique: string): string | null {
    return this.#idOf(orgId, unique, { buriedToo: false });
  }

  /** The same below a tombstone too. */
  holderOf(orgId: string, unique: string): string | null {
    return this.#idOf(orgId, unique, { buriedToo: true });
  }

  #idOf(orgId: string, unique: string, { buriedToo }: { buriedToo: boolean }): string | null {
    this.settle();
    const find = (condition: string, ...values: string[]) =>
      this.statement<[string]>(buriedToo ? `${condition} buried too` : condition, () => {
        const which = buriedToo ? condition : `${condition} AND ${aliveOf(this.collection)}`;
        return `SELECT d.id FROM ${this.#name} d WHERE d.org = ? AND ${which} LIMIT 1`;
      }).get(orgId, ...values);
    const row = find('d.uniq = ?', unique) ?? find('d.uniq >= ? AND d.uniq < ?', ...secondKeys(unique));
    return row?.[0] ?? null;
  }

  insert(doc: Doc, key = this.#unique(doc)): void {
    this.#touch(doc);
    const texts = this.#beside.texts(doc);
    const { lastInsertRowid } = this.statement('insert', () => {
      const names = ['org', 'id', 'version', 'createdAt', 'uniq', 'doc', ...this.#columns];
      return `INSERT INTO ${this.#name} (${names.map(quote).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
    }).run(doc.orgId, doc.id, doc.version, doc.createdAt, key, JSON.stringify(doc), ...this.#values(doc, texts));
    this.#beside.add(Number(lastInsertRowid), doc, texts);
  }

  /** The same at the end of the transaction, however often the document is changed until then. */
  rewrite(doc: Doc, before: Doc): void {
    const rowid = this.#shelf.rowOf(doc);
    this.#touch(doc);
    this.#shared.draft.put(this, doc, before, rowid);
  }

  keep({ doc, rowid, size }: Written): void {
    this.#shelf.put(rowid, complete(this.collection, doc), size);
  }

  /** Writes what is drafted, for a query that could tell. */
  settle(): void {
    this.#shared.draft.settle(this);
  }

  /** A key stays what it is unless the document's own changes: it may be a second one. Answers how long the text is. */
  replace(doc: Doc, before: Doc, key = this.#unique(doc)): number {
    this.#touch(doc);
    const texts = this.#beside.texts(doc);
    const text = JSON.stringify(doc);
    const keys = this.#unique(before) === this.#unique(doc) ? [] : [key];
    this.statement(keys.length > 0 ? 'replace with key' : 'replace', () => {
      const names = ['version', ...(keys.length > 0 ? ['uniq'] : []), 'doc', ...this.#columns];
      return `UPDATE ${this.#name} SET ${names.map((name) => `${quote(name)} = ?`).join(', ')} WHERE org = ? AND id = ?`;
    }).run(doc.version, ...keys, text, ...this.#values(doc, texts), doc.orgId, doc.id);
    this.#beside.move(before, doc, texts, () => this.#rowid(doc));
    return text.length;
  }

  remove(doc: Doc): void {
    this.settle();
    this.#touch(doc);
    this.#beside.remove(doc, () => this.#rowid(doc));
    this.statement('remove', () => `DELETE FROM ${this.#name} WHERE org = ? AND id = ?`).run(doc.orgId, doc.id);
  }

  /** What is written is read anew, unless the transaction keeps it at its end. */
  #touch({ orgId, id }: Key): void {
    this.#writes += 1;
    this.#shared.writes += 1;
    this.#shelf.forget(orgId, id);
    this.#shared.draft.outdate(this, { orgId, id });
    if (this.collection.name === tombstones.name) this.#shared.bury();
  }

  /** Removes up to `limit` rows by one column, tombstoned ones too. */
  sweep(sweep: Sweep): number {
    this.settle();
    const docs = this.swept(sweep);
    for (const doc of docs) this.remove(doc);
    return docs.length;
  }

  /** What such a sweep would remove. */
  swept({ orgId, field, value, limit }: Omit<Sweep, 'type' | 'in'>): Doc[] {
    const test = field === this.collection.expires ? '< ?' : '= ?';
    const inOrg = orgId === null ? '' : 'd.org = ? AND ';
    const swept = this.statement<[string]>(
      `swept ${field} ${inOrg}`,
      () => `SELECT d.doc FROM ${this.#name} d WHERE ${inOrg}d.${quote(field)} ${test} LIMIT ?`,
    );
    const values = orgId === null ? [value] : [orgId, value];
    return swept.all(...values, limit).map(([text]) => this.read(text));
  }

  scan(after: Key | null, limit: number): Doc[] {
    const scan = this.statement<[string]>(
      'scan',
      () => `SELECT d.doc FROM ${this.#name} d WHERE (d.org, d.id) > (?, ?) ORDER BY d.org, d.id LIMIT ?`,
    );
    return scan.all(after?.orgId ?? '', after?.id ?? '', limit).map(([doc]) => this.read(doc));
  }

  /** Inserts or replaces, whatever is there. */
  load(doc: Doc): void {
    const stored = this.#read(doc.orgId, doc.id);
    const key = this.#freeKey(doc);
    if (stored) this.replace(doc, stored, key);
    else this.insert(doc, key);
  }

  discard(key: Key): void {
    const stored = this.#read(key.orgId, key.id);
    if (stored) this.remove(stored);
  }

  /** Makes all that lies beside a stored document; answers the older document that has its key, if one does. */
  derive(rowid: number, doc: Doc): string | null {
    this.#touch(doc);
    const key = this.#freeKey(doc);
    const texts = this.#beside.texts(doc);
    this.statement('derive', () => {
      const sets = this.#columns.map((name) => `, ${quote(name)} = ?`).join('');
      return `UPDATE ${this.#name} SET uniq = ?${sets} WHERE rowid = ?`;
    }).run(key, ...this.#values(doc, texts), rowid);
    this.#beside.add(rowid, doc, texts);
    return key === this.#unique(doc) ? null : this.#holder(doc);
  }

  /** Its key, or a second one where another document has that. */
  #freeKey(doc: Doc): string | null {
    const key = this.#unique(doc);
    const holder = this.#holder(doc);
    return key === null || holder === null || holder === doc.id ? key : secondKey(key, doc.id);
  }

  #holder(doc: Doc): string | null {
    const key = this.#unique(doc);
    if (key === null) return null;
    const holder = this.statement<[string]>(
      'holder',
      () => `SELECT id FROM ${this.#name} WHERE org = ? AND uniq = ?`,
    ).get(doc.orgId, key);
    return holder?.[0] ?? null;
  }

  #unique(doc: Doc): string | null {
    return this.collection.unique?.(doc) ?? null;
  }

  #values(doc: Doc, texts: Texts): Value[] {
    const source = named(doc);
    return this.#columns.map((name) => {
      if (texts && name === 'foldA') return texts[0];
      if (texts && name === 'foldB') return texts[1];
      return toValue(source[name]);
    });
  }

  #rowid(doc: Doc): number {
    const row = this.statement<[number]>('rowid', () => `SELECT rowid FROM ${this.#name} WHERE org = ? AND id = ?`);
    const [rowid] = expected(row.get(doc.orgId, doc.id), 'row');
    return rowid;
  }
}
