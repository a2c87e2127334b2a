import type { DatabaseSync } from 'node:sqlite';
import type { StoreStats } from '../store.ts';
import { rows } from './rows.ts';

/**
 * One instant of the database for all that is read in one go, until whoever reads lets others have their turn: the rows
 * of a page, its total and what was kept of earlier reads belong together, and the file is locked and looked at once.
 */
export class Snapshot {
  readonly #db: DatabaseSync;
  readonly #stats: Pick<StoreStats, 'looks'>;
  readonly #outdated: () => void;
  readonly #begin;
  readonly #end;
  readonly #version;
  readonly #release = () => this.release();
  #isTaken = false;
  #seen: unknown;

  /** `outdated` hears that another connection, of this process or another, has committed since the last instant. */
  constructor(db: DatabaseSync, stats: Pick<StoreStats, 'looks'>, outdated: () => void) {
    this.#db = db;
    this.#stats = stats;
    this.#outdated = outdated;
    this.#begin = db.prepare('BEGIN');
    this.#end = db.prepare('COMMIT');
    this.#version = rows<[number]>(db, 'PRAGMA data_version');
  }

  take(): void {
    if (this.#isTaken) return;
    this.#begin.get();
    this.#isTaken = true;
    try {
      this.check();
    } catch (error) {
      this.release();
      throw error;
    }
    void settled.then(this.#release);
  }

  /** Whether another connection has committed until now, for whoever reads nothing more: SQLite looks within an instant of its own. */
  look(): void {
    if (!this.#isTaken) this.check();
  }

  /** In a transaction that has begun: it is what SQLite compares within its snapshot. */
  check(): void {
    const version = this.#version.get()?.[0];
    this.#stats.looks += 1;
    if (version === this.#seen) return;
    this.#seen = version;
    this.#outdated();
  }

  release(): void {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    // What failed may have ended it.
    if (this.#db.isTransaction) this.#end.get();
  }
}

const settled = Promise.resolve();
