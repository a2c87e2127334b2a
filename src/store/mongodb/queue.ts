import type { Collection as MongoCollection } from 'mongodb';
import type { Deadline } from '../deadline.ts';
import type { AnyCollection, DueQuery, LanesQuery } from '../store.ts';
import type { Stored } from './documents.ts';
import { exchange } from './errors.ts';

/** From lane to lane, one seek of the index for each: a distinct would read every document that is due. */
export async function readLanes(
  stored: MongoCollection<Stored>,
  from: AnyCollection,
  { orgId, now, after, limit }: LanesQuery,
  deadline: Deadline,
): Promise<string[]> {
  const { lane, due } = queueOf(from);
  const lanes: string[] = [];
  for (let last = after ?? ''; lanes.length < limit; ) {
    const [next] = await exchange(deadline, (maxTimeMS) =>
      stored
        .find({ orgId, [lane]: { $gt: last }, [due]: { $lte: now } } as never, {
          projection: { _id: 0, [lane]: 1 },
          sort: { [lane]: 1, [due]: 1 },
          limit: 1,
          hint: 'queue',
          maxTimeMS,
        })
        .toArray(),
    );
    if (!next) break;
    last = String(next[lane]);
    lanes.push(last);
  }
  return lanes;
}

export function readDue(
  stored: MongoCollection<Stored>,
  from: AnyCollection,
  query: DueQuery & { buried: readonly string[] },
  deadline: Deadline,
): Promise<Stored[]> {
  const { lane, due } = queueOf(from);
  const filter: Record<string, unknown> = { orgId: query.orgId, [lane]: query.lane, [due]: { $lte: query.now } };
  // Beside the lane, not in its place: what a document lies in may be its lane, too.
  const alive = query.buried.length === 0 ? [] : (from.ancestors ?? []);
  if (alive.length > 0) filter.$and = alive.map(({ field }) => ({ [field]: { $nin: [...query.buried] } }));
  const options = { sort: { [due]: 1, id: 1 }, limit: query.limit, hint: 'queue' } as const;
  return exchange(deadline, (maxTimeMS) => stored.find(filter as never, { ...options, maxTimeMS }).toArray());
}

function queueOf({ name, queue }: AnyCollection): { lane: string; due: string } {
  if (!queue) throw new Error(`${name} is no queue`);
  return queue;
}
