import './schema.ts';
import { BUILT_IN_ROLES } from '../../resource/permissions.ts';
import { listQuery } from '../../rest/lists.ts';
import { nounRows } from '../../rest/row.ts';
import { members } from './model.ts';

export const memberRows = nounRows(members, {
  tag: 'Members',
  // The name that a role of one's own has is shown, and may change without the member.
  conditional: ({ role }) => Object.hasOwn(BUILT_IN_ROLES, String(role)),
  list: '/v1/orgs/{org_id}/members',
  many: 'members',
  query: listQuery(200),
});
