import type { Db, Collection as MongoCollection } from 'mongodb';
import { answerBy, type Deadline, msLeft, tooLate } from '../deadline.ts';
import { type AnyCollection, type Collection, type Doc, type Key, tombstones } from '../store.ts';
import { BURIED, buriedIn } from './buried.ts';
import { keyOf, orgsOf, type Stored } from './documents.ts';
import { exchange } from './errors.ts';
import { PARSED, type Parsed, ParsedDocs } from './parsed.ts';
import type { Stamps } from './stamps.ts';

/** As many as go in one command. */
const IDS_MAX = 100;
const GUESSES_MAX = 10_000;
/** Rows of a first answer: so many that a second one is hardly ever asked for. */
export const BATCH = 16_384;

/** One command for all who wait for its answer, until it is sent. */
interface Batch<T> {
  readonly ids: Set<string>;
  deadline: Deadline;
  readonly answer: Promise<T>;
}

/** An org's tombstones, for all who wait for them, until somebody has sent for them. */
interface Wanted {
  deadline: Deadline;
  readonly answer: PromiseWithResolvers<ReadonlySet<string>>;
}

/**
 * What a process asks of its server by keys: what is asked for in one turn of the event loop, by whichever request, goes in
 * one command, since that costs both sides more than the documents. Nobody is given what was sent before it asked.
 */
export class Together {
  readonly docs = new ParsedDocs();
  /** null where they tell nothing: of an org that lies on several shards, which show a commit one after the other. */
  readonly stamps: Stamps | null;
  readonly #db: Db;
  readonly #collections = new Map<string, MongoCollection<Stored>>();
  readonly #found = new Map<string, Batch<ReadonlyMap<string, Parsed>>>();
  readonly #wanted = new Map<string, Wanted>();
  readonly #guesses = new Map<string, ReadonlySet<string>>();

  constructor(db: Db, stamps: Stamps | null) {
    this.#db = db;
    this.stamps = stamps;
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
    if (msLeft(deadline) < 1) throw tooLate();
    const sets = await Promise.all(orgIds.map((orgId) => answerBy(deadline, this.#want(orgId, deadline))));
    return union(sets);
  }

  /** The same as it was read last, which whoever goes by it has to prove. */
  lastBuried(orgIds: readonly string[]): ReadonlySet<string> {
    return union(orgIds.map((orgId) => this.#guesses.get(orgId) ?? NONE));
  }

  #want(orgId: string, deadline: Deadline): Promise<ReadonlySet<string>> {
    const known = this.#wanted.get(orgId);
    if (known) {
      known.deadline = Math.max(known.deadline, deadline);
      return known.answer.promise;
    }
    const wanted: Wanted = { deadline, answer: Promise.withResolvers() };
    this.#wanted.set(orgId, wanted);
    setImmediate(() => {
      // Somebody else has sent for them meanwhile.
      if (this.#wanted.get(orgId) !== wanted) return;
      this.#answer(orgId, wanted, this.#tombstones(orgId, wanted.deadline));
    });
    return wanted.answer.promise;
  }

  /** Who wants them from now on is not given what has been sent for. */
  #answer(orgId: string, { answer }: Wanted, sent: Promise<ReadonlySet<string>>): void {
    this.#wanted.delete(orgId);
    sent.then((ids) => {
      if (this.#guesses.size > GUESSES_MAX) this.#guesses.clear();
      if (ids.size > 0) this.#guesses.set(orgId, ids);
      else this.#guesses.delete(orgId);
      answer.resolve(ids);
    }, answer.reject);
  }

  async #find(
    from: AnyCollection,
    orgs: string[],
    ids: readonly string[],
    deadline: Deadline,
  ): Promise<ReadonlyMap<string, Parsed>> {
    const filter = { _id: { $in: [...ids] }, orgId: { $in: orgs } };
    const [orgId = ''] = orgs;
    const wanted = from.ancestors?.length && orgs.length === 1 ? this.#wanted.get(orgId) : undefined;
    const found = wanted
      ? await this.#findAlong(from, orgId, filter, wanted, deadline)
      : await exchange(deadline, (maxTimeMS) =>
          this.of(from).find(filter, { projection: PARSED, raw: true, maxTimeMS }).toArray(),
        );
    const parsed = (found as unknown as Uint8Array[]).map((bytes) => this.docs.parse(from, bytes));
    return new Map(parsed.map((one) => [one.key, one]));
  }

  /** The same with the org's tombstones behind it, for all who want them by now: one command less. */
  async #findAlong(
    from: AnyCollection,
    orgId: string,
    filter: object,
    wanted: Wanted,
    deadline: Deadline,
  ): Promise<Uint8Array[]> {
    const pipeline = [{ $match: filter }, { $project: PARSED }, BURIED(orgId)];
    const sent = exchange(Math.max(deadline, wanted.deadline), (maxTimeMS) =>
      this.of(from).aggregate<Uint8Array>(pipeline, { raw: true, batchSize: BATCH, maxTimeMS }).toArray(),
    );
    const idsIn = (rows: readonly Uint8Array[]) => new Set(rows.map(buriedIn).filter((id) => id !== null));
    this.#answer(orgId, wanted, sent.then(idsIn));
    return (await sent).filter((row) => buriedIn(row) === null);
  }

  async #tombstones(orgId: string, deadline: Deadline): Promise<ReadonlySet<string>> {
    const found = await exchange(deadline, (maxTimeMS) =>
      this.of(tombstones)
        .find({ orgId }, { projection: { _id: 0, id: 1 }, batchSize: BATCH, maxTimeMS })
        .toArray(),
    );
    return new Set(found.map(({ id }) => id));
  }

  /** One object for each: the driver works out the options of a new one. */
  of<D extends Doc>({ name }: Collection<D>): MongoCollection<Stored<D>> {
    const collection = this.#collections.get(name) ?? this.#db.collection<Stored>(name);
    this.#collections.set(name, collection);
    return collection as unknown as MongoCollection<Stored<D>>;
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
