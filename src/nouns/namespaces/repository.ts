import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { newDoc } from '../../resource/new-doc.ts';
import { replaceFields } from '../../resource/patch.ts';
import { needReference, reach } from '../../resource/path.ts';
import { tombstone } from '../../resource/subtree.ts';
import { checkVersion } from '../../resource/version.ts';
import { type Planned, save, stillThere, withRetry } from '../../resource/write.ts';
import { conflict } from '../../words/errors.ts';
import { apps } from '../apps/model.ts';
import { environments } from '../environments/model.ts';
import { reshown } from '../jobs/visibility.ts';
import { logicalModels } from '../logical-models/model.ts';
import { workspaces } from '../workspaces/model.ts';
import { followed } from './follow.ts';
import { type ChangedLists, changedLists, inserted, removed, replaced } from './lists.ts';
import {
  type createNamespaceInput,
  type deleteNamespaceInput,
  isReindexing,
  type Namespace,
  namespaces,
  type updateNamespaceInput,
} from './model.ts';
import { cancelledJob } from './reindexing.ts';
import { sourceSubject } from './subjects.ts';

export type NamespaceTarget = {
  orgId?: string | null;
  workspaceId?: string | null;
  appId?: string | null;
  namespaceId: string;
};

export async function readNamespace(ctx: Context, input: NamespaceTarget): Promise<Namespace> {
  const above = [
    [workspaces, input.workspaceId],
    [apps, input.appId],
  ] as const;
  return reach(ctx, above, namespaces, input.namespaceId);
}

export function createNamespace(ctx: Context, input: z.output<typeof createNamespaceInput>) {
  return withRetry(async () => {
    const app = await reach(ctx, [[workspaces, input.workspaceId]], apps, input.appId);
    const own = { workspaceId: app.workspaceId, appId: app.id };
    const namespace = newDoc(ctx, namespaces, ctx.deps.ids.next('ns_'), input, own);
    const references = await referencesOf(ctx, namespace, null);
    const { made, planned } = inserted(ctx, namespace, input);
    return save(ctx, [stillThere(apps, app), ...references, ...planned], { namespace: made });
  });
}

/** The things that a namespace refers to exist now and must still when the commit is made; only those that change count. */
async function referencesOf(ctx: Context, next: Namespace, before: Namespace | null): Promise<Planned[]> {
  const planned: Planned[] = [];
  if (next.environmentId !== before?.environmentId) {
    const within = { field: 'workspaceId', id: next.workspaceId } as const;
    planned.push(stillThere(environments, await needReference(ctx, environments, next.environmentId, within)));
  }
  for (const field of ['embeddingModelId', 'extractionModelId'] as const) {
    const id = next[field];
    if (id === null || id === before?.[field]) continue;
    planned.push(stillThere(logicalModels, await needReference(ctx, logicalModels, id)));
  }
  return planned;
}

export function updateNamespace(ctx: Context, input: z.output<typeof updateNamespaceInput>) {
  return withRetry(async () => {
    const before = await readNamespace(ctx, input);
    const doc = replaceFields(namespaces, before, input);
    const references = await referencesOf(ctx, doc, before);
    const lists = await changedLists(ctx, before, input);
    checkVersion(ctx, before, input.expectedVersion);
    if (!lists && isDeepStrictEqual(doc, before)) return save(ctx, [], { namespace: before });
    const moved = lists ? movedSources(lists) : NOTHING_MOVED;
    const isTooMuch = moved.in.length + moved.out.length > MOVED_MAX;
    const switches = doc.embeddingModelId !== before.embeddingModelId;
    if (isReindexing(before) && (switches || isTooMuch))
      throw conflict('namespace', { reason: 'reindex_running', conflictingId: before.id });
    const reshownJobs = doc.isPrivate === before.isPrivate ? [] : await reshown(ctx, doc);
    const { planned: items, namespace: ended } = await followed(ctx, before, moved);
    const { shown: namespace, planned } = await replaced(ctx, before, { ...doc, ...ended }, 'update', { lists });
    return save(ctx, [...planned, ...references, ...reshownJobs, ...items], { namespace });
  });
}

/** Sources that may come and go in one change while the namespace is being reindexed, since their items do so with it. */
const MOVED_MAX = 1_000;
const NOTHING_MOVED = { in: [], out: [] };

function movedSources({ before, after }: ChangedLists) {
  const [old, now] = [new Set(before.sourceIds), new Set(after.sourceIds)];
  return {
    in: [...now].filter((id) => !old.has(id)).map(sourceSubject),
    out: [...old].filter((id) => !now.has(id)).map(sourceSubject),
  };
}

export function deleteNamespace(ctx: Context, input: z.output<typeof deleteNamespaceInput>) {
  return withRetry(async () => {
    const namespace = await readNamespace(ctx, input);
    checkVersion(ctx, namespace, input.expectedVersion);
    const { threadCount, listsVersion, reindexJobId } = namespace;
    const isEmpty = threadCount === 0 && listsVersion === 0 && reindexJobId === null;
    const mark = isEmpty ? [] : tombstone(ctx, namespaces, namespace);
    const counts = { threads: threadCount };
    const { shown, planned } = await removed(ctx, namespace, counts);
    const calledOff = await cancelledJob(ctx, namespace);
    return save(ctx, [...planned, ...calledOff, ...mark], { namespace: shown });
  });
}
