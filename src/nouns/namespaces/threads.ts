import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { checkVersion } from '../../resource/version.ts';
import { created, type Planned, replacement, save, withRetry } from '../../resource/write.ts';
import { conflict, notFound } from '../../words/errors.ts';
import {
  type addThreadInput,
  type Namespace,
  namespaces,
  type removeThreadInput,
  THREADS_MAX,
  type Thread,
  threads,
} from './model.ts';
import { readNamespace } from './repository.ts';

/** A namespace with its thread ids already known, so that a reply shows the list as of its own commit. */
export type WithThreads = Namespace & { threadIds?: string[] };

/** The ids in order of addition; batched over all namespaces of a selection. */
export async function threadIdsOf(ctx: Context, namespace: WithThreads): Promise<string[]> {
  if (namespace.threadIds) return namespace.threadIds;
  if (namespace.threadCount === 0) return [];
  const page = await ctx.loaders.page(threads.collection, {
    orgId: namespace.orgId,
    where: [{ field: 'namespaceId', in: [namespace.id] }],
    order: 'asc',
    limit: THREADS_MAX,
  });
  return page.docs.map((thread) => thread.threadId);
}

/** Adding a thread twice changes nothing. */
export function addThread(ctx: Context, input: z.output<typeof addThreadInput>) {
  return withRetry(async () => {
    const before = await readNamespace(ctx, input);
    const known = await threadOf(ctx, before, input.threadId);
    if (known) return save(ctx, [], { namespace: before as WithThreads });
    if (before.threadCount >= THREADS_MAX)
      throw conflict('namespace', { reason: 'too_many_threads', conflictingId: before.id });
    const ids = [...(await threadIdsOf(ctx, before)), input.threadId];
    const { after, planned } = replacement(
      ctx,
      namespaces,
      before,
      { ...before, threadCount: before.threadCount + 1 },
      'add_thread',
    );
    const { id: namespaceId, workspaceId, appId } = before;
    const thread: Thread = {
      ...created(ctx, `${namespaceId}.${String(after.version).padStart(12, '0')}`),
      createdAt: after.updatedAt,
      workspaceId,
      appId,
      namespaceId,
      threadId: input.threadId,
    };
    const insert: Planned = { change: { type: 'insert', in: threads.collection, doc: thread } };
    const payload = { namespace: { ...after, threadIds: ids } as WithThreads };
    return save(ctx, [...planned, insert], payload);
  });
}

export function removeThread(ctx: Context, input: z.output<typeof removeThreadInput>) {
  return withRetry(async () => {
    const before = await readNamespace(ctx, input);
    const thread = await threadOf(ctx, before, input.threadId);
    if (!thread) throw notFound('thread', input.threadId);
    checkVersion(ctx, before, input.expectedVersion);
    const ids = (await threadIdsOf(ctx, before)).filter((id) => id !== input.threadId);
    const { after, planned } = replacement(
      ctx,
      namespaces,
      before,
      { ...before, threadCount: before.threadCount - 1 },
      'remove_thread',
    );
    const remove: Planned = { change: { type: 'remove', in: threads.collection, key: thread } };
    const payload = { namespace: { ...after, threadIds: ids } as WithThreads };
    return save(ctx, [...planned, remove], payload);
  });
}

async function threadOf(ctx: Context, namespace: Namespace, threadId: string): Promise<Thread | null> {
  return ctx.deps.store.getUnique(threads.collection, namespace.orgId, `${namespace.id}\u0001${threadId}`);
}
