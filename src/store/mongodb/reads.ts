import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from 'mongodb';
import { expected } from '../../words/expected.ts';
import { complete } from '../complete.ts';
import { afterMs, type Deadline, msLeft } from '../deadline.ts';
import { numberingKey, numberings } from '../numberings.ts';
import {
  type AnyCollection,
  type Collection,
  type Doc,
  type DueQuery,
  type Key,
  type LanesQuery,
  meaningOf,
  type NumberedQuery,
  type Page,
  type PageQuery,
  type Query,
  type StoreStats,
  tombstones,
} from '../store.ts';
import { keyOf, type Stored } from './documents.ts';
import { ConnectionLost, exchange } from './errors.ts';
import { filterOf, pageStages } from './filters.ts';
import { uniqueFilter } from './keys.ts';
import { readDue, readLanes } from './queue.ts';

/** Pages that one aggregation reads. */
const UNION_MAX = 50;
/** How often a read is begun whose connection broke. */
const TRIES = 8;
const PING_MS = 2_000;

/** The reading half of the engine: every read majority, every query beginning with the org, documents below a tombstone left out. */
export class MongoReads {
  readonly stats: StoreStats;
  protected readonly db: Db;
  /** Collections in which some document has a second key. */
  clashing: ReadonlySet<string> = new Set();
  /** By when what is asked now must have its answer: a request's own end, or for each question a time of its own. */
  protected readonly deadline: () => Deadline;

  constructor(db: Db, deadline: () => Deadline, stats: StoreStats = { reads: 0, commits: 0 }) {
    this.db = db;
    this.stats = stats;
    this.deadline = deadline;
  }

  /** What others have committed is known only by asking. */
  moment(): null {
    return null;
  }

  get<D extends Doc>(from: Collection<D>, key: Key): Promise<D | null> {
    return this.getMany(from, [key]).then(([doc]) => doc ?? null);
  }

  getMany<D extends Doc>(from: Collection<D>, keys: readonly Key[]): Promise<(D | null)[]> {
    const ids = keys.map(keyOf);
    const filter = { _id: { $in: ids }, orgId: { $in: orgsOf(keys) } };
    return this.read(async (deadline) => {
      const [found, buried] = await Promise.all([
        exchange(deadline, (maxTimeMS) =>
          this.of<D>(from)
            .find(filter as never, { maxTimeMS })
            .toArray(),
        ),
        this.buriedFor(from, orgsOf(keys), deadline),
      ]);
      const alive = new Map(
        found.filter((one) => isAlive(from, one, buried)).map((one) => [one._id, todays(from, one.doc as D)]),
      );
      return ids.map((id) => alive.get(id) ?? null);
    });
  }

  getUnique<D extends Doc>(from: Collection<D>, orgId: string, unique: string): Promise<D | null> {
    const key = uniqueFilter([unique], this.clashing.has(from.name));
    return this.read(async (deadline) => {
      const [found, buried] = await Promise.all([
        exchange(deadline, (maxTimeMS) =>
          this.of<D>(from)
            .find({ orgId, ...key } as never, { maxTimeMS })
            .toArray(),
        ),
        this.buriedFor(from, [orgId], deadline),
      ]);
      const alive = found.filter((one) => isAlive(from, one, buried));
      const holder = alive.find((one) => one.unique === unique) ?? alive[0];
      return holder ? todays(from, holder.doc as D) : null;
    });
  }

  page<D extends Doc>(from: Collection<D>, query: PageQuery): Promise<Page<D>> {
    return this.pages(from, [query]).then(([page]) => expected(page, 'page'));
  }

  /** Many pages in one round trip: one pipeline, the others joined to it by `$unionWith`. */
  pages<D extends Doc>(from: Collection<D>, queries: readonly PageQuery[]): Promise<Page<D>[]> {
    return this.read(async (deadline) => {
      const rows = await this.#union(from, queries, deadline, (query, buried) => [
        ...pageStages(from, query, buried),
        { $project: { _id: 0, doc: 1 } },
      ]);
      return queries.map(({ limit }, at) => {
        const docs = (rows[at] ?? []).map((row) => todays(from, row.doc as D));
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
      return queries.map((_, at) => Number(rows[at]?.[0]?.n ?? 0));
    });
  }

  lanes(from: AnyCollection, query: LanesQuery): Promise<string[]> {
    return this.read((deadline) => readLanes(this.db.collection<Stored>(from.name), from, query, deadline));
  }

  due<D extends Doc>(from: Collection<D>, query: DueQuery): Promise<D[]> {
    return this.read(async (deadline) => {
      const buried = [...(await this.buriedFor(from, [query.orgId], deadline))];
      const found = await readDue(this.db.collection<Stored>(from.name), from, { ...query, buried }, deadline);
      return found.map(({ doc }) => todays(from, doc as D));
    });
  }

  numbered<D extends Doc>(from: Collection<D>, query: NumberedQuery): Promise<D[]> {
    const { numbered } = from;
    if (!numbered) throw new Error(`${from.name} is not numbered`);
    return this.read(async (deadline) => {
      const buried = [...(await this.buriedFor(from, [query.orgId], deadline))];
      const filter = { ...filterOf(from, query, buried), [numbered]: { $gt: query.after, $lt: query.before } };
      const sort = { [numbered]: query.order === 'desc' ? -1 : 1 } as const;
      const found = await exchange(deadline, (maxTimeMS) =>
        this.of<D>(from)
          .find(filter as never, { sort, limit: query.limit, hint: 'numbered', maxTimeMS })
          .toArray(),
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

  async #union<Q extends Query>(
    from: AnyCollection,
    queries: readonly Q[],
    deadline: Deadline,
    stages: (query: Q, buried: string[]) => object[],
  ): Promise<Record<string, unknown>[][]> {
    const buried = await this.buriedFor(from, orgsOf(queries), deadline);
    const rows: Record<string, unknown>[][] = queries.map(() => []);
    for (let begin = 0; begin < queries.length; begin += UNION_MAX) {
      const part = queries
        .slice(begin, begin + UNION_MAX)
        .map((query, at) => [...stages(query, [...buried]), { $addFields: { at: begin + at } }]);
      const [first, ...rest] = part as [object[], ...object[][]];
      const pipeline = [...first, ...rest.map((one) => ({ $unionWith: { coll: from.name, pipeline: one } }))];
      const found = await exchange(deadline, (maxTimeMS) =>
        this.db
          .collection(from.name)
          .aggregate(pipeline, { maxTimeMS, ...hintOf(from, queries) })
          .toArray(),
      );
      for (const row of found) rows[Number(row.at)]?.push(row);
    }
    return rows;
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
    return this.db.collection<Stored<D>>(from.name);
  }

  protected async buriedFor(from: AnyCollection, orgIds: readonly string[], deadline: Deadline): Promise<Set<string>> {
    if (!from.ancestors?.length) return new Set();
    const sets = await Promise.all(orgIds.map((orgId) => buriedIn(this.db, orgId, deadline)));
    return new Set(sets.flatMap((set) => [...set]));
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

/** The ids of an org's tombstones. */
export async function buriedIn(db: Db, orgId: string, deadline: Deadline): Promise<Set<string>> {
  const found = await exchange(deadline, (maxTimeMS) =>
    db
      .collection<Stored>(tombstones.name)
      .find({ orgId }, { projection: { _id: 0, id: 1 }, maxTimeMS })
      .toArray(),
  );
  return new Set(found.map(({ id }) => id));
}

export function orgsOf(keys: readonly { orgId: string }[]): string[] {
  return [...new Set(keys.map(({ orgId }) => orgId))];
}

/** A stored document as the port answers it. */
function todays<D extends Doc>(from: Collection<D>, stored: D): D {
  return meaningOf(from, complete(from, stored));
}

function isAlive(from: AnyCollection, stored: Stored, buried: ReadonlySet<string>): boolean {
  return !(from.ancestors ?? []).some(({ field }) => buried.has(String(stored[field])));
}

/** A search goes over its scope's index, whatever a planner thinks of the pattern. */
function hintOf(from: AnyCollection, queries: readonly Query[]): { hint?: string } {
  const [query, ...others] = queries;
  const isSearch = query?.search !== undefined && others.length === 0;
  return isSearch && from.search ? { hint: `by_${from.search.scope}` } : {};
}
