import type { DatabaseSync } from 'node:sqlite';
import { Burials } from './burials.ts';
import { Draft } from './draft.ts';
import { Memory } from './memory.ts';

/** Characters of JSON whose documents are kept parsed; parsed they take two to three times as many bytes. */
const MEMORY_ROOM = 16_777_216;

/** What the tables of one connection know of the file besides what they read. */
export class Shared {
  readonly memory = new Memory(MEMORY_ROOM);
  readonly burials: Burials;
  readonly draft: Draft;
  /** A transaction that writes takes from memory and adds nothing to it, since it may be undone. */
  isWriting = false;
  /** Rows written so far. */
  writes = 0;
  /** Tombstones among them. */
  buried = 0;
  /** How often another connection was found to have committed. */
  foreign = 0;

  constructor(db: DatabaseSync) {
    this.burials = new Burials(db);
    this.draft = new Draft(db);
  }

  /** A tombstone is written. */
  bury(): void {
    this.buried += 1;
    this.burials.change();
  }

  /** Another connection has committed. */
  forget(): void {
    this.foreign += 1;
    this.memory.clear();
    this.burials.clear();
  }
}
