/**
 * The store port: what an engine promises and all that the rest of the product knows of one.
 *
 * Reads answer a value or a promise of it (the embedded engine answers at once). There is one write, `commit`:
 * all of its changes or none, each under its condition, durable before the promise resolves.
 * Documents below a tombstone (`ancestors`) are absent from every read and every condition.
 */

import type { MaybePromise } from '../words/maybe.ts';
import { StartRefused } from '../words/refused.ts';
import type { Bell } from './bell.ts';
import type { FirstValues } from './complete.ts';
import type { Deadline } from './deadline.ts';
import type { Moments } from './moments.ts';

export { all, chain, type MaybePromise } from '../words/maybe.ts';
export { StoreUnavailable } from './unavailable.ts';

export type Scalar = string | number | boolean | null;

/** What every stored document carries. `version` counts its changes from 1; times are RFC 3339 with milliseconds. */
export interface Doc {
  id: string;
  orgId: string;
  version: number;
  createdAt: string;
  updatedAt: string;
  createdBy: string | null;
  /** Names what of the document comes from the program and not from the store; part of its ETag. */
  edition?: string;
}

/** A document's place: the org it belongs to (`''` for documents keyed by themselves) and its id there. */
export interface Key {
  orgId: string;
  id: string;
}

/** Ids of one kind of thing that a document names; stored as `model:gpt-4o`. */
export interface Reference<D extends Doc> {
  to: string;
  ids(doc: D): readonly (string | null)[];
}

/** The field with the id of a document above, and the name of that one's collection. */
export interface Ancestor {
  field: string;
  in: string;
}

export interface Collection<D extends Doc = Doc> {
  name: string;
  /** Every field of its own, with what it reads as in a document that was stored before there was the field. */
  first?: FirstValues<Omit<D, keyof Doc>>;
  /** Scalar fields that queries may name, beside `id`, `createdAt` and `createdBy`. */
  columns?: readonly string[];
  /** Fields by which the collection is listed; each gets an index (org, field, createdAt, id). */
  scopes?: readonly string[];
  /** What lists are also filtered by, the more telling first: one index (org, field and value, createdAt, id) has all of them, and null is in none. */
  filters?: readonly string[];
  /** Field combinations whose number of documents is kept, so that a total costs the same at any size. */
  totals?: readonly (readonly string[])[];
  /** The document's unique key within its org, or null for none. */
  unique?(doc: D): string | null;
  /** What the document refers to, for reverse lookups. */
  refs?: readonly Reference<D>[];
  /** What the document lies in; when one of those is tombstoned, it is absent. */
  ancestors?: readonly Ancestor[];
  /** The column with the organization it belongs to, where it is not `orgId`. */
  home?: string;
  /** Texts that `search` looks in, already folded, and the scope that searches are made in. */
  search?: { scope: string; texts(doc: D): [string, string] };
  /** The field with the time (RFC 3339) after which the engine may drop the document. */
  expires?: string;
  /** What a stored document means to this program: applied to all that is read one by one or in pages, not to copies. */
  read?(stored: D): D;
  /** Makes it a queue: what is in one lane is taken in the order of a time (RFC 3339) from which on it is due; null: never. */
  queue?: { lane: string; due: string };
  /** Processes keep its documents in memory: every commit that changes one counts its generation on. */
  kept?: boolean;
  /** It decides who may do what: `changes` moves with every write to it. */
  watched?: boolean;
  /** Every commit that changes one says so beside its org's numbering: whoever asks for that alone knows whether what was read before still holds. Not for what expires, nor for what many change at once. */
  stamped?: boolean;
  /** The field that numbers an org's documents from 1, without a hole and in the order of their commits: given by the commit itself. 0: stored before there was one. */
  numbered?: string;
  /** A changed document gets the next number in place of its own, which leaves a hole: whoever reads on finds each once, as it was left last. */
  renumbered?: boolean;
  /** What a new or changed document tells: further documents that the same commit inserts, whoever makes it. */
  tells?(after: D, before: D | null, now: string): Told[];
}

/** A document that a commit inserts because of another one. */
export interface Told {
  in: AnyCollection;
  doc: Doc;
}

export type Clause =
  | { field: string; in: readonly Scalar[] }
  | { field: string; from?: string; until?: string }
  | { any: readonly Clause[] };

export interface Query {
  orgId: string;
  where?: readonly Clause[];
  /** Only documents whose `refs` hold this. */
  ref?: string;
  /** Folded text; only documents of the searched scope that contain it in one of their texts. */
  search?: string;
}

/** Lanes of a queue, in their order behind `after`, in which something is due at `now`. */
export interface LanesQuery {
  orgId: string;
  now: string;
  after: string | null;
  limit: number;
}

/** What of one lane is due at `now`. */
export interface DueQuery {
  orgId: string;
  lane: string;
  now: string;
  limit: number;
}

/** Of a numbered collection: what lies between two numbers, both exclusive. */
export interface NumberedQuery extends Pick<Query, 'orgId' | 'where'> {
  after: number;
  before: number;
  order: 'asc' | 'desc';
  limit: number;
}

export interface Position {
  createdAt: string;
  id: string;
}

/** One keyset page in the order (createdAt, id), exclusive of `after`. */
export interface PageQuery extends Query {
  order: 'asc' | 'desc';
  limit: number;
  after?: Position | null;
}

export interface Page<D> {
  docs: D[];
  /** Whether a further document follows in this order. */
  more: boolean;
}

/** What a rule over one document answers: what its next version says (null: nothing is written), or a refusal that undoes the commit. */
export type Ruled<D extends Doc> =
  /** `also`: further documents to insert in the same commit (an event of what the rule did). */
  { next: Partial<Omit<D, keyof Doc>> | null; also?: Told[] } | { refused: unknown };

// biome-ignore lint/suspicious/noExplicitAny: a collection is invariant in its document; the port only passes it through.
export type AnyCollection = Collection<any>;

export type Change =
  /** Fails with `exists` when the id is there, with `unique` when its unique key is taken; below a tombstone too, until that is swept. */
  | { type: 'insert'; in: AnyCollection; doc: Doc }
  /** Replaces a document whose version is `expected`; fails with `missing` or `version`. */
  | { type: 'put'; in: AnyCollection; doc: Doc; expected: number }
  | { type: 'remove'; in: AnyCollection; key: Key; expected?: number }
  /** Fails with `missing` unless the document is there (with `expected`, in that version) when the commit is made. */
  | { type: 'exists'; in: AnyCollection; key: Key; expected?: number }
  /**
   * Fails with `matched` when a document matches, or (with `min`) with `unmatched` when fewer than `min` do. What another process
   * stores at the same moment is seen only where both commits tell of events in one org, or take or name the same.
   */
  | { type: 'none'; in: AnyCollection; query: Query }
  | { type: 'atLeast'; in: AnyCollection; query: Query; min: number }
  /** Fails with `matched` when more than `max` (100 at most) match. */
  | { type: 'atMost'; in: AnyCollection; query: Query; max: number }
  /** Runs a rule over the document (absent: null) and stores what it answers; `apply` of `rule.ts` makes one. Fails with `exists` where it would make what lies below a tombstone. */
  | { type: 'apply'; in: AnyCollection; key: Key; run: (doc: Doc | null, now: string) => Ruled<Doc> }
  | Sweep;

/** Removes up to `limit` documents that match, tombstoned ones too: for sweeps and expiry. Alone and with none to remove, nothing is written. */
export interface Sweep {
  type: 'sweep';
  in: AnyCollection;
  /** null: in every org, for what expires. */
  orgId: string | null;
  field: string;
  value: string;
  limit: number;
}

export interface Committed {
  /** By the change's place: how many a `sweep` removed. */
  results: unknown[];
}

export type ConflictKind = 'exists' | 'unique' | 'missing' | 'version' | 'matched' | 'unmatched' | 'refused';

/** A condition of a commit did not hold; nothing of it was stored. */
export class StoreConflict extends Error {
  readonly kind: ConflictKind;
  readonly change: Change;
  readonly at: number;
  /** `exists`: the id that is taken. `unique`: the other document's id. `matched`: the matching document's id. `refused`: the rule's refusal. */
  readonly detail: unknown;
  constructor(kind: ConflictKind, change: Change, at: number, detail: unknown = null) {
    super(`commit refused: ${kind} at change ${at} (${change.type} ${change.in.name})`);
    this.kind = kind;
    this.change = change;
    this.at = at;
    this.detail = detail;
  }
}

/** The data is not for this program (a newer version, a broken file, a server without transactions). */
export class StoreRefused extends StartRefused {}

export interface StoreStats {
  reads: number;
  commits: number;
  /** How often it was looked whether others have committed: what a look sees holds for all that was asked before it. */
  looks: number;
  /** Hears how many commits were made durable together; absent where nobody measures. */
  onGroup?: (size: number) => void;
}

export interface Store {
  readonly engine: 'sqlite' | 'mongodb';
  get<D extends Doc>(from: Collection<D>, key: Key): MaybePromise<D | null>;
  /** In the order of the keys; null where absent. */
  getMany<D extends Doc>(from: Collection<D>, keys: readonly Key[]): MaybePromise<(D | null)[]>;
  getUnique<D extends Doc>(from: Collection<D>, orgId: string, unique: string): MaybePromise<D | null>;
  page<D extends Doc>(from: Collection<D>, query: PageQuery): MaybePromise<Page<D>>;
  /** Many pages (of many parents) in one call. */
  pages<D extends Doc>(from: Collection<D>, queries: readonly PageQuery[]): MaybePromise<Page<D>[]>;
  counts(from: AnyCollection, queries: readonly Query[]): MaybePromise<number[]>;
  /** Costs what it answers and the lanes passed over, however long these are. A lane may hold only what lies below a tombstone. */
  lanes(from: AnyCollection, query: LanesQuery): MaybePromise<string[]>;
  /** Longest due first; costs what it answers. */
  due<D extends Doc>(from: Collection<D>, query: DueQuery): MaybePromise<D[]>;
  /** Costs what it answers and what lies between. Whoever reads no further than `lastNumbers` tells misses nothing. */
  numbered<D extends Doc>(from: Collection<D>, query: NumberedQuery): MaybePromise<D[]>;
  /** The last number that each org's documents have; 0: none yet. */
  lastNumbers(from: AnyCollection, orgIds: readonly string[]): MaybePromise<number[]>;
  /** The moments of an org, for all that is asked from now on; null: it cannot be told. */
  moments(orgId: string): MaybePromise<Moments | null>;
  /** The same without asking: as they were told last, which was before anything that is asked from now on. */
  lastMoments(orgId: string): Moments | null;
  commit(changes: readonly Change[]): Promise<Committed>;
  /** Every document of every org in one stable order, those below a tombstone too: for copies and backups. */
  scan<D extends Doc>(from: Collection<D>, after: Key | null, limit: number): MaybePromise<D[]>;
  /** Stores documents as they are, replacing what is there, without conditions: for copies. */
  load<D extends Doc>(into: Collection<D>, docs: readonly D[]): Promise<void>;
  /** Takes documents away, those below a tombstone too, without conditions: for copies. */
  discard(from: AnyCollection, keys: readonly Key[]): Promise<void>;
  /** Moves with every write to a watched collection by this process and, where the engine hears of them, by others; time tells of the rest. */
  readonly changes: { epoch(): number };
  /** Rings when a commit of this process has given numbers. */
  readonly numbers: Bell;
  /** Whether the engine answers; rejects with `StoreUnavailable`. */
  ping(): Promise<void>;
  readonly stats: StoreStats;
  /** By when what is asked of it now is answered. */
  readonly answersBy: Deadline;
  /** The same store for one request, which came after so many looks: it is answered by the deadline, or rejects with `StoreUnavailable`. */
  until(deadline: Deadline, looks?: number): Store;
  close(): Promise<void>;
}

export function meaningOf<D extends Doc>(from: Collection<D>, stored: D): D {
  return from.read?.(stored) ?? stored;
}

/** The organization whose documents a change names; a sweep may go through all of them. */
export function orgsNamed(change: Change): string[] {
  if (change.type === 'insert' || change.type === 'put') return [change.doc.orgId];
  if ('query' in change) return [change.query.orgId];
  return change.type === 'sweep' ? [] : [change.key.orgId];
}

export const tombstones: Collection<Tombstone> = {
  name: 'tombstones',
  stamped: true,
  first: { field: '', sweptAt: null },
  columns: ['field', 'sweptAt'],
};

/** Stands for a deleted document whose subtree is still stored; `field` names it in the documents below. */
export interface Tombstone extends Doc {
  field: string;
  sweptAt: string | null;
}
