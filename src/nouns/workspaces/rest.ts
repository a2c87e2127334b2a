import './schema.ts';
import { z } from 'zod';
import { listQuery } from '../../rest/lists.ts';
import { getRow, listRow, type Row, resourceOf, writeRow } from '../../rest/row.ts';
import { workspaces } from './model.ts';

const workspace = resourceOf(workspaces, { tag: 'Workspaces', documented: true });

const LIST = '/v1/orgs/{org_id}/workspaces';
const ONE = `${LIST}/{workspace_id}`;

export const workspaceRows: Row[] = [
  listRow(workspace, {
    path: LIST,
    operationId: 'list_workspaces',
    summary: 'List Workspaces',
    root: 'workspaces',
    key: 'workspaces',
    query: z.object({
      organizationId: z.string().nullable().optional().describe("The organization; must be the path's."),
      ...listQuery(200).shape,
    }),
    renames: { organizationId: null },
    sameOrg: 'organizationId',
  }),
  writeRow(workspace, {
    method: 'POST',
    path: LIST,
    operationId: 'create_workspace',
    summary: 'Create Workspace',
    root: 'createWorkspace',
    body: workspaces.bodies.create,
    status: 201,
  }),
  getRow(workspace, { path: ONE, operationId: 'get_workspace', summary: 'Get Workspace', root: 'workspace' }),
  writeRow(workspace, {
    method: 'DELETE',
    path: ONE,
    operationId: 'delete_workspace',
    summary: 'Delete Workspace',
    root: 'deleteWorkspace',
    status: 200,
    message: 'Workspace deleted successfully',
  }),
  writeRow(workspace, {
    method: 'PUT',
    path: ONE,
    operationId: 'update_workspace',
    summary: 'Update Workspace',
    root: 'updateWorkspace',
    body: workspaces.bodies.update,
    status: 200,
  }),
];
