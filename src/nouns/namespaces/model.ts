import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { defineNoun, may, NOBODY } from '../../resource/noun.ts';
import { expectedVersion, id, withinApp, withinWorkspace } from '../../validation/fields.ts';
import { fold } from '../../words/fold.ts';
import { jobStatus, qualityGateBody } from '../jobs/model.ts';

const namespaceStatus = field.words('NamespaceStatus', 'Whether a namespace is in use.', {
  active: 'In use.',
  archived: 'Kept, not in use.',
});

/** What may be long: stored apart, so that what changes something else costs the same beside any. */
export const listFields = {
  sourceIds: field.textList(z.string(), 'Ids of sources; opaque.'),
  nodeIds: field.textList(z.string(), 'Ids of nodes; opaque.'),
};

const fields = {
  namespaceId: field.documentedId(),
  orgId: field.graphOnly(field.org()),
  name: field.name('Unique in the app, up to letter case.'),
  description: field.optionalText('What the namespace holds.'),
  appId: field.parent('The app.'),
  workspaceId: field.parent('The workspace.'),
  environmentId: field.id('An environment of the same workspace.', { shown: 'The environment.' }),
  embeddingModelId: field.optionalText(
    'The logical model that embeds; switched by a reindex only once there is content.',
    { shown: 'The logical model that embeds.' },
  ),
  extractionModelId: field.optionalText('The logical model that extracts entities.'),
  autoExtractEntities: field.flag(false, 'Whether entities are extracted from new content.'),
  isPrivate: field.flag(false, 'Whether only its creator and Admins see it.'),
  indexThreads: field.flag(false, 'Whether threads are indexed.'),
  episodesEnabled: field.flag(false, 'Whether threads are cut into episodes.'),
  episodeConfig: field.optionalFreeMap('Free-form settings of episodes.'),
  status: field.updateOnly(field.wordOr(namespaceStatus, 'active', 'Whether it is in use.')),
  contextType: field.optionalText('The kind of context; free.'),
  tags: field.tags(),
  threadIds: field.derived(field.textList(z.string(), 'Its thread ids, in order of addition; at most 10,000.')),
  sourceIds: field.apart(listFields.sourceIds),
  memoryVaultId: field.optionalText('The vault that memories go to; opaque.'),
  nodeIds: field.apart(listFields.nodeIds),
  listsVersion: field.hidden(field.count('How often its lists have changed since they lie apart.')),
  threadCount: field.hidden(field.count('How many threads it holds.')),
  reindexStatus: field.readOnly(field.optionalWord(jobStatus, 'How far the last reindex is; null: none yet.')),
  reindexStartedAt: field.readOnly(field.optionalTime('When it began to run.')),
  reindexCompletedAt: field.readOnly(field.optionalTime('When it ended.')),
  reindexProgress: field.optionalProgress('`{total, done, failed, percent}`, of threads and sources.'),
  reindexError: field.readOnly(field.optionalText('Why it failed.')),
  reindexModelId: field.hidden(field.optionalText('The model that a running reindex will switch to.')),
  reindexJobId: field.hidden(field.optionalText('The job of a running reindex.')),
  ...field.authored,
};
export type Namespace = field.DocOf<typeof fields>;

export const namespaces = defineNoun(fields, {
  type: 'Namespace',
  resource: 'namespace',
  permission: 'namespaces',
  collection: {
    name: 'namespaces',
    stamped: true,
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
    privateTo: ({ isPrivate, createdBy }) => (isPrivate ? (createdBy ?? NOBODY) : null),
  },
});

export function isReindexing({ reindexStatus }: Pick<Namespace, 'reindexStatus'>): boolean {
  return reindexStatus === 'pending' || reindexStatus === 'running';
}

const threadFields = {
  threadId: field.made(field.text(z.string(), 'The id of the thread; opaque.')),
  namespaceId: field.parent('The namespace.'),
  workspaceId: field.hidden(field.parent('The workspace.')),
  appId: field.hidden(field.parent('The app.')),
};
export type Thread = field.DocOf<typeof threadFields>;

export const threads = defineNoun(threadFields, {
  type: 'Thread',
  resource: 'thread',
  permission: 'namespaces',
  isPart: true,
  seenWith: { noun: namespaces, field: 'namespaceId' },
  collection: {
    name: 'threads',
    stamped: true,
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

export const reindexNamespaceBody = z
  .object({ newEmbeddingModelId: id('An `embedding` model of the org.') })
  .meta({ readOnly: field.repeatable(fields) });

const target = { namespaceId: z.string().describe('The namespace.') };
const thread = { threadId: z.string().min(1).max(255).describe('The thread; opaque, 1–255 characters.') };
export const createNamespaceInput = namespaces.bodies.create.extend({
  ...withinWorkspace,
  appId: z.string().describe('The app.'),
});
export const updateNamespaceInput = namespaces.bodies.update.extend({ ...withinApp, ...target, expectedVersion });
export const deleteNamespaceInput = z.object({ ...withinApp, ...target, expectedVersion });
export const addThreadInput = z.object({ ...withinApp, ...target, ...thread });
export const removeThreadInput = z.object({ ...withinApp, ...target, ...thread, expectedVersion });
export const reindexNamespaceInput = reindexNamespaceBody.extend({
  ...withinApp,
  ...target,
  qualityGate: qualityGateBody.nullable().optional().describe('What the new vectors have to reach before it switches.'),
});
export const cancelReindexInput = z.object({ ...withinApp, ...target, expectedVersion });
