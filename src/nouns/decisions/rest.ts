import './schema.ts';
import './schema-explain.ts';
import './schema-usage.ts';
import { listQuery } from '../../rest/lists.ts';
import { getRow, listRow, type Resource, type Row, select, writeRow } from '../../rest/row.ts';
import { decideBody, outcomeBody } from './model.ts';

const decision: Resource = {
  type: 'Decision',
  tag: 'Decisions',
  payload: 'decision',
  documented: { input: decideBody },
  conditional: false,
  fields: select(
    `decision_id org_id workspace_id endpoint_type endpoint_id step_type purpose expected_parallelism requires_streaming
    requires_function_calling requires_vision tags workspace_tags estimated_input_tokens estimated_output_tokens retry_of admitted
    policy_id logical_model_id provider_account_id upstream_model expires_at refusal { code level limit retry_after }
    hops { logical_model_id provider_account_id admitted code } status
    outcome { success latency_ms input_tokens output_tokens error_class retry_after_seconds reported_at }
    created_by created_at updated_at`,
  ),
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
