import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { created, docFrom } from '../../resource/new-doc.ts';
import { checkVersion } from '../../resource/version.ts';
import { type Planned, save, withRetry } from '../../resource/write.ts';
import { chain, type MaybePromise, type PageQuery } from '../../store/store.ts';
import { conflict, notFound } from '../../words/errors.ts';
import { createOneByOne } from '../../words/one-by-one.ts';
import { followed } from './follow.ts';
import { replaced } from './lists.ts';
import {
  type addThreadInput,
  type Namespace,
  type removeThreadInput,
  THREADS_MAX,
  type Thread,
  threads,
} from './model.ts';
import { readNamespace } from './repository.ts';
import { threadSubject } from './subjects.ts';

/** A namespace as a commit left it that added or removed a thread. */
type Changed = Namespace & { change?: { added: string } | { removed: string } };

/** Whoever changes the threads of one namespace in this process does so in turn: none has to plan again. */
const inTurn = createOneByOne();

/** The ids in order of addition; batched over all namespaces of a selection, and read only where they are selected. */
export function threadIdsOf(ctx: Context, namespace: Changed): MaybePromise<string[]> {
  if (namespace.threadCount === 0) return [];
  const query: PageQuery = {
    orgId: namespace.orgId,
    where: [{ field: 'namespaceId', in: [namespace.id] }],
    order: 'asc',
    limit: THREADS_MAX,
  };
  return chain(ctx.loaders.page(threads.collection, query), ({ docs }) =>
    namespace.change ? asChanged(namespace, namespace.change, docs) : docs.map(({ threadId }) => threadId),
  );
}

/** The list as the commit left it, read before or after it: what is added later has a later id. */
function asChanged(namespace: Namespace, change: NonNullable<Changed['change']>, docs: readonly Thread[]): string[] {
  const [changed, added] = 'added' in change ? [change.added, [change.added]] : [change.removed, []];
  const end = idAt(namespace);
  const others = docs.filter(({ id, threadId }) => id <= end && threadId !== changed);
  return [...others.map(({ threadId }) => threadId), ...added];
}

/** The id of a thread that is added by the commit which makes this version. */
function idAt({ id, version }: Namespace): string {
  return `${id}.${String(version).padStart(12, '0')}`;
}

/** Adding a thread twice changes nothing. */
export function addThread(ctx: Context, input: z.output<typeof addThreadInput>) {
  return changeThreads(input, async () => {
    const before = await readNamespace(ctx, input);
    const known = await threadOf(ctx, before, input.threadId);
    if (known) return save(ctx, [], { namespace: before as Changed });
    if (before.threadCount >= THREADS_MAX)
      throw conflict('namespace', { reason: 'too_many_threads', conflictingId: before.id });
    const next: Namespace = { ...before, threadCount: before.threadCount + 1 };
    const { after, shown, planned } = await replaced(ctx, before, next, 'add_thread', {
      thread: { before: null, after: input.threadId },
    });
    const { id: namespaceId, workspaceId, appId } = before;
    const thread = docFrom(
      threads,
      { ...created(ctx, idAt(after)), createdAt: after.updatedAt },
      { workspaceId, appId, namespaceId, threadId: input.threadId },
    );
    const insert: Planned = { change: { type: 'insert', in: threads.collection, doc: thread } };
    const { planned: items } = await followed(ctx, after, { in: [threadSubject(thread)] });
    const payload = { namespace: { ...shown, change: { added: input.threadId } } as Changed };
    return save(ctx, [...planned, insert, ...items], payload);
  });
}

export function removeThread(ctx: Context, input: z.output<typeof removeThreadInput>) {
  return changeThreads(input, async () => {
    const before = await readNamespace(ctx, input);
    const thread = await threadOf(ctx, before, input.threadId);
    if (!thread) throw notFound('thread', input.threadId);
    checkVersion(ctx, before, input.expectedVersion);
    const { planned: items, namespace: ended } = await followed(ctx, before, { out: [threadSubject(thread)] });
    const next: Namespace = { ...before, threadCount: before.threadCount - 1, ...ended };
    const { shown, planned } = await replaced(ctx, before, next, 'remove_thread', {
      thread: { before: input.threadId, after: null },
    });
    const remove: Planned = { change: { type: 'remove', in: threads.collection, key: thread } };
    const payload = { namespace: { ...shown, change: { removed: input.threadId } } as Changed };
    return save(ctx, [...planned, remove, ...items], payload);
  });
}

function changeThreads<T>({ namespaceId }: { namespaceId: string }, attempt: () => Promise<T>): Promise<T> {
  return inTurn(namespaceId, () => withRetry(attempt));
}

async function threadOf(ctx: Context, namespace: Namespace, threadId: string): Promise<Thread | null> {
  return ctx.deps.store.getUnique(threads.collection, namespace.orgId, `${namespace.id}\u0001${threadId}`);
}
