import { directFirst, UNREAD } from '../../graphql/execution/direct.ts';
import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, filteredEdge, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import type { Context } from '../../resource/context.ts';
import { naming } from '../../resource/list.ts';
import { chain } from '../../words/maybe.ts';
import { apps } from '../apps/model.ts';
import { environments } from '../environments/model.ts';
import { progressNow } from '../jobs/progress.ts';
import { logicalModels } from '../logical-models/model.ts';
import { workspaces } from '../workspaces/model.ts';
import { namespaceList } from './connection.ts';
import { listsAtHand, shownListsOf } from './lists.ts';
import {
  addThreadInput,
  cancelReindexInput,
  createNamespaceInput,
  deleteNamespaceInput,
  type Namespace,
  namespaces,
  reindexNamespaceInput,
  removeThreadInput,
  threads,
  updateNamespaceInput,
} from './model.ts';
import { cancelReindex, reindexNamespace } from './reindex.ts';
import { createNamespace, deleteNamespace, updateNamespace } from './repository.ts';
import { addThread, removeThread, threadIdsOf } from './threads.ts';

/** In order of addition, as `threadIds` is. */
const threadList = {
  args: (t: { arg: { boolean: (options: { description: string }) => object } }) => ({
    oldestFirst: t.arg.boolean({ description: 'In order of addition, the default here; false walks from the newest.' }),
  }),
  list: ({ parent: { id }, oldestFirst }: { parent: { id: string }; oldestFirst?: boolean | null }) => {
    const where = [{ field: 'namespaceId', in: [id] }];
    return {
      name: `threads of ${id}`,
      where,
      ascending: oldestFirst ?? true,
      totals: [{ sign: 1 as const, where }],
    };
  },
};

const NO_THREADS: readonly string[] = Object.freeze([]);

defineNode(
  namespaces,
  'A memory of an app: threads and sources, indexed by models.',
  (t) => ({
    workspace: edge(t, workspaces, 'The workspace.', ({ workspaceId }) => workspaceId),
    app: edge(t, apps, 'The app.', ({ appId }) => appId),
    environment: edge(t, environments, 'The environment.', ({ environmentId }) => environmentId),
    embeddingModel: edge(t, logicalModels, 'The logical model that embeds.', (one) => one.embeddingModelId),
    extractionModel: edge(
      t,
      logicalModels,
      'The logical model that extracts entities.',
      (one) => one.extractionModelId,
    ),
    threads: filteredEdge(t, threads, 'Its threads, in order of addition.', threadList as never),
  }),
  {
    sourceIds: directFirst(
      (namespace: Namespace) => listsAtHand(namespace)?.sourceIds ?? UNREAD,
      (namespace: Namespace, ctx: Context) => chain(shownListsOf(ctx, namespace), ({ sourceIds }) => sourceIds),
    ),
    nodeIds: directFirst(
      (namespace: Namespace) => listsAtHand(namespace)?.nodeIds ?? UNREAD,
      (namespace: Namespace, ctx: Context) => chain(shownListsOf(ctx, namespace), ({ nodeIds }) => nodeIds),
    ),
    threadIds: directFirst(
      ({ threadCount }: Namespace) => (threadCount === 0 ? NO_THREADS : UNREAD),
      (namespace: Namespace, ctx: Context) => threadIdsOf(ctx, namespace),
    ),
    reindexProgress: directFirst(
      ({ reindexJobId: job, reindexProgress: first }: Namespace) => (job === null || first === null ? first : UNREAD),
      ({ reindexJobId: job, reindexProgress: first }: Namespace, ctx: Context) =>
        job === null || first === null ? first : progressNow(ctx, job, first),
    ),
  },
);

defineNode(threads, 'A thread in a namespace.', (t) => ({
  namespace: edge(t, namespaces, 'The namespace.', (thread) => thread.namespaceId),
}));

const within = [
  ['workspaceId', workspaces],
  ['appId', apps],
] as const;
rootNode(namespaces, 'namespace', within);
rootList(namespaces, 'namespaces', {
  above: within,
  description: 'The namespaces of an app that the caller sees.',
  ...namespaceList,
});

listOn(apps, 'namespaces', namespaces, 'Its namespaces.', namespaceList);
listOn(workspaces, 'namespaces', namespaces, 'The namespaces of all its apps.', ({ id }) => ({
  name: `namespaces of ${id}`,
  where: [{ field: 'workspaceId', in: [id] }],
}));
listOn(environments, 'namespaces', namespaces, 'The namespaces in it.', naming(environments, 'namespaces in'));
listOn(
  logicalModels,
  'namespaces',
  namespaces,
  'The namespaces that use it.',
  naming(logicalModels, 'namespaces naming'),
);

const payload = { namespace: { type: refOf(namespaces), description: 'The namespace.' } };

mutation('createNamespace', {
  permission: 'namespaces:create',
  description: 'Creates a namespace in an app.',
  input: createNamespaceInput,
  payload,
  resolve: createNamespace,
});

mutation('updateNamespace', {
  permission: 'namespaces:update',
  description: 'Replaces the fields that are sent; null clears a nullable one.',
  input: updateNamespaceInput,
  changes: namespaces,
  payload,
  resolve: updateNamespace,
});

mutation('deleteNamespace', {
  permission: 'namespaces:delete',
  description: 'Deletes a namespace and its threads.',
  input: deleteNamespaceInput,
  payload,
  resolve: deleteNamespace,
});

mutation('addThreadToNamespace', {
  permission: 'namespaces:update',
  description: 'Adds a thread; twice changes nothing. At most 10,000 per namespace.',
  input: addThreadInput,
  payload,
  resolve: addThread,
});

mutation('removeThreadFromNamespace', {
  permission: 'namespaces:update',
  description: 'Removes a thread.',
  input: removeThreadInput,
  payload,
  resolve: removeThread,
});

mutation('reindexNamespace', {
  permission: 'namespaces:reindex',
  description: 'Asks for a reindex by another embedding model; one at a time. Workers do it, item by item.',
  input: reindexNamespaceInput,
  payload,
  resolve: reindexNamespace,
});

mutation('cancelReindex', {
  permission: 'namespaces:reindex',
  description: 'Calls a running reindex off; the embedding model stays.',
  input: cancelReindexInput,
  payload,
  resolve: cancelReindex,
});
