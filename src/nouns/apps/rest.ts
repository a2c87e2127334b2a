import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { crudRows, type Resource, type Row, select } from '../../rest/row.ts';
import { createAppBody, updateAppBody } from './model.ts';

const app: Resource = {
  type: 'App',
  tag: 'Apps',
  payload: 'app',
  fields: select('app_id workspace_id org_id name description tags created_by created_at updated_at'),
};

export const appRows: Row[] = crudRows(app, {
  list: '/v1/orgs/{org_id}/workspaces/{workspace_id}/apps',
  parameter: 'app_id',
  one: 'app',
  many: 'apps',
  roots: { one: 'app', many: 'apps' },
  query: listQuery(200),
  create: createAppBody,
  update: updateAppBody,
});
