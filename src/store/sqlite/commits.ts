import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deadline } from '../deadline.ts';
import type { Change, Committed } from '../store.ts';
import { isWatched } from '../watched.ts';
import { isBusy, isTorn, unavailable } from './errors.ts';
import { type Making, runMember, runMemberApart, Undone } from './member.ts';
import type { Shared } from './shared.ts';
import type { Snapshot } from './snapshot.ts';
import { isInTime, type Waiting } from './waiting.ts';

/** Commits that share one fsync, and what they may take of one turn of the event loop. */
const GROUP_MAX = 256;
const GROUP_MS = 10;
/** How long a group is waited for that still grows. */
const GATHER_MS = 5;

export interface CommitOptions extends Making {
  /** Throws where the file is no longer the one that was opened. */
  checkFile: () => void;
  /** Something was written that decides who may do what. */
  noteWatched: () => void;
  /** So many commits were made durable together. */
  noteGroup: (size: number) => void;
  /** So many rows were written so far. */
  noteRows: (rows: number) => void;
}

/** The writing half of the engine: commits wait for each other and are made in groups. */
export class Commits {
  readonly #db: DatabaseSync;
  readonly #shared: Shared;
  readonly #snapshot: Snapshot;
  readonly #options: CommitOptions;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | null = null;

  constructor(db: DatabaseSync, shared: Shared, snapshot: Snapshot, options: CommitOptions) {
    this.#db = db;
    this.#shared = shared;
    this.#snapshot = snapshot;
    this.#options = options;
  }

  add(changes: readonly Change[], deadline: Deadline): Promise<Committed> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, deadline, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  /** One transaction of its own. */
  alone(work: () => void): void {
    try {
      this.#begin();
      work();
      this.#shared.draft.settleAll();
      this.#db.exec('COMMIT');
    } catch (error) {
      throw unavailable(error);
    } finally {
      this.#end();
    }
  }

  async close(): Promise<void> {
    await this.#flushing;
  }

  /** Commits what waits, group after group. */
  async #flush(): Promise<void> {
    await this.#gather();
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, GROUP_MAX);
      await this.#commitGroup(group);
      await this.#gather();
    }
    this.#flushing = null;
  }

  /**
   * Lets others join one fsync, in one turn of the event loop and in further ones as long as each brings more: those who
   * were answered by the group before are on their way. Whoever is alone waits for one turn more.
   */
  async #gather(): Promise<void> {
    const until = performance.now() + GATHER_MS;
    for (let known = -1; this.#waiting.length > known && performance.now() < until; ) {
      known = this.#waiting.length;
      await new Promise(setImmediate);
    }
  }

  async #commitGroup(members: readonly Waiting[]): Promise<void> {
    for (let group = members; group.length > 0; group = group.filter(isInTime))
      try {
        const settlements = this.#runGroup(group);
        this.#waiting.unshift(...group.slice(settlements.length));
        for (const settle of settlements) settle();
        this.#options.noteGroup(settlements.length);
        return;
      } catch (error) {
        const [first, ...others] = group;
        if (isBusy(error)) await this.#waitForLock();
        else if (first && others.length === 0) return first.reject(unavailable(error));
        // An error that ended the transaction (a full disk) says nothing of the others: each is tried alone.
        else {
          for (const one of group) await this.#commitGroup([one]);
          return;
        }
      }
  }

  /** Another process writes. Whoever's time is up is answered, of those behind this group too. */
  async #waitForLock(): Promise<void> {
    await sleep(2 + Math.random() * 8);
    this.#waiting = this.#waiting.filter(isInTime);
  }

  #runGroup(group: readonly Waiting[]): (() => void)[] {
    try {
      return this.#make(group, (one) => runMember(one, this.#options, () => this.#shared.writes));
    } catch (error) {
      if (!(error instanceof Undone)) throw error;
      return this.#make(group, (one) => runMemberApart(this.#db, one, this.#options, this.#shared.draft));
    }
  }

  /** One transaction for the members that it has time for; answers how to settle them once it is on disk. */
  #make(group: readonly Waiting[], run: (one: Waiting) => () => void): (() => void)[] {
    try {
      this.#begin();
      const until = performance.now() + GROUP_MS;
      const settlements: (() => void)[] = [];
      for (const one of group) {
        if (settlements.length > 0 && performance.now() > until) break;
        settlements.push(run(one));
      }
      this.#shared.draft.settleAll();
      this.#finish();
      if (group.some(({ changes }) => isWatched(changes))) this.#options.noteWatched();
      return settlements;
    } finally {
      this.#end();
    }
  }

  /** From here on nobody else writes, and what is kept in memory is what is stored. */
  #begin(): void {
    this.#snapshot.release();
    this.#rollBack();
    this.#db.exec('BEGIN IMMEDIATE');
    this.#snapshot.check();
    this.#shared.isWriting = true;
  }

  /** After its COMMIT, or instead of it. */
  #end(): void {
    this.#rollBack();
    this.#shared.isWriting = false;
    this.#shared.burials.settle();
    this.#options.noteRows(this.#shared.writes);
  }

  #rollBack(): void {
    this.#shared.draft.clear();
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
  }

  #finish(): void {
    this.#options.checkFile();
    try {
      this.#db.exec('COMMIT');
    } catch (error) {
      throw isTorn(error) ? unavailable(error, true) : error;
    }
    this.#shared.draft.keepWritten();
  }
}
