import { enumType } from '../../graphql/inputs.ts';
import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, filteredEdge, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { PROGRESS } from '../../graphql/wire.ts';
import { naming } from '../../resource/list.ts';
import { apps } from '../apps/model.ts';
import { environments } from '../environments/model.ts';
import { JobStatus } from '../jobs/status.ts';
import { logicalModels } from '../logical-models/model.ts';
import { workspaces } from '../workspaces/model.ts';
import { namespaceList } from './connection.ts';
import {
  addThreadInput,
  cancelReindexInput,
  createNamespaceInput,
  deleteNamespaceInput,
  namespaces,
  reindexNamespaceInput,
  removeThreadInput,
  threads,
  updateNamespaceInput,
} from './model.ts';
import { cancelReindex, reindexNamespace } from './reindex.ts';
import { createNamespace, deleteNamespace, updateNamespace } from './repository.ts';
import { addThread, removeThread, threadIdsOf } from './threads.ts';

const NamespaceStatus = enumType('NamespaceStatus', 'Whether a namespace is in use.', {
  active: 'In use.',
  archived: 'Kept, not in use.',
});

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

defineNode(namespaces, 'A memory of an app: threads and sources, indexed by models.', (t) => ({
  namespaceId: t.exposeString('id', { description: 'The documented id.' }),
  orgId: t.exposeString('orgId', { description: 'The organization.' }),
  name: t.exposeString('name', { description: 'Unique in the app, up to letter case.' }),
  description: t.exposeString('description', { nullable: true, description: 'What the namespace holds.' }),
  appId: t.exposeString('appId', { description: 'The app.' }),
  workspaceId: t.exposeString('workspaceId', { description: 'The workspace.' }),
  environmentId: t.exposeString('environmentId', { description: 'The environment.' }),
  embeddingModelId: t.exposeString('embeddingModelId', {
    nullable: true,
    description: 'The logical model that embeds.',
  }),
  extractionModelId: t.exposeString('extractionModelId', {
    nullable: true,
    description: 'The logical model that extracts entities.',
  }),
  autoExtractEntities: t.exposeBoolean('autoExtractEntities', {
    description: 'Whether entities are extracted from new content.',
  }),
  isPrivate: t.exposeBoolean('isPrivate', { description: 'Whether only its creator and Admins see it.' }),
  indexThreads: t.exposeBoolean('indexThreads', { description: 'Whether threads are indexed.' }),
  episodesEnabled: t.exposeBoolean('episodesEnabled', { description: 'Whether threads are cut into episodes.' }),
  episodeConfig: t.expose('episodeConfig', {
    type: 'JSONObject',
    nullable: true,
    description: 'Free-form settings of episodes.',
  }),
  status: t.expose('status', { type: NamespaceStatus, description: 'Whether it is in use.' }),
  contextType: t.exposeString('contextType', { nullable: true, description: 'The kind of context; free.' }),
  tags: t.exposeStringList('tags', { description: 'Free labels.' }),
  threadIds: t.stringList({
    description: 'Its thread ids, in order of addition; at most 10,000.',
    resolve: (namespace, _args, ctx) => threadIdsOf(ctx, namespace),
  }),
  sourceIds: t.exposeStringList('sourceIds', { description: 'Ids of sources; opaque.' }),
  memoryVaultId: t.exposeString('memoryVaultId', {
    nullable: true,
    description: 'The vault that memories go to; opaque.',
  }),
  nodeIds: t.exposeStringList('nodeIds', { description: 'Ids of nodes; opaque.' }),
  reindexStatus: t.expose('reindexStatus', {
    type: JobStatus,
    nullable: true,
    description: 'How far the last reindex is; null: none yet.',
  }),
  reindexStartedAt: t.expose('reindexStartedAt', {
    type: 'DateTime',
    nullable: true,
    description: 'When it began to run.',
  }),
  reindexCompletedAt: t.expose('reindexCompletedAt', {
    type: 'DateTime',
    nullable: true,
    description: 'When it ended.',
  }),
  reindexProgress: t.field({
    ...PROGRESS,
    nullable: true,
    description: '`{total, done, failed, percent}`, of threads and sources.',
    resolve: (namespace) => namespace.reindexProgress as unknown as Record<string, unknown> | null,
  }),
  reindexError: t.exposeString('reindexError', { nullable: true, description: 'Why it failed.' }),
  workspace: edge(t, workspaces, 'The workspace.', (namespace) => namespace.workspaceId),
  app: edge(t, apps, 'The app.', (namespace) => namespace.appId),
  environment: edge(t, environments, 'The environment.', (namespace) => namespace.environmentId),
  embeddingModel: edge(t, logicalModels, 'The logical model that embeds.', (namespace) => namespace.embeddingModelId),
  extractionModel: edge(
    t,
    logicalModels,
    'The logical model that extracts entities.',
    (namespace) => namespace.extractionModelId,
  ),
  threads: filteredEdge(t, threads, 'Its threads, in order of addition.', threadList as never),
}));

defineNode(threads, 'A thread in a namespace.', (t) => ({
  threadId: t.exposeString('threadId', { description: 'The id of the thread; opaque.' }),
  namespaceId: t.exposeString('namespaceId', { description: 'The namespace.' }),
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
  changes: { noun: namespaces, id: 'namespaceId' },
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
  description: 'Asks for a reindex by another embedding model; one at a time.',
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
