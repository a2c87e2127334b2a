import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { idIn } from '../named.ts';
import type { Doc } from '../store.ts';
import { type Rows, rows } from './rows.ts';

/** More tombstones of one org than these are asked for one by one. */
const KNOWN_MAX = 100;
const ORGS_MAX = 10_000;

/** The tombstones of each org, of which there are few and mostly none. */
export class Burials {
  readonly #db: DatabaseSync;
  #known = new Map<string, ReadonlySet<string>>();
  #all: Rows<[string]> | undefined;
  #one: StatementSync | undefined;
  #isChanging = false;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  hasAny(orgId: string): boolean {
    return this.#of(orgId).size > 0;
  }

  /** Whether one of the documents that it lies in is buried. */
  isBelow(doc: Doc, fields: readonly string[]): boolean {
    const buried = this.#of(doc.orgId);
    if (buried.size === 0) return false;
    if (buried.size <= KNOWN_MAX) return fields.some((field) => buried.has(idIn(doc, field)));
    this.#one ??= this.#db.prepare('SELECT 1 FROM tombstones WHERE org = ? AND id = ?');
    const one = this.#one;
    return fields.some((field) => one.get(doc.orgId, idIn(doc, field)) !== undefined);
  }

  /** A transaction of ours writes one: until it has ended nothing is kept that it may take back. */
  change(): void {
    this.#known.clear();
    this.#isChanging = true;
  }

  /** Another connection has committed, or a transaction of ours has ended. */
  clear(): void {
    this.#known.clear();
    this.#isChanging = false;
  }

  settle(): void {
    if (this.#isChanging) this.clear();
  }

  #of(orgId: string): ReadonlySet<string> {
    const known = this.#known.get(orgId);
    if (known) return known;
    this.#all ??= rows(this.#db, `SELECT id FROM tombstones WHERE org = ? LIMIT ${KNOWN_MAX + 1}`);
    const buried = new Set(this.#all.all(orgId).map(([id]) => id));
    if (this.#isChanging) return buried;
    if (this.#known.size >= ORGS_MAX) this.#known.clear();
    this.#known.set(orgId, buried);
    return buried;
  }
}
