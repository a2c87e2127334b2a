import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { nounRows } from '../../rest/row.ts';
import { members } from './model.ts';

export const memberRows = nounRows(members, {
  tag: 'Members',
  list: '/v1/orgs/{org_id}/members',
  many: 'members',
  query: listQuery(200),
});
