import './schema.ts';
import { z } from 'zod';
import { listQuery } from '../../rest/lists.ts';
import { getRow, listRow, type Resource, type Row, select, writeRow } from '../../rest/row.ts';
import { POLICY_STATUSES } from '../../routing/facts.ts';
import { readContext } from '../../routing/matching.ts';
import { createRouterPolicyBody, testMatchBody, updateRouterPolicyBody } from './model.ts';

const policy: Resource = {
  type: 'RouterPolicy',
  tag: 'Router Policies',
  payload: 'routerPolicy',
  documented: { input: createRouterPolicyBody },
  conditional: false,
  fields: select(
    `policy_id org_id name description priority
    match { endpoint_type endpoint_id step_type purpose workspace_id workspace_tags expected_parallelism requires_streaming
      requires_function_calling requires_vision tags }
    route_to fallback
    circuit_breaker { error_threshold_percent latency_threshold_ms consecutive_failures evaluation_window_seconds min_requests_threshold
      cooldown_seconds half_open_requests auto_disable notify_on_open }
    status enabled match_count success_count error_count error_rate_percent last_matched_at tags created_by created_at updated_at`,
  ),
};

const LIST = '/v1/orgs/{org_id}/router-policies';
const ONE = `${LIST}/{policy_id}`;

export const routerPolicyRows: Row[] = [
  listRow(policy, {
    path: LIST,
    operationId: 'list_router_policies',
    summary: 'List Router Policies',
    root: 'routerPolicies',
    key: 'policies',
    query: z.object({
      status: z.enum(POLICY_STATUSES).nullable().optional().describe('Only in this state.'),
      enabledOnly: z.boolean().default(false).describe('Only enabled ones.'),
      ...listQuery(100).shape,
    }),
  }),
  writeRow(policy, {
    method: 'POST',
    path: LIST,
    operationId: 'create_router_policy',
    summary: 'Create Router Policy',
    root: 'createRouterPolicy',
    body: createRouterPolicyBody,
    status: 201,
  }),
  // Before `{policy_id}`: a fixed word wins over a parameter.
  {
    method: 'POST',
    path: `${LIST}/test-match`,
    operationId: 'test_router_policy_match',
    summary: 'Test Policy Matching',
    tag: policy.tag,
    status: 200,
    root: 'testRouterPolicyMatch',
    selection: `{ matched_policies: matchedPolicies { ${policy.fields} } selected_policy: selectedPolicy { ${policy.fields} } logical_model_id: logicalModelId }`,
    body: testMatchBody,
    input: ({ context }: z.output<typeof testMatchBody>) => ({ context: readContext(context) }),
    shape: (value) => value,
    reply: {
      name: 'TestMatchResult',
      kind: 'resource',
      parts: { matched_policies: 'RouterPolicy', selected_policy: 'RouterPolicy' },
    },
    resource: null,
  },
  getRow(policy, { path: ONE, operationId: 'get_router_policy', summary: 'Get Router Policy', root: 'routerPolicy' }),
  writeRow(policy, {
    method: 'PATCH',
    path: ONE,
    operationId: 'update_router_policy',
    summary: 'Update Router Policy',
    root: 'updateRouterPolicy',
    body: updateRouterPolicyBody,
    status: 200,
  }),
  writeRow(policy, {
    method: 'DELETE',
    path: ONE,
    operationId: 'delete_router_policy',
    summary: 'Delete Router Policy',
    root: 'deleteRouterPolicy',
    status: 204,
  }),
  writeRow(policy, {
    method: 'POST',
    path: `${ONE}/reset`,
    operationId: 'reset_router_policy_breaker',
    summary: 'Reset Router Policy Breaker',
    root: 'resetRouterPolicyBreaker',
    status: 200,
  }),
];
