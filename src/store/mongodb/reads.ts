import { setTimeout as sleep } from 'node:timers/promises';
import { BSON, type Db } from 'mongodb';
import { expected } from '../../words/expected.ts';
import { complete } from '../complete.ts';
import { afterMs, type Deadline, msLeft } from '../deadline.ts';
import type { Moments } from '../moments.ts';
import { idIn } from '../named.ts';
import { numberingKey, numberings } from '../numberings.ts';
import {
  type AnyCollection,
  type Collection,
  type Doc,
  type DueQuery,
  type Key,
  type LanesQuery,
  type MaybePromise,
  meaningOf,
  type NumberedQuery,
  type Page,
  type PageQuery,
  type Query,
  type StoreStats,
} from '../store.ts';
import { keyOf, orgsOf } from './documents.ts';
import { ConnectionLost, exchange } from './errors.ts';
import { filterOf, pageStages } from './filters.ts';
import { uniqueFilter } from './keys.ts';
import { AT_SIZE, atIn, PARSED, type Parsed } from './parsed.ts';
import { readDue, readLanes } from './queue.ts';
import { BATCH, type Together } from './together.ts';

/** Pages that one aggregation reads. */
const UNION_MAX = 50;
/** How often a read is begun whose connection broke. */
const TRIES = 8;
const PING_MS = 2_000;
const NONE: ReadonlySet<string> = new Set();

/** The reading half of the engine: every read majority, every query beginning with the org, documents below a tombstone left out. */
export class MongoReads {
  readonly stats: StoreStats;
  protected readonly db: Db;
  protected readonly together: Together;
  /** Collections in which some document has a second key. */
  clashing: ReadonlySet<string> = new Set();
  /** By when what is asked now must have its answer: a request's own end, or for each question a time of its own. */
  protected readonly deadline: () => Deadline;

  constructor(
    db: Db,
    together: Together,
    deadline: () => Deadline,
    stats: StoreStats = { reads: 0, commits: 0, looks: 0 },
  ) {
    this.db = db;
    this.together = together;
    this.stats = stats;
    this.deadline = deadline;
  }

  get answersBy(): Deadline {
    return this.deadline();
  }

  moments(orgId: string): MaybePromise<Moments | null> {
    return this.together.stamps?.now(orgId, this.deadline()) ?? null;
  }

  /** Where nobody has asked yet, it is asked for who comes next. */
  lastMoments(orgId: string): Moments | null {
    const { stamps } = this.together;
    const last = stamps?.last(orgId) ?? null;
    if (!last) void stamps?.now(orgId, this.deadline()).catch(() => {});
    return last;
  }

  get<D extends Doc>(from: Collection<D>, key: Key): Promise<D | null> {
    return this.getMany(from, [key]).then(([doc]) => doc ?? null);
  }

  getMany<D extends Doc>(from: Collection<D>, keys: readonly Key[]): Promise<(D | null)[]> {
    const orgs = orgsOf(keys);
    return this.read(async (deadline) => {
      const [found, buried] = await Promise.all([
        this.together.byKeys(from, keys, deadline),
        from.ancestors?.length ? this.together.buried(orgs, deadline) : NONE,
      ]);
      return keys.map((key) => {
        const doc = found.get(keyOf(key))?.doc as D | undefined;
        return doc && isAlive(from, doc, buried) ? meaningOf(from, doc) : null;
      });
    });
  }

  getUnique<D extends Doc>(from: Collection<D>, orgId: string, unique: string): Promise<D | null> {
    const filter = { orgId, ...uniqueFilter([unique], this.clashing.has(from.name)) };
    return this.read(async (deadline) => {
      const [found, buried] = await Promise.all([
        exchange(deadline, (maxTimeMS) =>
          this.of(from)
            .find(filter as never, { projection: PARSED, raw: true, maxTimeMS })
            .toArray(),
        ),
        from.ancestors?.length ? this.together.buried([orgId], deadline) : NONE,
      ]);
      const alive = this.#parsed(from, found).filter(({ doc }) => isAlive(from, doc, buried));
      const holder = alive.find((one) => one.unique === unique) ?? alive[0];
      return holder ? meaningOf(from, holder.doc) : null;
    });
  }

  page<D extends Doc>(from: Collection<D>, query: PageQuery): Promise<Page<D>> {
    return this.pages(from, [query]).then(([page]) => expected(page, 'page'));
  }

  /** Many pages in one round trip: one pipeline, the others joined to it by `$unionWith`. */
  pages<D extends Doc>(from: Collection<D>, queries: readonly PageQuery[]): Promise<Page<D>[]> {
    return this.read(async (deadline) => {
      const stages = (query: PageQuery, buried: string[]) => [...pageStages(from, query, buried), { $project: PARSED }];
      const rows = await this.#union(from, queries, deadline, stages);
      return queries.map(({ limit }, at) => {
        const docs = (rows[at] ?? []).map((row) =>
          meaningOf(from, this.together.docs.parse<D>(from, row, AT_SIZE).doc),
        );
        return { docs: docs.slice(0, limit), more: docs.length > limit };
      });
    });
  }

  counts(from: AnyCollection, queries: readonly Query[]): Promise<number[]> {
    return this.read(async (deadline) => {
      const rows = await this.#union(from, queries, deadline, (query, buried) => [
        { $match: filterOf(from, query, buried) },
        { $group: { _id: null, n: { $sum: 1 } } },
      ]);
      return queries.map((_, at) => {
        const [row] = rows[at] ?? [];
        return row ? Number(BSON.deserialize(row).n) : 0;
      });
    });
  }

  lanes(from: AnyCollection, query: LanesQuery): Promise<string[]> {
    return this.read((deadline) => readLanes(this.of<Doc>(from), from, query, deadline));
  }

  due<D extends Doc>(from: Collection<D>, query: DueQuery): Promise<D[]> {
    return this.read(async (deadline) => {
      const found = await this.#alive(from, [query.orgId], deadline, (buried) =>
        readDue(this.of<Doc>(from), from, { ...query, buried }, deadline),
      );
      return found.map(({ doc }) => todays(from, doc as D));
    });
  }

  numbered<D extends Doc>(from: Collection<D>, query: NumberedQuery): Promise<D[]> {
    const { numbered } = from;
    if (!numbered) throw new Error(`${from.name} is not numbered`);
    return this.read(async (deadline) => {
      const range = { [numbered]: { $gt: query.after, $lt: query.before } };
      const options = {
        sort: { [numbered]: query.order === 'desc' ? -1 : 1 },
        limit: query.limit,
        hint: 'numbered',
      } as const;
      const found = await this.#alive(from, [query.orgId], deadline, (buried) =>
        exchange(deadline, (maxTimeMS) =>
          this.of<D>(from)
            .find({ ...filterOf(from, query, buried), ...range } as never, { ...options, maxTimeMS })
            .toArray(),
        ),
      );
      return found.map(({ doc }) => todays(from, doc as D));
    });
  }

  async lastNumbers(from: AnyCollection, orgIds: readonly string[]): Promise<number[]> {
    const found = await this.getMany(
      numberings,
      orgIds.map((orgId) => numberingKey(from, orgId)),
    );
    return found.map((doc) => doc?.last ?? 0);
  }

  /** Answers of each query, as bytes that end with its place. */
  #union<Q extends Query>(
    from: AnyCollection,
    queries: readonly Q[],
    deadline: Deadline,
    stages: (query: Q, buried: string[]) => object[],
  ): Promise<Uint8Array[][]> {
    return this.#alive(from, orgsOf(queries), deadline, async (buried) => {
      const rows: Uint8Array[][] = queries.map(() => []);
      for (let begin = 0; begin < queries.length; begin += UNION_MAX) {
        const part = queries
          .slice(begin, begin + UNION_MAX)
          .map((query, at) => [...stages(query, buried), { $addFields: { at: begin + at } }]);
        const [first, ...rest] = part as [object[], ...object[][]];
        const pipeline = [...first, ...rest.map((one) => ({ $unionWith: { coll: from.name, pipeline: one } }))];
        const options = { raw: true, batchSize: BATCH, ...hintOf(from, queries) };
        const found = await exchange(deadline, (maxTimeMS) =>
          this.of(from)
            .aggregate<Uint8Array>(pipeline, { ...options, maxTimeMS })
            .toArray(),
        );
        for (const row of found) rows[atIn(row)]?.push(row);
      }
      return rows;
    });
  }

  /**
   * Asks for what lies below none of the orgs' tombstones, as these were read last, and meanwhile for the tombstones
   * themselves; once more where they are others by now.
   */
  async #alive<T>(
    from: AnyCollection,
    orgIds: readonly string[],
    deadline: Deadline,
    ask: (buried: string[]) => Promise<T>,
  ): Promise<T> {
    if (!from.ancestors?.length) return ask([]);
    const guess = this.together.lastBuried(orgIds);
    const [found, buried] = await Promise.all([ask([...guess]), this.together.buried(orgIds, deadline)]);
    return guess.size === buried.size && [...guess].every((id) => buried.has(id)) ? found : ask([...buried]);
  }

  #parsed<D extends Doc>(from: Collection<D>, found: unknown): Parsed<D>[] {
    return (found as Uint8Array[]).map((bytes) => this.together.docs.parse<D>(from, bytes));
  }

  scan<D extends Doc>(from: Collection<D>, after: Key | null, limit: number): Promise<D[]> {
    const filter = after ? { _id: { $gt: keyOf(after) } } : {};
    return this.read(async (deadline) => {
      const found = await exchange(deadline, (maxTimeMS) =>
        this.of<D>(from)
          .find(filter as never, { sort: { _id: 1 }, limit, maxTimeMS })
          .toArray(),
      );
      return found.map(({ doc }) => complete(from, doc as D));
    });
  }

  async ping(): Promise<void> {
    await this.read((deadline) => exchange(Math.min(deadline, afterMs(PING_MS)), () => this.db.command({ ping: 1 })));
  }

  /** Test and operator use: the plan of a page, as the server tells it. */
  explain(from: AnyCollection, query: PageQuery): Promise<object> {
    return this.db
      .collection(from.name)
      .aggregate(pageStages(from, query, []), hintOf(from, [query]))
      .explain('queryPlanner');
  }

  protected of<D extends Doc>(from: Collection<D>) {
    return this.together.of(from);
  }

  /** Begun anew where the connection broke: a read can be asked any number of times. */
  protected async read<T>(work: (deadline: Deadline) => Promise<T>): Promise<T> {
    this.stats.reads += 1;
    const deadline = this.deadline();
    for (let tries = 1; ; tries += 1)
      try {
        return await work(deadline);
      } catch (error) {
        const pause = Math.random() * 2 ** tries;
        if (!(error instanceof ConnectionLost) || tries === TRIES || msLeft(deadline) < pause) throw error;
        await sleep(pause);
      }
  }
}

/** A stored document as the port answers it. */
function todays<D extends Doc>(from: Collection<D>, stored: D): D {
  return meaningOf(from, complete(from, stored));
}

function isAlive(from: AnyCollection, doc: Doc, buried: ReadonlySet<string>): boolean {
  return buried.size === 0 || !(from.ancestors ?? []).some(({ field }) => buried.has(idIn(doc, field)));
}

/** A search goes over its scope's index, whatever a planner thinks of the pattern. */
function hintOf(from: AnyCollection, queries: readonly Query[]): { hint?: string } {
  const [query, ...others] = queries;
  const isSearch = query?.search !== undefined && others.length === 0;
  return isSearch && from.search ? { hint: `by_${from.search.scope}` } : {};
}
