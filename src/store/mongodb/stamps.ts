import { setTimeout as sleep } from 'node:timers/promises';
import { BSON, type Collection as MongoCollection } from 'mongodb';
import { answerBy, type Deadline, msLeft, tooLate } from '../deadline.ts';
import type { Moments } from '../moments.ts';
import { numberingKey } from '../numberings.ts';
import { type AnyCollection, tombstones } from '../store.ts';
import { keyOf, REST, type Stamped, type Stored } from './documents.ts';
import { exchange } from './errors.ts';
import { keyIn } from './parsed.ts';

/** What is read of a numbering. */
interface Numbered {
  _id: string;
  stamped?: Stamped;
  doc: { last: number };
}

/** Whoever changes the database by hand stamps nothing: what was made before is made anew this often. */
const ROUND_MS = 60_000;
const KNOWN_MAX = 10_000;
/** A question that takes longer than this holds back nobody else: it may be its connection. */
const ASIDE_MS = 100;

interface Batch {
  readonly ids: Set<string>;
  deadline: Deadline;
  readonly answer: Promise<ReadonlyMap<string, OrgMoments>>;
}

/**
 * When an org's stamped collections were written to last. One question is under way at a time, for all orgs; what is asked
 * meanwhile goes together behind it, so that the more ask, the less each costs. Nobody is told what was sent before it asked.
 */
export class Stamps {
  readonly #of: MongoCollection<Stored>;
  readonly #numbered: AnyCollection;
  readonly #now: () => number;
  readonly #known = new Map<string, OrgMoments>();
  #underWay: Promise<unknown> | null = null;
  #next: Batch | null = null;

  constructor(of: MongoCollection<Stored>, numbered: AnyCollection, now: () => number) {
    this.#of = of;
    this.#numbered = numbered;
    this.#now = now;
  }

  last(orgId: string): Moments | null {
    return this.#known.get(this.#idOf(orgId)) ?? null;
  }

  async now(orgId: string, deadline: Deadline): Promise<Moments | null> {
    if (msLeft(deadline) < 1) throw tooLate();
    const batch = this.#next ?? this.#begin(deadline);
    const id = this.#idOf(orgId);
    batch.ids.add(id);
    batch.deadline = Math.max(batch.deadline, deadline);
    return (await answerBy(deadline, batch.answer)).get(id) ?? null;
  }

  #idOf(orgId: string): string {
    return keyOf(numberingKey(this.#numbered, orgId));
  }

  #begin(deadline: Deadline): Batch {
    const answer = Promise.all([this.#isFree(), new Promise(setImmediate)]).then(() => {
      this.#next = null;
      return this.#send(batch);
    });
    const batch: Batch = { ids: new Set(), deadline, answer };
    this.#next = batch;
    return batch;
  }

  async #isFree(): Promise<void> {
    if (!this.#underWay) return;
    await Promise.race([this.#underWay, sleep(ASIDE_MS, undefined, { ref: false })]).catch(() => {});
  }

  async #send({ ids, deadline }: Batch): Promise<ReadonlyMap<string, OrgMoments>> {
    const sent = this.#ask([...ids], deadline);
    this.#underWay = sent;
    try {
      return await sent;
    } finally {
      if (this.#underWay === sent) this.#underWay = null;
    }
  }

  async #ask(ids: string[], deadline: Deadline): Promise<ReadonlyMap<string, OrgMoments>> {
    const orgIds = ids.map((id) => id.slice(0, id.indexOf('/')));
    const filter = { _id: { $in: ids }, orgId: { $in: orgIds } };
    const projection = { stamped: 1, 'doc.last': 1 };
    const found = await exchange(deadline, (maxTimeMS) =>
      this.#of.find(filter, { projection, raw: true, maxTimeMS }).toArray(),
    );
    const round = Math.floor(this.#now() / ROUND_MS);
    const told = (found as unknown as Uint8Array[]).map((bytes) => this.#momentsIn(bytes, round));
    return new Map(told.map((one) => [one.id, one]));
  }

  /** The same as before where the same is stored. */
  #momentsIn(bytes: Uint8Array, round: number): OrgMoments {
    const known = this.#known.get(keyIn(bytes) ?? '');
    if (known?.round === round && Buffer.compare(known.bytes, bytes) === 0) return known;
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    const stored = BSON.deserialize(bytes) as Numbered;
    const made = new OrgMoments(stored, Uint8Array.from(bytes), round);
    this.#known.set(stored._id, made);
    return made;
  }
}

class OrgMoments implements Moments {
  readonly isNow = false;
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly round: number;
  readonly #stored: Numbered;
  /** By the list that was asked about: most who ask share theirs. */
  readonly #told = new WeakMap<readonly AnyCollection[], string | null>();

  constructor(stored: Numbered, bytes: Uint8Array, round: number) {
    this.id = stored._id;
    this.bytes = bytes;
    this.round = round;
    this.#stored = stored;
  }

  of(from: readonly AnyCollection[]): string | null {
    const known = this.#told.get(from);
    if (known !== undefined) return known;
    const told = this.#tell(from);
    this.#told.set(from, told);
    return told;
  }

  #tell(from: readonly AnyCollection[]): string | null {
    if (!from.every(({ stamped }) => stamped)) return null;
    const names = from.map(({ name }) => name);
    if (from.some(({ ancestors }) => ancestors?.length)) names.push(tombstones.name);
    return [this.round, ...names.map((name) => this.#stampOf(name))].join(' ');
  }

  /** Where there are none yet: what is not told has not happened. */
  #stampOf(name: string): string {
    const { stamped, doc } = this.#stored;
    return (stamped?.[name] ?? stamped?.[REST])?.toHexString() ?? `at ${doc.last}`;
  }
}
