import './schema.ts';
import { z } from 'zod';
import { listQuery } from '../../rest/lists.ts';
import { getRow, listRow, type Row, resourceOf, writeRow } from '../../rest/row.ts';
import { entitlements } from './model.ts';

const entitlement = resourceOf(entitlements, { tag: 'Model Entitlements', conditional: false, documented: true });

const LIST = '/v1/orgs/{org_id}/workspaces/{workspace_id}/model-entitlements';
const ONE = `${LIST}/{logical_model_id}`;

export const modelEntitlementRows: Row[] = [
  listRow(entitlement, {
    path: LIST,
    operationId: 'list_workspace_entitlements',
    summary: 'List Workspace Entitlements',
    root: 'entitlements',
    key: 'entitlements',
    query: z.object({
      enabledOnly: z.boolean().default(false).describe('Only enabled ones.'),
      ...listQuery(100).shape,
    }),
  }),
  writeRow(entitlement, {
    method: 'POST',
    path: LIST,
    operationId: 'grant_model_entitlement',
    summary: 'Grant Model Entitlement',
    root: 'grantModelEntitlement',
    body: entitlements.bodies.create,
    status: 201,
  }),
  getRow(entitlement, {
    path: ONE,
    operationId: 'get_model_entitlement',
    summary: 'Get Model Entitlement',
    root: 'modelEntitlement',
  }),
  writeRow(entitlement, {
    method: 'PATCH',
    path: ONE,
    operationId: 'update_model_entitlement',
    summary: 'Update Model Entitlement',
    root: 'updateModelEntitlement',
    body: entitlements.bodies.update,
    status: 200,
  }),
  writeRow(entitlement, {
    method: 'DELETE',
    path: ONE,
    operationId: 'revoke_model_entitlement',
    summary: 'Revoke Model Entitlement',
    root: 'revokeModelEntitlement',
    status: 204,
  }),
];
