import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { getRow, listRow, type Resource, type Row, select } from '../../rest/row.ts';

const job: Resource = {
  type: 'Job',
  tag: 'Jobs',
  payload: 'job',
  fields: select(
    'job_id org_id kind status progress resource_type resource_id workspace_id error created_by created_at updated_at',
  ),
};

const LIST = '/v1/orgs/{org_id}/jobs';

export const jobRows: Row[] = [
  listRow(job, {
    path: LIST,
    operationId: 'list_jobs',
    summary: 'List Jobs',
    root: 'jobs',
    key: 'jobs',
    query: listQuery(200),
  }),
  getRow(job, { path: `${LIST}/{job_id}`, operationId: 'get_job', summary: 'Get Job', root: 'job' }),
];
