import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { crudRows, type Resource, type Row, select } from '../../rest/row.ts';
import { createMemberBody, updateMemberBody } from './model.ts';

const member: Resource = {
  type: 'Member',
  tag: 'Members',
  payload: 'member',
  fields: select('member_id org_id email role=roleName name created_by created_at updated_at'),
};

export const memberRows: Row[] = crudRows(member, {
  list: '/v1/orgs/{org_id}/members',
  parameter: 'member_id',
  one: 'member',
  many: 'members',
  roots: { one: 'member', many: 'members' },
  query: listQuery(200),
  create: createMemberBody,
  update: updateMemberBody,
});
