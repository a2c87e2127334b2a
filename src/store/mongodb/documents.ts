import type { CreateIndexesOptions, IndexSpecification, ObjectId } from 'mongodb';
import { refsOf } from '../derived.ts';
import { named } from '../named.ts';
import type { AnyCollection, Doc, Key, Position } from '../store.ts';

/**
 * How a document lies in MongoDB: itself under `doc`, and beside it what queries and indexes name. Every document,
 * index and query begins with the org's id, so that the collections can be sharded on it.
 */
export interface Stored<D extends Doc = Doc> extends Record<string, unknown> {
  /** `org/id` */
  _id: string;
  orgId: string;
  id: string;
  version: number;
  createdAt: string;
  /** Counts the commits that depended on the document without changing it, so that they conflict with its removal. */
  fence: number;
  /** Of a numbering: see `stamps.ts`. */
  stamped?: Stamped;
  unique?: string;
  refs?: string[];
  /** The texts that a search looks in, folded. */
  folds?: string[];
  /** Where it lies in every list: `createdAt|id`, so that a keyset page is one range of one field. */
  position: string;
  doc: D;
}

/** In the place of a collection: the stamp of all that have none of their own. */
export const REST = 'rest';
/** By stamped collections of an org: the commit that has written to them last. */
export type Stamped = Readonly<Record<string, ObjectId>>;

export function keyOf({ orgId, id }: Key): string {
  return `${orgId}/${id}`;
}

export function orgsOf(keys: readonly { orgId: string }[]): string[] {
  return [...new Set(keys.map(({ orgId }) => orgId))];
}

export function positionOf({ createdAt, id }: Position): string {
  return `${createdAt}|${id}`;
}

export function toStored(from: AnyCollection, doc: Doc, fence: number): Stored {
  const source = named(doc);
  const unique: string | null = from.unique?.(doc) ?? null;
  const refs = refsOf(from, doc);
  const folds = from.search?.texts(doc);
  const { orgId, id, version, createdAt } = doc;
  return {
    _id: keyOf(doc),
    orgId,
    id,
    version,
    createdAt,
    fence,
    ...Object.fromEntries(columnsOf(from).map((name) => [name, source[name] ?? null])),
    ...(unique === null ? {} : { unique }),
    ...(refs.length === 0 ? {} : { refs }),
    ...(folds === undefined ? {} : { folds }),
    position: positionOf(doc),
    doc,
  };
}

/** The collection's own fields that queries may name, beside the ones that every document has. */
function columnsOf(collection: AnyCollection): string[] {
  const { columns = [], scopes = [], ancestors = [], expires, search, queue, numbered } = collection;
  const names = new Set<string>([
    ...columns,
    ...scopes,
    ...(collection.filters ?? []),
    ...ancestors.map(({ field }) => field),
    ...(expires ? [expires] : []),
    ...(search ? [search.scope] : []),
    ...(queue ? [queue.lane, queue.due] : []),
    ...(numbered ? [numbered] : []),
  ]);
  for (const name of ['id', 'orgId', 'createdAt', 'version']) names.delete(name);
  return [...names];
}

/** What a document's `unique` is where it has a key: the condition of the index, and of whoever asks for one. */
export const HAS_KEY = { $type: 'string' } as const;

export interface Index {
  key: IndexSpecification;
  options: CreateIndexesOptions;
}

export function indexesOf(collection: AnyCollection): Index[] {
  const index = (name: string, key: Record<string, 1>, options: CreateIndexesOptions = {}): Index => ({
    key,
    options: { name, ...options },
  });
  return [
    index('list', { orgId: 1, position: 1 }),
    ...(collection.scopes ?? []).map((scope: string) => index(`by_${scope}`, { orgId: 1, [scope]: 1, position: 1 })),
    ...(collection.unique
      ? [index('unique', { orgId: 1, unique: 1 }, { unique: true, partialFilterExpression: { unique: HAS_KEY } })]
      : []),
    ...(collection.refs || collection.filters ? [index('refs', { orgId: 1, refs: 1, position: 1 })] : []),
    ...(collection.queue
      ? [index('queue', { orgId: 1, [collection.queue.lane]: 1, [collection.queue.due]: 1, id: 1 })]
      : []),
    ...(collection.numbered ? [index('numbered', { orgId: 1, [collection.numbered]: 1 })] : []),
    // A sweep of what has expired spans the orgs.
    ...(collection.expires ? [index('expires', { [collection.expires]: 1 })] : []),
  ];
}
