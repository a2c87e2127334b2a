/** What every peer shares: documents in camelCase, and the names and ids that the two doors give them. */

export type Doc = Record<string, unknown> & { id: string; createdAt: string; name: string };
export type Documents = Record<'workspaces' | 'environments' | 'apps' | 'namespaces', Doc[]>;
export type TableName = keyof Documents | 'decisions';

/** As a person would write it for speed: one literal, so that every answer has one shape. */
export const toRest = (doc: Doc) => ({
  namespace_id: doc.id,
  name: doc.name,
  description: doc.description,
  app_id: doc.appId,
  workspace_id: doc.workspaceId,
  environment_id: doc.environmentId,
  embedding_model_id: doc.embeddingModelId,
  extraction_model_id: doc.extractionModelId,
  auto_extract_entities: doc.autoExtractEntities,
  is_private: doc.isPrivate,
  index_threads: doc.indexThreads,
  episodes_enabled: doc.episodesEnabled,
  episode_config: doc.episodeConfig,
  status: doc.status,
  context_type: doc.contextType,
  tags: doc.tags,
  thread_ids: doc.threadIds,
  source_ids: doc.sourceIds,
  memory_vault_id: doc.memoryVaultId,
  node_ids: doc.nodeIds,
  reindex_status: doc.reindexStatus,
  reindex_started_at: doc.reindexStartedAt,
  reindex_completed_at: doc.reindexCompletedAt,
  reindex_progress: doc.reindexProgress,
  reindex_error: doc.reindexError,
  created_by: doc.createdBy,
  created_at: doc.createdAt,
  updated_at: doc.updatedAt,
});

/** A new namespace from a body in snake_case. */
export function fromBody(body: Record<string, unknown>, place: { workspaceId: string; appId: string }): Doc {
  const now = new Date().toISOString();
  return {
    id: `ns_${crypto.randomUUID()}`,
    ...place,
    environmentId: body.environment_id,
    name: String(body.name),
    description: body.description ?? null,
    embeddingModelId: null,
    extractionModelId: null,
    autoExtractEntities: false,
    isPrivate: false,
    indexThreads: false,
    episodesEnabled: false,
    episodeConfig: null,
    status: 'active',
    contextType: body.context_type ?? null,
    tags: body.tags ?? [],
    threadIds: [],
    sourceIds: body.source_ids ?? [],
    memoryVaultId: null,
    nodeIds: [],
    reindexStatus: null,
    reindexStartedAt: null,
    reindexCompletedAt: null,
    reindexProgress: null,
    reindexError: null,
    createdBy: process.env.CREATED_BY,
    createdAt: now,
    updatedAt: now,
  };
}

export const toGlobalId = (type: string, id: string): string => Buffer.from(`${type}:${id}`).toString('base64url');
export const fromGlobalId = (globalId: string): [type: string, id: string] => {
  const [type = '', id = ''] = Buffer.from(globalId, 'base64url').toString().split(':');
  return [type, id];
};
export const toCursor = ({ createdAt, id }: Doc): string => Buffer.from(`${createdAt}|${id}`).toString('base64url');
export const fromCursor = (cursor: string | null | undefined): [createdAt: string, id: string] | null =>
  cursor ? (Buffer.from(cursor, 'base64url').toString().split('|') as [string, string]) : null;
