import type { Document } from 'mongodb';
import { collections } from '../../src/catalog/collections.ts';
import type { Sent } from './commands-sent.ts';

/** Keyed by themselves and not by an org; `docs/mongodb.md` says where they lie. */
export const UNSHARDED = ['credentials', 'tasks', 'org_index', 'idempotency'];
export const SHARDED = collections.map(({ name }) => name).filter((name) => !UNSHARDED.includes(name));

/** What asks every shard, and why it may. */
export const EVERYWHERE: Record<string, { why: string; is: (sent: Omit<Sent, 'wave'>) => boolean }> = {
  scan: {
    why: 'a whole collection in the order of its keys: copy, backup, restore, check, figures of /metrics, what an upgrade brings up to date',
    is: ({ name, body }) =>
      name === 'find' && isOnly(body.filter, ['_id']) && isOnly(body.sort ?? {}, ['_id']) && !isPoint(body.filter._id),
  },
  'search for what has expired': {
    why: 'a sweep of all orgs, by an index of its own on each shard',
    is: ({ name, on, body }) =>
      name === 'find' && isOnly(body.filter, [String(collections.find((one) => one.name === on)?.expires)]),
  },
  'end of a lost transaction': {
    why: 'the next transaction of a session ends its last one wherever that was',
    is: ({ name, on, body }) => name === 'find' && on === 'tombstones' && body.filter._id === '',
  },
  'second look of check': {
    why: 'the org of a document may be what is wrong with it',
    is: ({ name, body }) => name === 'find' && isOnly(body.filter, ['_id']) && isPoint(body.filter._id),
  },
  'numbers of check': {
    why: 'the numbers of all orgs are read once, in their order',
    is: ({ name, on, body }) =>
      name === 'find' &&
      (on === 'numberings'
        ? isOnly(body.filter, ['id'])
        : isOnly(body.filter, []) && isOnly(body.sort, ['orgId', 'place'])),
  },
  'keys that an upgrade made second ones': {
    why: 'looked for once, when all is done',
    is: ({ name, body }) => name === 'find' && isOnly(body.filter, ['unique']),
  },
};

/** What names no document, or goes on with what was begun by a command that was looked at. */
const OF_NO_DOCUMENT = new Set(
  'hello isMaster ping buildInfo endSessions commitTransaction abortTransaction getMore killCursors listCollections listIndexes dropDatabase'.split(
    ' ',
  ),
);

function isOnly(filter: Document, names: string[]): boolean {
  return Object.keys(filter ?? {}).every((name) => names.includes(name));
}

function isPoint(value: unknown): boolean {
  return typeof value === 'string' || (typeof value === 'object' && value !== null && '$in' in value);
}

/** One value, which is one shard; what belongs to no org has the empty one. */
const isOne = (value: unknown) => typeof value === 'string';
const isTold = (filter: Document | undefined) =>
  isOne(filter?.orgId) || (Array.isArray(filter?.orgId?.$in) && filter.orgId.$in.every(isOne));

/** Why a sharded cluster would refuse the command, or ask every shard; null: it goes where its org is. */
export function strayOf(sent: Omit<Sent, 'wave'>): string | null {
  const { name, on, body } = sent;
  if (OF_NO_DOCUMENT.has(name) || on === 'switchyard' || UNSHARDED.includes(on)) return null;
  const how = HOW[name];
  if (!how) return `${name}: a command that nobody has looked at`;
  if (name !== 'aggregate' || body.aggregate !== 1) {
    if (!SHARDED.includes(on)) return `${name}: ${on} is no collection of the catalog`;
  } else return null;
  const isGood = how(body) || Object.values(EVERYWHERE).some(({ is }) => is(sent));
  return isGood ? null : `${name} on ${on} without its shard key: ${JSON.stringify(body).slice(0, 300)}`;
}

const HOW: Record<string, (body: Document) => boolean> = {
  find: ({ filter }) => isTold(filter),
  insert: ({ documents }) =>
    documents.every((one: Document) => isOne(one.orgId) && one._id === `${one.orgId}/${one.id}`),
  // A write of one document names its shard whole, keeps it, and may make it only there.
  update: ({ updates }) =>
    updates.every(
      ({ q, u, multi }: Document) => isOne(q.orgId) && !multi && (u.orgId === undefined || u.orgId === q.orgId),
    ),
  delete: ({ deletes }) => deletes.every(({ q, limit }: Document) => (limit === 1 ? isOne(q.orgId) : isTold(q))),
  aggregate: ({ pipeline }) => areStagesTold(pipeline),
  // A unique index is one of each shard: only what begins with the shard key is unique everywhere.
  createIndexes: ({ indexes }) =>
    indexes.every(({ key, unique }: Document) => !unique || Object.keys(key)[0] === 'orgId'),
};

function areStagesTold([first, ...others]: Document[]): boolean {
  return (
    isTold(first?.$match) &&
    others.every(({ $unionWith, $lookup, $graphLookup }) => {
      if ($lookup || $graphLookup) return false;
      return !$unionWith || (SHARDED.includes($unionWith.coll) && areStagesTold($unionWith.pipeline));
    })
  );
}
