import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { nounRows } from '../../rest/row.ts';
import { roles } from './model.ts';

export const roleRows = nounRows(roles, {
  tag: 'Roles',
  list: '/v1/orgs/{org_id}/roles',
  many: 'roles',
  query: listQuery(200),
});
