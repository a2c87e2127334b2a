import './schema.ts';
import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { listQuery } from '../../rest/lists.ts';
import { getRow, listRow, type Row, resourceOf, writeRow } from '../../rest/row.ts';
import { accountStatus, PROVIDER_TYPES, providerAccounts } from './model.ts';

const account = resourceOf(providerAccounts, {
  tag: 'Provider Accounts',
  conditional: false,
  documented: { plain: ['routing_mode'] },
});

const LIST = '/v1/orgs/{org_id}/provider-accounts';
const ONE = `${LIST}/{provider_account_id}`;

export const providerAccountRows: Row[] = [
  listRow(account, {
    path: LIST,
    operationId: 'list_provider_accounts',
    summary: 'List Provider Accounts',
    root: 'providerAccounts',
    key: 'accounts',
    query: z.object({
      providerType: z.enum(PROVIDER_TYPES).nullable().optional().describe('Only of this provider.'),
      status: field.wordOf(accountStatus).nullable().optional().describe('Only with this status.'),
      enabledOnly: z.boolean().default(false).describe('Only enabled ones.'),
      ...listQuery(100).shape,
    }),
  }),
  writeRow(account, {
    method: 'POST',
    path: LIST,
    operationId: 'create_provider_account',
    summary: 'Create Provider Account',
    root: 'createProviderAccount',
    body: providerAccounts.bodies.create,
    status: 201,
  }),
  getRow(account, {
    path: ONE,
    operationId: 'get_provider_account',
    summary: 'Get Provider Account',
    root: 'providerAccount',
  }),
  writeRow(account, {
    method: 'PATCH',
    path: ONE,
    operationId: 'update_provider_account',
    summary: 'Update Provider Account',
    root: 'updateProviderAccount',
    body: providerAccounts.bodies.update,
    status: 200,
  }),
  writeRow(account, {
    method: 'DELETE',
    path: ONE,
    operationId: 'delete_provider_account',
    summary: 'Delete Provider Account',
    root: 'deleteProviderAccount',
    status: 204,
  }),
];
