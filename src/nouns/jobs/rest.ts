import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { getRow, listRow, type Row, resourceOf } from '../../rest/row.ts';
import { jobs } from './model.ts';

const job = resourceOf(jobs, { tag: 'Jobs' });
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
