import './schema.ts';
import { type Row, select } from '../../rest/row.ts';
import { claimBody, reportBody } from './model.ts';

const ITEMS = '/v1/orgs/{org_id}/work-items';

export const workItemRows: Row[] = [
  {
    method: 'POST',
    path: `${ITEMS}/claim`,
    operationId: 'claim_work_items',
    summary: 'Claim Work Items',
    tag: 'Jobs',
    status: 200,
    root: 'claimWorkItems',
    body: claimBody,
    bodyOptional: true,
    selection: select(
      `{ items { item_id job_id kind lease lease_until tries subject { type id=subjectId } namespace_id app_id workspace_id
      embedding_model_id provider_account_id upstream_model } }`,
    ),
    shape: (value) => value,
    reply: { name: 'ClaimedWorkItems', kind: 'resource' },
    resource: null,
  },
  {
    method: 'POST',
    path: `${ITEMS}/report`,
    operationId: 'report_work_items',
    summary: 'Report Work Items',
    tag: 'Jobs',
    status: 200,
    root: 'reportWorkItems',
    body: reportBody,
    selection: select('{ results { item_id accepted reason status tries } }'),
    shape: (value) => value,
    reply: { name: 'WorkItemReports', kind: 'resource' },
    resource: null,
  },
];
