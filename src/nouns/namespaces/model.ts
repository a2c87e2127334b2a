import { z } from 'zod';
import { defineNoun, may } from '../../resource/noun.ts';
import { nullable } from '../../store/complete.ts';
import type { Doc } from '../../store/store.ts';
import {
  expectedVersion,
  flag,
  flagOr,
  freeMap,
  id,
  name,
  optionalText,
  tagList,
  withinApp,
  withinWorkspace,
} from '../../validation/fields.ts';
import { fold } from '../../words/fold.ts';

export interface ReindexProgress {
  total: number;
  done: number;
  failed: number;
  percent: number;
}

export interface Namespace extends Doc {
  workspaceId: string;
  appId: string;
  environmentId: string;
  name: string;
  description: string | null;
  embeddingModelId: string | null;
  extractionModelId: string | null;
  autoExtractEntities: boolean;
  isPrivate: boolean;
  indexThreads: boolean;
  episodesEnabled: boolean;
  episodeConfig: Record<string, unknown> | null;
  status: 'active' | 'archived';
  contextType: string | null;
  tags: string[];
  sourceIds: string[];
  memoryVaultId: string | null;
  nodeIds: string[];
  threadCount: number;
  reindexStatus: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled' | null;
  reindexStartedAt: string | null;
  reindexCompletedAt: string | null;
  reindexProgress: ReindexProgress | null;
  reindexError: string | null;
  /** The model that a running reindex will switch to, and its job. */
  reindexModelId: string | null;
  reindexJobId: string | null;
}

export const namespaces = defineNoun<Namespace>({
  type: 'Namespace',
  resource: 'namespace',
  permission: 'namespaces',
  collection: {
    name: 'namespaces',
    first: {
      workspaceId: '',
      appId: '',
      environmentId: '',
      name: '',
      description: null,
      embeddingModelId: null,
      extractionModelId: null,
      autoExtractEntities: false,
      isPrivate: false,
      indexThreads: false,
      episodesEnabled: false,
      episodeConfig: null,
      status: 'active',
      contextType: null,
      tags: [],
      sourceIds: [],
      memoryVaultId: null,
      nodeIds: [],
      threadCount: 0,
      reindexStatus: null,
      reindexStartedAt: null,
      reindexCompletedAt: null,
      reindexProgress: nullable<ReindexProgress>({ total: 0, done: 0, failed: 0, percent: 0 }),
      reindexError: null,
      reindexModelId: null,
      reindexJobId: null,
    },
    columns: ['isPrivate', 'createdBy', 'status'],
    scopes: ['appId', 'workspaceId'],
    ancestors: [
      { field: 'workspaceId', in: 'workspaces' },
      { field: 'appId', in: 'apps' },
    ],
    totals: [['appId'], ['appId', 'isPrivate'], ['appId', 'isPrivate', 'createdBy'], ['workspaceId']],
    unique: (doc) => `${doc.appId}\u0001${fold(doc.name)}`,
    refs: [
      { to: 'environment', ids: (doc) => [doc.environmentId] },
      { to: 'model', ids: (doc) => [doc.embeddingModelId, doc.extractionModelId, doc.reindexModelId] },
    ],
    search: { scope: 'appId', texts: (doc) => [fold(doc.name), fold(doc.description ?? '')] },
  },
  // A private namespace is seen by its creator and by Admins only; for others it is absent.
  hides: {
    test: (principal, doc) =>
      doc.isPrivate && doc.createdBy !== principal.actorId && !may(principal, 'namespaces:manage'),
    where: (principal) =>
      may(principal, 'namespaces:manage')
        ? []
        : [
            {
              any: [
                { field: 'isPrivate', in: [false] },
                { field: 'createdBy', in: [principal.actorId] },
              ],
            },
          ],
  },
});

export interface Thread extends Doc {
  workspaceId: string;
  appId: string;
  namespaceId: string;
  threadId: string;
}

export const threads = defineNoun<Thread>({
  type: 'Thread',
  resource: 'thread',
  permission: 'namespaces',
  isPart: true,
  collection: {
    name: 'threads',
    first: { workspaceId: '', appId: '', namespaceId: '', threadId: '' },
    scopes: ['namespaceId', 'workspaceId', 'appId'],
    ancestors: [
      { field: 'workspaceId', in: 'workspaces' },
      { field: 'appId', in: 'apps' },
      { field: 'namespaceId', in: 'namespaces' },
    ],
    totals: [['namespaceId']],
    unique: (doc) => `${doc.namespaceId}\u0001${doc.threadId}`,
  },
});

export const THREADS_MAX = 10_000;

const READ_ONLY = [
  ...['namespaceId', 'appId', 'workspaceId', 'threadIds', 'reindexStatus', 'reindexStartedAt', 'reindexCompletedAt'],
  ...['reindexProgress', 'reindexError', 'createdBy', 'createdAt', 'updatedAt'],
];

const nullables = {
  embeddingModelId: optionalText('The logical model that embeds; switched by a reindex only once there is content.'),
  extractionModelId: optionalText('The logical model that extracts entities.'),
};
const lists = {
  contextType: optionalText('The kind of context; free.'),
  tags: tagList(),
  sourceIds: z.array(z.string()).optional().describe('Ids of sources; opaque.'),
  memoryVaultId: optionalText('The vault that memories go to; opaque.'),
  nodeIds: z.array(z.string()).optional().describe('Ids of nodes; opaque.'),
};
const episodeConfig = freeMap('Free-form settings of episodes.').nullable();
const PRIVATE = 'Whether only its creator and Admins see it.';

export const createNamespaceBody = z
  .object({
    name: name('Unique in the app, up to letter case.'),
    description: optionalText('What the namespace holds.'),
    environmentId: id('An environment of the same workspace.'),
    ...nullables,
    autoExtractEntities: flagOr(false, 'Whether entities are extracted from new content.'),
    isPrivate: flagOr(false, PRIVATE),
    indexThreads: flagOr(false, 'Whether threads are indexed.'),
    episodesEnabled: flagOr(false, 'Whether threads are cut into episodes.'),
    episodeConfig,
    ...lists,
  })
  .meta({ readOnly: [...READ_ONLY, 'status'] });

export const updateNamespaceBody = z
  .object({
    name: name('Unique in the app, up to letter case.').optional(),
    description: optionalText('What the namespace holds.'),
    environmentId: id('An environment of the same workspace.').optional(),
    ...nullables,
    autoExtractEntities: flag('Whether entities are extracted from new content.'),
    isPrivate: flag(PRIVATE),
    indexThreads: flag('Whether threads are indexed.'),
    episodesEnabled: flag('Whether threads are cut into episodes.'),
    episodeConfig,
    ...lists,
    status: z.enum(['active', 'archived']).optional().describe('Whether it is in use.'),
  })
  .meta({ readOnly: READ_ONLY });

export const reindexNamespaceBody = z
  .object({ newEmbeddingModelId: id('An `embedding` model of the org.') })
  .meta({ readOnly: [...READ_ONLY, ...Object.keys(updateNamespaceBody.shape)] });

const target = { namespaceId: z.string().describe('The namespace.') };
const thread = { threadId: z.string().min(1).max(255).describe('The thread; opaque, 1–255 characters.') };
export const createNamespaceInput = createNamespaceBody.extend({
  ...withinWorkspace,
  appId: z.string().describe('The app.'),
});
export const updateNamespaceInput = updateNamespaceBody.extend({ ...withinApp, ...target, expectedVersion });
export const deleteNamespaceInput = z.object({ ...withinApp, ...target, expectedVersion });
export const addThreadInput = z.object({ ...withinApp, ...target, ...thread });
export const removeThreadInput = z.object({ ...withinApp, ...target, ...thread, expectedVersion });
export const reindexNamespaceInput = reindexNamespaceBody.extend({ ...withinApp, ...target });
export const cancelReindexInput = z.object({ ...withinApp, ...target, expectedVersion });
