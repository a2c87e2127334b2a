import type { Db } from 'mongodb';
import { answerBy, type Deadline, msLeft, tooLate } from '../deadline.ts';
import { type AnyCollection, type Key, tombstones } from '../store.ts';
import { keyOf, orgsOf, type Stored } from './documents.ts';
import { exchange } from './errors.ts';
import { PARSED, type Parsed, ParsedDocs } from './parsed.ts';

/** As many as a server sends in its first answer. */
const IDS_MAX = 100;
const GUESSES_MAX = 10_000;

/** One command for all who wait for its answer, until it is sent. */
interface Batch<T> {
  readonly ids: Set<string>;
  deadline: Deadline;
  readonly answer: Promise<T>;
}

/**
 * What a process asks of its server by keys: what is asked for in one turn of the event loop, by whichever request, goes in
 * one command, since that costs both sides more than the documents. Nobody is given what was sent before it asked.
 */
export class Together {
  readonly docs = new ParsedDocs();
  readonly #db: Db;
  readonly #found = new Map<string, Batch<ReadonlyMap<string, Parsed>>>();
  readonly #buried = new Map<string, Batch<ReadonlySet<string>>>();
  readonly #guesses = new Map<string, ReadonlySet<string>>();

  constructor(db: Db) {
    this.#db = db;
  }

  /** What is stored, by `org/id`; below a tombstone too. */
  byKeys(from: AnyCollection, keys: readonly Key[], deadline: Deadline): Promise<ReadonlyMap<string, Parsed>> {
    const orgs = orgsOf(keys);
    const ids = keys.map(keyOf);
    const ask = (ids: readonly string[], until: Deadline) => this.#find(from, orgs, ids, until);
    return join(this.#found, `${from.name} ${orgs.join(' ')}`, ids, deadline, ask);
  }

  /** The ids of the orgs' tombstones. */
  async buried(orgIds: readonly string[], deadline: Deadline): Promise<ReadonlySet<string>> {
    const sets = await Promise.all(
      orgIds.map((orgId) => join(this.#buried, orgId, [], deadline, (_, until) => this.#tombstones(orgId, until))),
    );
    return union(sets);
  }

  /** The same as it was read last, which whoever goes by it has to prove. */
  lastBuried(orgIds: readonly string[]): ReadonlySet<string> {
    return union(orgIds.map((orgId) => this.#guesses.get(orgId) ?? NONE));
  }

  async #find(
    from: AnyCollection,
    orgs: string[],
    ids: readonly string[],
    deadline: Deadline,
  ): Promise<ReadonlyMap<string, Parsed>> {
    const filter = { _id: { $in: [...ids] }, orgId: { $in: orgs } };
    const found = await exchange(deadline, (maxTimeMS) =>
      this.#db.collection<Stored>(from.name).find(filter, { projection: PARSED, raw: true, maxTimeMS }).toArray(),
    );
    const parsed = (found as unknown as Uint8Array[]).map((bytes) => this.docs.parse(from, bytes));
    return new Map(parsed.map((one) => [one.key, one]));
  }

  async #tombstones(orgId: string, deadline: Deadline): Promise<ReadonlySet<string>> {
    const found = await exchange(deadline, (maxTimeMS) =>
      this.#db
        .collection<Stored>(tombstones.name)
        .find({ orgId }, { projection: { _id: 0, id: 1 }, maxTimeMS })
        .toArray(),
    );
    const ids = new Set(found.map(({ id }) => id));
    if (this.#guesses.size > GUESSES_MAX) this.#guesses.clear();
    if (ids.size > 0) this.#guesses.set(orgId, ids);
    else this.#guesses.delete(orgId);
    return ids;
  }
}

const NONE: ReadonlySet<string> = new Set();

function union(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  const [first, ...others] = sets.filter(({ size }) => size > 0);
  return others.length === 0 ? (first ?? NONE) : new Set(sets.flatMap((one) => [...one]));
}

/** Goes with the batch of this turn, or begins it. */
function join<T>(
  batches: Map<string, Batch<T>>,
  place: string,
  ids: readonly string[],
  deadline: Deadline,
  ask: (ids: readonly string[], deadline: Deadline) => Promise<T>,
): Promise<T> {
  if (msLeft(deadline) < 1) return Promise.reject(tooLate());
  let batch = batches.get(place);
  if (!batch || batch.ids.size + ids.length > IDS_MAX) {
    const own: Batch<T> = {
      ids: new Set(),
      deadline,
      answer: new Promise(setImmediate).then(() => {
        if (batches.get(place) === own) batches.delete(place);
        return ask([...own.ids], own.deadline);
      }),
    };
    batches.set(place, own);
    batch = own;
  }
  for (const id of ids) batch.ids.add(id);
  batch.deadline = Math.max(batch.deadline, deadline);
  return answerBy(deadline, batch.answer);
}
