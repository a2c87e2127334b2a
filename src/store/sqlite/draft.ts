import type { DatabaseSync } from 'node:sqlite';
import type { Doc, Key } from '../store.ts';
import { type Rows, rows } from './rows.ts';

/** Who writes a document down at last. */
interface Writer {
  replace(doc: Doc, before: Doc): void;
}

/** A document as it shall be, and as its row still has it. */
interface Drafted {
  doc: Doc;
  before: Doc;
}

/**
 * What a transaction of ours holds back until its end, or until a query could tell: of a document or a total that many
 * members of a group change, only the last state is written.
 */
export class Draft {
  readonly #db: DatabaseSync;
  readonly #documents = new Map<Writer, Map<string, Drafted>>();
  readonly #totals = new Map<string, Map<string, number>>();
  #addTotal: Rows<never> | undefined;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  get(of: Writer, key: Key): Doc | undefined {
    return this.#documents.get(of)?.get(nameOf(key))?.doc;
  }

  put(of: Writer, doc: Doc, before: Doc): void {
    const drafted = this.#documents.get(of) ?? new Map<string, Drafted>();
    this.#documents.set(of, drafted);
    const name = nameOf(doc);
    drafted.set(name, { doc, before: drafted.get(name)?.before ?? before });
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
    for (const { doc, before } of drafted.values()) of.replace(doc, before);
  }

  /** Writes everything, totals too, which nothing asks for before the transaction ends. */
  settleAll(): void {
    for (const of of [...this.#documents.keys()]) this.settle(of);
    this.#addTotal ??= rows(this.#db, ADD_TOTAL);
    for (const [orgId, totals] of this.#totals)
      for (const [total, by] of totals) if (by !== 0) this.#addTotal.run(orgId, total, by);
    this.#totals.clear();
  }

  /** The transaction is undone. */
  clear(): void {
    this.#documents.clear();
    this.#totals.clear();
  }
}

const ADD_TOTAL = 'INSERT INTO totals (org, key, n) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n';

/** No id holds the character between. */
function nameOf({ orgId, id }: Key): string {
  return `${orgId}\n${id}`;
}
