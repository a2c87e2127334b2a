import { setTimeout as sleep } from 'node:timers/promises';
import type { Db, MongoClient } from 'mongodb';
import type { Given } from '../bell.ts';
import type { Deadline } from '../deadline.ts';
import { evaluate } from '../evaluate.ts';
import { type AnyCollection, StoreUnavailable } from '../store.ts';
import { BackOff } from './back-off.ts';
import { ConnectionLost, isRefusal } from './errors.ts';
import type { Together } from './together.ts';
import { Outdated, Taken, writeBatches } from './transaction.ts';
import type { Waiting } from './waiting.ts';
import { batchesOf, loadOverlay } from './writes.ts';

const GROUP_MAX = 64;

export interface Writer {
  client: MongoClient;
  db: Db;
  together: Together;
  collections: ReadonlyMap<string, AnyCollection>;
  /** Collections in which some document has a second key, as known now. */
  clashing: () => ReadonlySet<string>;
  now: () => string;
  /** By when what no request waits for has to be done, once it is its turn. */
  deadline: () => Deadline;
  /** Hears of each group that something of it may have been stored. */
  onTried: (group: readonly Waiting[]) => void;
  /** Hears how many commits were made durable together. */
  onGroup: (size: number) => void;
  onGiven: (given: Given[]) => void;
}

/**
 * Commits on their way. What waits goes in one group, one group after the other; those of an organization in which somebody
 * else was faster go their own way until they are through, so that nobody else waits for them.
 */
export class Commits {
  readonly #writer: Writer;
  readonly #backOff = new BackOff();
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | null = null;
  /** What waits behind a lost try, by organization. */
  readonly #apart = new Map<string, { queue: Waiting[]; done: Promise<void> }>();

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  add(one: Waiting): void {
    const apart = this.#apart.get(one.orgId);
    if (apart) {
      apart.queue.push(one);
      return;
    }
    this.#waiting.push(one);
    this.#flushing ??= this.#flush();
  }

  async settled(): Promise<void> {
    while (this.#flushing || this.#apart.size > 0)
      await Promise.all([this.#flushing, ...[...this.#apart.values()].map(({ done }) => done)]);
  }

  async #flush(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const lost = Map.groupBy(await this.#try(this.#waiting.splice(0, GROUP_MAX)), ({ orgId }) => orgId);
      for (const [orgId, group] of lost) this.#goApart(orgId, group, lost.size === 1);
    }
    this.#flushing = null;
  }

  /** Who has lost together with others has to lose alone before it waits. */
  #goApart(orgId: string, group: readonly Waiting[], isAlone: boolean): void {
    const queue = [...group, ...this.#waiting.filter((one) => one.orgId === orgId)];
    this.#waiting = this.#waiting.filter((one) => one.orgId !== orgId);
    this.#apart.set(orgId, { queue, done: this.#goOn(orgId, queue, isAlone ? 1 : 0) });
  }

  async #goOn(orgId: string, queue: Waiting[], losses: number): Promise<void> {
    for (let lost = losses; queue.length > 0; ) {
      if (lost > 0) await sleep(this.#backOff.pauseMs(lost, Math.random()));
      const again = await this.#try(queue.splice(0, GROUP_MAX));
      queue.unshift(...again);
      lost = again.length > 0 ? lost + 1 : 0;
    }
    this.#apart.delete(orgId);
  }

  /** Answers each of a group, but those that have to be made again: while nothing of them is stored and it may still be. */
  async #try(members: readonly Waiting[]): Promise<Waiting[]> {
    const group = members.filter(({ isSettled }) => !isSettled);
    if (group.length === 0) return [];
    for (const one of group) one.begin(this.#writer.deadline);
    try {
      const since = performance.now();
      const guessed = await this.#write(group);
      this.#backOff.took(performance.now() - since);
      this.#writer.onGroup(group.length - guessed.length);
      return await this.#try(guessed);
    } catch (error) {
      for (const one of group) one.isUnderWay = false;
      if (error instanceof Outdated || error instanceof ConnectionLost) {
        if (error instanceof Taken) for (const one of group) one.isSure = true;
        return group;
      }
      if (group.length > 1 && (!(error instanceof StoreUnavailable) || isRefusal(error)))
        return await this.#eachAlone(group);
      for (const { reject } of group) reject(error);
      return [];
    } finally {
      this.#writer.onTried(group);
    }
  }

  /** What the server refuses, and a fault of ours, may be one member's. */
  async #eachAlone(group: readonly Waiting[]): Promise<Waiting[]> {
    const again: Waiting[] = [];
    for (const one of group) again.push(...(await this.#try([one])));
    return again;
  }

  /**
   * Reads once what the group names, evaluates it in memory and writes it in one transaction. What is new is taken for free,
   * as it mostly is: those who were refused after that it answers, to be made again with what they take looked up.
   */
  async #write(group: readonly Waiting[]): Promise<Waiting[]> {
    const { client, db, together, collections, now } = this.#writer;
    const deadline = Math.max(...group.map(({ until }) => until));
    const isSure = group.some((one) => one.isSure);
    const overlay = await loadOverlay(
      { db, together, collections, clashing: this.#writer.clashing(), deadline, isSure },
      group.map(({ changes }) => changes),
    );
    const guessed: Waiting[] = [];
    const settle = group.map((one) => {
      overlay.begin();
      try {
        const { results, given } = evaluate(one.changes, overlay, now());
        return () => {
          one.resolve({ results });
          this.#writer.onGiven(given);
        };
      } catch (error) {
        overlay.undo();
        return overlay.isGuess ? () => void guessed.push(one) : () => one.reject(error);
      }
    });
    await writeBatches(client, db, batchesOf(overlay, collections, now()), deadline);
    for (const answer of settle) answer();
    for (const one of guessed) Object.assign(one, { isSure: true, isUnderWay: false });
    return guessed;
  }
}
