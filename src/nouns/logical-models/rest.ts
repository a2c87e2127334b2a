import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { crudRows, type Resource, type Row, select } from '../../rest/row.ts';
import { createLogicalModelBody, updateLogicalModelBody } from './model.ts';

const logicalModel: Resource = {
  type: 'LogicalModel',
  tag: 'Logical Models',
  payload: 'logicalModel',
  documented: { input: createLogicalModelBody },
  fields: select(
    'logical_model_id org_id name description category capabilities targets { provider_account_id upstream_model weight enabled } fallback enabled created_by created_at updated_at',
  ),
};

export const logicalModelRows: Row[] = crudRows(logicalModel, {
  list: '/v1/orgs/{org_id}/logical-models',
  parameter: 'logical_model_id',
  one: 'logical_model',
  many: 'logical_models',
  key: 'models',
  roots: { one: 'logicalModel', many: 'logicalModels' },
  query: listQuery(200),
  create: createLogicalModelBody,
  update: updateLogicalModelBody,
});
