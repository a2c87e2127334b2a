import './schema.ts';
import { z } from 'zod';
import { listQuery } from '../../rest/lists.ts';
import { getRow, listRow, type Resource, type Row, select, writeRow } from '../../rest/row.ts';
import { ACCOUNT_STATUSES, createProviderAccountBody, PROVIDER_TYPES, updateProviderAccountBody } from './model.ts';

const account: Resource = {
  type: 'ProviderAccount',
  tag: 'Provider Accounts',
  payload: 'providerAccount',
  documented: { input: createProviderAccountBody, plain: ['routing_mode'] },
  conditional: false,
  fields: select(
    `provider_account_id org_id name description provider_type region data_residency credentials_ref
    quota_policy { max_tokens_per_month max_requests_per_month current_month_tokens current_month_requests usage_period }
    rate_limit_policy { requests_per_second requests_per_minute input_tokens_per_minute output_tokens_per_minute max_concurrency
      burst_size queue_policy queue_timeout_seconds }
    status status_reason enabled routing_mode bridge_id bridge_endpoint_name last_health_check tags created_by created_at updated_at`,
  ),
};

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
      status: z.enum(ACCOUNT_STATUSES).nullable().optional().describe('Only with this status.'),
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
    body: createProviderAccountBody,
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
    body: updateProviderAccountBody,
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
