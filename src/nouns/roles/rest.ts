import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { crudRows, type Resource, type Row, select } from '../../rest/row.ts';
import { createRoleBody, updateRoleBody } from './model.ts';

const role: Resource = {
  type: 'Role',
  tag: 'Roles',
  payload: 'role',
  fields: select('role_id org_id name permissions built_in created_by created_at updated_at'),
};

export const roleRows: Row[] = crudRows(role, {
  list: '/v1/orgs/{org_id}/roles',
  parameter: 'role_id',
  one: 'role',
  many: 'roles',
  roots: { one: 'role', many: 'roles' },
  query: listQuery(200),
  create: createRoleBody,
  update: updateRoleBody,
});
