import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { getRow, listRow, type Row, resourceOf, writeRow } from '../../rest/row.ts';
import { jobs, updateJobBody } from './model.ts';

// Its progress and status are no versions of it.
const job = resourceOf(jobs, { tag: 'Jobs', conditional: false });
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
  writeRow(job, {
    method: 'PATCH',
    path: `${LIST}/{job_id}`,
    operationId: 'update_job',
    summary: 'Update Job',
    root: 'updateJob',
    body: updateJobBody,
    status: 200,
  }),
  writeRow(job, {
    method: 'POST',
    path: `${LIST}/{job_id}/retry`,
    operationId: 'retry_job',
    summary: 'Retry Job',
    root: 'retryJob',
    status: 200,
  }),
  writeRow(job, {
    method: 'POST',
    path: `${LIST}/{job_id}/cancel`,
    operationId: 'cancel_job',
    summary: 'Cancel Job',
    root: 'cancelJob',
    status: 200,
  }),
];
