import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { crudRows, type Resource, type Row, select } from '../../rest/row.ts';
import { createEnvironmentBody, updateEnvironmentBody } from './model.ts';

const environment: Resource = {
  type: 'Environment',
  tag: 'Environments',
  payload: 'environment',
  fields: select(
    'environment_id workspace_id org_id name slug description is_default created_by created_at updated_at',
  ),
};

export const environmentRows: Row[] = crudRows(environment, {
  list: '/v1/orgs/{org_id}/workspaces/{workspace_id}/environments',
  parameter: 'environment_id',
  one: 'environment',
  many: 'environments',
  roots: { one: 'environment', many: 'environments' },
  query: listQuery(200),
  create: createEnvironmentBody,
  update: updateEnvironmentBody,
});
