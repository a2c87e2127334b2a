import './schema.ts';
import './schema-explain.ts';
import './schema-follow.ts';
import './schema-usage.ts';
import { listQuery } from '../../rest/lists.ts';
import { getRow, listRow, type Resource, type Row, resourceOf, select, writeRow } from '../../rest/row.ts';
import { decideBody, decisions, outcomeBody } from './model.ts';

const decision: Resource = {
  ...resourceOf(decisions, { tag: 'Decisions', conditional: false }),
  documented: { input: decideBody },
};

const LIST = '/v1/orgs/{org_id}/decisions';
const ONE = `${LIST}/{decision_id}`;

export const decisionRows: Row[] = [
  listRow(decision, {
    path: LIST,
    operationId: 'list_decisions',
    summary: 'List Decisions',
    root: 'decisions',
    key: 'decisions',
    query: listQuery(200),
  }),
  writeRow(decision, {
    method: 'POST',
    path: LIST,
    operationId: 'decide',
    summary: 'Decide',
    root: 'decide',
    body: decideBody,
    status: 201,
  }),
  getRow(decision, { path: ONE, operationId: 'get_decision', summary: 'Get Decision', root: 'decision' }),
  writeRow(decision, {
    method: 'POST',
    path: `${ONE}/outcome`,
    operationId: 'report_outcome',
    summary: 'Report Outcome',
    root: 'reportOutcome',
    body: outcomeBody,
    status: 200,
  }),
  {
    method: 'GET',
    path: `${ONE}/explanation`,
    operationId: 'get_decision_explanation',
    summary: 'Get Decision Explanation',
    tag: decision.tag,
    status: 200,
    root: 'decisionExplanation',
    selection: select(
      `{ decision_id admitted refusal { code level limit retry_after } policies { policy_id name matched field expected actual changed } hops { logical_model_id provider_account_id admitted code }
      smallest_change { resource_type resource_id field to } }`,
    ),
    shape: (value) => value,
    reply: { name: 'DecisionExplanation', kind: 'resource' },
    resource: null,
  },
];
