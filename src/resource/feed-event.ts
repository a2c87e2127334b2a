import type { Doc } from '../store/store.ts';
import { idFrom } from '../words/ids.ts';
import * as field from './field/index.ts';
import { firstVersion } from './new-doc.ts';
import { defineNoun } from './noun.ts';
import type { Trace } from './trace.ts';

const text = field.internal('');
const optional = field.internal<string | null>(null);

const fields = {
  /** From 1 on, without a hole, in the order of the commits; given by the commit itself. */
  place: field.internal(0),
  kind: text,
  resourceType: text,
  resourceId: text,
  workspaceId: optional,
  actorId: optional,
  requestId: optional,
  /** Of the request, where it was traced. */
  trace: field.internal<Trace | null>(null),
  /** The namespace that it tells of: whoever does not see that one does not see this. */
  namespaceId: optional,
  /** Whose it was alone at that time, for when it is gone; null: everybody's. */
  privateTo: optional,
  /** Whether it is an audit event's: what was changed is stored there alone, under the same id, and read with it (`feed/changes.ts`). */
  isAudited: field.internal(false),
  data: field.internal<Record<string, unknown>>({}),
  purgeAt: text,
};
/** One thing that happened in an org, with its place in the one order that every reader sees. */
export type FeedEvent = field.DocOf<typeof fields>;

export const feedEvents = defineNoun(fields, {
  type: 'Event',
  resource: 'event',
  permission: 'events',
  collection: {
    name: 'feed',
    columns: ['kind', 'resourceType', 'resourceId', 'workspaceId', 'namespaceId', 'privateTo'],
    expires: 'purgeAt',
    numbered: 'place',
  },
});

export const KEPT_MS = 7 * 24 * 3_600_000;
/** An event goes a while after nobody may resume behind it any more: clocks of processes differ. */
const GRACE_MS = 3_600_000;

type Happened = Pick<FeedEvent, 'kind' | 'resourceType' | 'resourceId' | 'data'> & Partial<FeedEvent>;

let known = { createdAt: '', purgeAt: '' };

function purgeAtOf(createdAt: string): string {
  if (createdAt !== known.createdAt)
    known = { createdAt, purgeAt: new Date(Date.parse(createdAt) + KEPT_MS + GRACE_MS).toISOString() };
  return known.purgeAt;
}

/** An event as the document that tells of it has it; its id is the other one's own where that is an event itself. */
export function feedEvent({ id, orgId, createdAt, createdBy }: Omit<Doc, 'version' | 'updatedAt'>, happened: Happened) {
  const doc: FeedEvent = {
    ...firstVersion({ orgId, id }, createdAt, createdBy),
    place: 0,
    workspaceId: null,
    actorId: null,
    requestId: null,
    trace: null,
    namespaceId: happened.resourceType === 'namespace' ? happened.resourceId : null,
    privateTo: null,
    isAudited: false,
    ...happened,
    purgeAt: purgeAtOf(createdAt),
  };
  return { in: feedEvents.collection, doc };
}

/** The id of an event that a change of a document is, where nothing else gives it one. */
export function idOfChange({ id, version }: Doc, now: string): string {
  return idFrom('evt_', Date.parse(now), `${id} ${version}`);
}
