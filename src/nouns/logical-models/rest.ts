import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { nounRows } from '../../rest/row.ts';
import { logicalModels } from './model.ts';

export const logicalModelRows = nounRows(logicalModels, {
  tag: 'Logical Models',
  list: '/v1/orgs/{org_id}/logical-models',
  many: 'logical_models',
  key: 'models',
  query: listQuery(200),
  documented: true,
});
