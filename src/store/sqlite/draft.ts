import type { DatabaseSync } from 'node:sqlite';
import type { Doc, Key } from '../store.ts';
import { type Rows, rows } from './rows.ts';

/** Who writes a document down at last, and keeps it in memory. */
interface Writer {
  /** Answers how long its text is. */
  replace(doc: Doc, before: Doc): number;
  keep(written: Written): void;
}

/** A document as it shall be, and as its row still has it. */
interface Drafted {
  doc: Doc;
  before: Doc;
  /** Where it was in memory. */
  rowid: number | undefined;
}

/** A document as its row has it once the transaction is on disk. */
export interface Written {
  doc: Doc;
  rowid: number;
  size: number;
}

/**
 * What a transaction of ours holds back until its end, or until a query could tell: of a document or a total that many
 * members of a group change, only the last state is written. What was in memory stays there in that state: most of it is asked
 * for again at once.
 */
export class Draft {
  readonly #db: DatabaseSync;
  readonly #documents = new Map<Writer, Map<string, Drafted>>();
  readonly #written = new Map<Writer, Map<string, Written>>();
  readonly #totals = new Map<string, Map<string, number>>();
  #addTotal: Rows<never> | undefined;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  get(of: Writer, key: Key): Doc | undefined {
    return this.#documents.get(of)?.get(nameOf(key))?.doc;
  }

  put(of: Writer, doc: Doc, before: Doc, rowid: number | undefined): void {
    const drafted = this.#documents.get(of) ?? new Map<string, Drafted>();
    this.#documents.set(of, drafted);
    const name = nameOf(doc);
    const known = drafted.get(name);
    drafted.set(name, { doc, before: known?.before ?? before, rowid: known?.rowid ?? rowid });
  }

  /** It is written once more, or removed. */
  outdate(of: Writer, key: Key): void {
    this.#written.get(of)?.delete(nameOf(key));
  }

  add(orgId: string, total: string, by: number): void {
    const totals = this.#totals.get(orgId) ?? new Map<string, number>();
    this.#totals.set(orgId, totals.set(total, (totals.get(total) ?? 0) + by));
  }

  /** Writes the documents of one table. */
  settle(of: Writer): void {
    const drafted = this.#documents.get(of);
    if (!drafted) return;
    this.#documents.delete(of);
    const written = this.#written.get(of) ?? new Map<string, Written>();
    this.#written.set(of, written);
    for (const [name, { doc, before, rowid }] of drafted) {
      const size = of.replace(doc, before);
      if (rowid !== undefined) written.set(name, { doc, rowid, size });
    }
  }

  /** Writes everything, totals too, which nothing asks for before the transaction ends. */
  settleAll(): void {
    for (const of of [...this.#documents.keys()]) this.settle(of);
    this.#addTotal ??= rows(this.#db, ADD_TOTAL);
    for (const [orgId, totals] of this.#totals)
      for (const [total, by] of totals) if (by !== 0) this.#addTotal.run(orgId, total, by);
    this.#totals.clear();
  }

  /** The transaction is on disk. */
  keepWritten(): void {
    for (const [of, written] of this.#written) for (const one of written.values()) of.keep(one);
    this.#written.clear();
  }

  /** The transaction is undone, or a part of it. */
  clear(): void {
    this.#documents.clear();
    this.#written.clear();
    this.#totals.clear();
  }
}

const ADD_TOTAL = 'INSERT INTO totals (org, key, n) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n';

/** No id holds the character between. */
function nameOf({ orgId, id }: Key): string {
  return `${orgId}\n${id}`;
}
