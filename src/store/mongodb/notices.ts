import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeStream, Db } from 'mongodb';

const REOPEN_MS = 1_000;

/**
 * Tells at once what other processes change in a few collections, by a change stream where the server has them. It is a
 * help, not a promise: whoever listens also re-reads by time, so a stream that breaks costs at most that time.
 */
export class Notices {
  readonly #db: Db;
  readonly #collections: readonly string[];
  readonly #notice: () => void;
  #stream: ChangeStream | null = null;
  #closed = false;

  constructor(db: Db, collections: readonly string[], notice: () => void) {
    this.#db = db;
    this.#collections = collections;
    this.#notice = notice;
    void this.#follow();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#stream?.close().catch(() => {});
  }

  async #follow(): Promise<void> {
    while (!this.#closed) {
      try {
        this.#stream = this.#db.watch([
          { $match: { 'ns.coll': { $in: [...this.#collections] } } },
          { $project: { _id: 1 } },
        ]);
        for await (const _ of this.#stream) this.#notice();
      } catch {
        // Not offered here, or cut: by time until it is back. What was missed counts as a change.
        this.#notice();
      }
      if (!this.#closed) await sleep(REOPEN_MS, undefined, { ref: false });
    }
  }
}
