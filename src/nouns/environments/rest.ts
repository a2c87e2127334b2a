import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { nounRows } from '../../rest/row.ts';
import { environments } from './model.ts';

export const environmentRows = nounRows(environments, {
  tag: 'Environments',
  list: '/v1/orgs/{org_id}/workspaces/{workspace_id}/environments',
  many: 'environments',
  query: listQuery(200),
});
