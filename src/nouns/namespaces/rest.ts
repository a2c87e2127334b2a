import './schema.ts';
import { z } from 'zod';
import { listQuery } from '../../rest/lists.ts';
import { getRow, listRow, type Row, resourceOf, writeRow } from '../../rest/row.ts';
import { namespaces, reindexNamespaceBody } from './model.ts';

// The progress of a reindex is no version of the namespace.
const namespace = resourceOf(namespaces, {
  tag: 'Namespaces',
  documented: { defaults: true },
  conditional: ({ reindex_status: status }) => status !== 'pending' && status !== 'running',
});

const LIST = '/v1/orgs/{org_id}/workspaces/{workspace_id}/apps/{app_id}/namespaces';
const ONE = `${LIST}/{namespace_id}`;
const THREAD = `${ONE}/threads/{thread_id}`;
const REINDEX = `${ONE}/reindex`;

export const namespaceRows: Row[] = [
  listRow(namespace, {
    path: LIST,
    operationId: 'list_namespaces',
    summary: 'List Namespaces',
    root: 'namespaces',
    key: 'namespaces',
    query: z.object({
      search: z.string().max(256).nullable().optional().describe('Search by name or description'),
      ...listQuery(200).shape,
    }),
  }),
  writeRow(namespace, {
    method: 'POST',
    path: LIST,
    operationId: 'create_namespace',
    summary: 'Create Namespace',
    root: 'createNamespace',
    body: namespaces.bodies.create,
    status: 201,
    wrapped: true,
    message: 'Namespace created successfully',
  }),
  getRow(namespace, { path: ONE, operationId: 'get_namespace', summary: 'Get Namespace', root: 'namespace' }),
  writeRow(namespace, {
    method: 'DELETE',
    path: ONE,
    operationId: 'delete_namespace',
    summary: 'Delete Namespace',
    root: 'deleteNamespace',
    status: 200,
    message: 'Namespace deleted successfully',
  }),
  writeRow(namespace, {
    method: 'PUT',
    path: ONE,
    operationId: 'update_namespace',
    summary: 'Update Namespace',
    root: 'updateNamespace',
    body: namespaces.bodies.update,
    status: 200,
    wrapped: true,
    message: 'Namespace updated successfully',
  }),
  writeRow(namespace, {
    method: 'POST',
    path: REINDEX,
    operationId: 'reindex_namespace',
    summary: 'Reindex Namespace',
    root: 'reindexNamespace',
    body: reindexNamespaceBody,
    status: 200,
  }),
  writeRow(namespace, {
    method: 'DELETE',
    path: REINDEX,
    operationId: 'cancel_reindex',
    summary: 'Cancel Reindex',
    root: 'cancelReindex',
    status: 200,
  }),
  writeRow(namespace, {
    method: 'POST',
    path: THREAD,
    operationId: 'add_thread_to_namespace',
    summary: 'Add Thread To Namespace',
    root: 'addThreadToNamespace',
    status: 200,
  }),
  writeRow(namespace, {
    method: 'DELETE',
    path: THREAD,
    operationId: 'remove_thread_from_namespace',
    summary: 'Remove Thread From Namespace',
    root: 'removeThreadFromNamespace',
    status: 200,
  }),
];
