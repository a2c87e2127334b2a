import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { newDoc } from '../../resource/new-doc.ts';
import { replaceFields } from '../../resource/patch.ts';
import { needReference, reach } from '../../resource/path.ts';
import { tombstone } from '../../resource/subtree.ts';
import { checkVersion } from '../../resource/version.ts';
import { insertion, type Planned, removal, save, stillThere, update, withRetry } from '../../resource/write.ts';
import { conflict } from '../../words/errors.ts';
import { apps } from '../apps/model.ts';
import { environments } from '../environments/model.ts';
import { logicalModels } from '../logical-models/model.ts';
import { workspaces } from '../workspaces/model.ts';
import {
  type createNamespaceInput,
  type deleteNamespaceInput,
  type Namespace,
  namespaces,
  type updateNamespaceInput,
} from './model.ts';

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
    return save(ctx, [stillThere(apps, app), ...references, ...insertion(ctx, namespaces, namespace)], { namespace });
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

export function isReindexing(namespace: Namespace): boolean {
  return namespace.reindexStatus === 'pending' || namespace.reindexStatus === 'running';
}

export function updateNamespace(ctx: Context, input: z.output<typeof updateNamespaceInput>) {
  return update(
    ctx,
    namespaces,
    () => readNamespace(ctx, input),
    input.expectedVersion,
    async (before) => {
      const doc = replaceFields(namespaces, before, input);
      const also = await referencesOf(ctx, doc, before);
      const switches = isReindexing(before) && doc.embeddingModelId !== before.embeddingModelId;
      return {
        doc,
        also,
        refuse: switches ? conflict('namespace', { reason: 'reindex_running', conflictingId: before.id }) : null,
      };
    },
    (namespace) => ({ namespace }),
  );
}

export function deleteNamespace(ctx: Context, input: z.output<typeof deleteNamespaceInput>) {
  return withRetry(async () => {
    const namespace = await readNamespace(ctx, input);
    checkVersion(ctx, namespace, input.expectedVersion);
    const mark = namespace.threadCount > 0 ? tombstone(ctx, namespaces, namespace) : [];
    const counts = { threads: namespace.threadCount };
    return save(ctx, [...removal(ctx, namespaces, namespace, { counts }), ...mark], { namespace });
  });
}
