import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { nounRows } from '../../rest/row.ts';
import { apps } from './model.ts';

export const appRows = nounRows(apps, {
  tag: 'Apps',
  list: '/v1/orgs/{org_id}/workspaces/{workspace_id}/apps',
  many: 'apps',
  query: listQuery(200),
});
