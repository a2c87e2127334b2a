import { isDeepStrictEqual } from 'node:util';
import { audit } from '../../resource/audit.ts';
import { type Context, isoNow } from '../../resource/context.ts';
import * as field from '../../resource/field/index.ts';
import { created, docFrom } from '../../resource/new-doc.ts';
import { defineNoun } from '../../resource/noun.ts';
import { inserting, type Planned, removing, replacing } from '../../resource/write.ts';
import { chain, type MaybePromise } from '../../store/store.ts';
import { listFields, type Namespace, namespaces } from './model.ts';

export type Lists = field.ValuesOf<typeof listFields>;

const text = field.internal('');

const namespaceLists = defineNoun(
  { namespaceId: text, workspaceId: text, appId: text, ...listFields },
  {
    type: 'NamespaceLists',
    resource: 'namespace',
    permission: 'namespaces',
    isPart: true,
    collection: {
      name: 'namespaceLists',
      stamped: true,
      scopes: ['namespaceId', 'appId', 'workspaceId'],
      ancestors: [
        { field: 'workspaceId', in: 'workspaces' },
        { field: 'appId', in: 'apps' },
        { field: 'namespaceId', in: 'namespaces' },
      ],
    },
  },
);

/** With short lists in it, or as an older program stored it, with any; or as a commit leaves it, with those that its reply shows. */
type WithLists = Namespace & Partial<Lists>;

const NONE: Lists = Object.freeze({
  sourceIds: Object.freeze<string[]>([]) as string[],
  nodeIds: Object.freeze<string[]>([]) as string[],
});

/** What lies in the document itself; null where it lies apart. */
function ownLists({ sourceIds, nodeIds }: WithLists): Lists | null {
  return sourceIds || nodeIds ? { sourceIds: sourceIds ?? [], nodeIds: nodeIds ?? [] } : null;
}

export async function listsOf(ctx: Context, namespace: WithLists): Promise<Lists> {
  return ownLists(namespace) ?? shownOf(await stored(ctx, namespace));
}

/** The same for replies: what is selected of many namespaces is read together. */
export function shownListsOf(ctx: Context, namespace: WithLists): MaybePromise<Lists> {
  return (
    listsAtHand(namespace) ??
    chain(ctx.loaders.get(namespaceLists.collection, namespace.id), (kept) => atHand(namespace, shownOf(kept)))
  );
}

/** Those of namespaces that the store keeps, as long as it does: whose lists change is another document. */
const known = new WeakMap<Namespace, Lists>();
const KNOWN_IDS_MAX = 100;

/** What can be told of the lists without a read. */
export function listsAtHand(namespace: WithLists): Lists | null {
  return ownLists(namespace) ?? (namespace.listsVersion === 0 ? NONE : (known.get(namespace) ?? null));
}

function atHand(namespace: Namespace, lists: Lists): Lists {
  const isShort = lists.sourceIds.length + lists.nodeIds.length <= KNOWN_IDS_MAX;
  if (isShort && Object.isFrozen(namespace)) known.set(namespace, lists);
  return lists;
}

async function stored(ctx: Context, { id, orgId, listsVersion }: Namespace) {
  return listsVersion === 0 ? null : ctx.deps.store.get(namespaceLists.collection, { orgId, id });
}

function shownOf(kept: Lists | null): Lists {
  return kept ? { sourceIds: kept.sourceIds, nodeIds: kept.nodeIds } : NONE;
}

/** Without what lies apart, and what only counts it. */
function bare(stored: WithLists): Namespace {
  if (!ownLists(stored)) return stored;
  const { sourceIds: _, nodeIds: __, ...namespace } = stored;
  return namespace;
}

/** What an audit event tells of: the lists like any other field. */
function told(namespace: WithLists, lists: Lists) {
  return { ...namespace, ...lists, listsVersion: undefined };
}

export interface ChangedLists {
  before: Lists;
  after: Lists;
}

/** What a body says of the lists, where that is not what they are. */
export async function changedLists(
  ctx: Context,
  namespace: Namespace,
  { sourceIds, nodeIds }: Partial<Lists>,
): Promise<ChangedLists | null> {
  if (sourceIds === undefined && nodeIds === undefined) return null;
  const before = await listsOf(ctx, namespace);
  const after = { sourceIds: sourceIds ?? before.sourceIds, nodeIds: nodeIds ?? before.nodeIds };
  return isDeepStrictEqual(before, after) ? null : { before, after };
}

/** What a namespace may hold of its lists itself: a document less to write and to read, and next to nothing in every other change. */
const OWN_IDS_MAX = 16;
const OWN_CHARACTERS_MAX = 1_024;

function isShort({ sourceIds, nodeIds }: Lists): boolean {
  const characters = (ids: readonly string[]) => ids.reduce((sum, id) => sum + id.length, 0);
  if (sourceIds.length + nodeIds.length > OWN_IDS_MAX) return false;
  return characters(sourceIds) + characters(nodeIds) <= OWN_CHARACTERS_MAX;
}

function isEmpty({ sourceIds, nodeIds }: Lists): boolean {
  return sourceIds.length + nodeIds.length === 0;
}

/** A new namespace, as its reply shows it. */
export function inserted(ctx: Context, namespace: Namespace, { sourceIds = [], nodeIds = [] }: Partial<Lists>) {
  const lists = { sourceIds, nodeIds };
  const isOwn = isShort(lists);
  const doc = { ...namespace, listsVersion: isOwn ? 0 : 1, ...(isOwn && !isEmpty(lists) ? lists : {}) };
  const insert = inserting(ctx, namespaces, doc);
  const event = audit(ctx, namespaces, { verb: 'create', before: null, after: told(doc, lists) });
  const kept = isOwn ? [] : [keptApart(ctx, doc, lists)];
  return { made: { ...doc, ...lists }, planned: [insert, { change: event }, ...kept] };
}

interface Replaced {
  after: Namespace;
  /** As its reply shows it. */
  shown: Namespace;
  planned: Planned[];
}

/** What changes beside the namespace itself. */
interface Along {
  lists?: ChangedLists | null;
  /** The thread that comes or goes: all that are there would be megabytes in each event. */
  thread?: { before: string | null; after: string | null };
}

/** The change of a namespace, and of its lists where these change too; long ones move out of it, whoever left them there. */
export async function replaced(
  ctx: Context,
  before: Namespace,
  next: Namespace,
  verb: string,
  { lists = null, thread }: Along,
): Promise<Replaced> {
  const own = ownLists(before);
  const wanted = lists?.after ?? own;
  const isOwn = before.listsVersion === 0 && (!wanted || isShort(wanted));
  const kept = isOwn ? [] : await keep(ctx, before, wanted);
  const listsVersion = before.listsVersion + kept.length;
  const doc = { ...bare(next), listsVersion, ...(isOwn && wanted && !isEmpty(wanted) ? wanted : {}) };
  const { after, put } = replacing(ctx, namespaces, before, doc);
  const left = { ...told(before, lists?.before ?? NONE), threadId: thread?.before };
  const right = { ...told(after, lists?.after ?? NONE), threadId: thread?.after };
  const event = audit(ctx, namespaces, { verb, before: left, after: right });
  // What the commit moves is nowhere else yet when a reply is made before it.
  const shown = { ...after, ...(lists?.after ?? own) };
  return { after, shown, planned: [put, { change: event }, ...kept] };
}

async function keep(ctx: Context, namespace: Namespace, lists: Lists | null): Promise<Planned[]> {
  if (!lists) return [];
  const before = await stored(ctx, namespace);
  if (!before) return isEmpty(lists) ? [] : [keptApart(ctx, namespace, lists)];
  const doc = { ...before, ...lists, version: before.version + 1, updatedAt: isoNow(ctx) };
  return [{ change: { type: 'put', in: namespaceLists.collection, doc, expected: before.version } }];
}

function keptApart(ctx: Context, { id, workspaceId, appId }: Namespace, lists: Lists): Planned {
  const doc = docFrom(namespaceLists, created(ctx, id), { namespaceId: id, workspaceId, appId, ...lists });
  return { change: { type: 'insert', in: namespaceLists.collection, doc } };
}

/** A namespace that goes, as it was at last. */
export async function removed(ctx: Context, namespace: Namespace, counts: Record<string, number>) {
  const remove = removing(namespaces, namespace);
  const lists = await listsOf(ctx, namespace);
  const event = audit(ctx, namespaces, { verb: 'delete', before: told(namespace, lists), after: null, counts });
  return { shown: { ...namespace, ...lists }, planned: [remove, { change: event }] };
}
