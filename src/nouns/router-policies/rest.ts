import './schema.ts';
import { z } from 'zod';
import { listQuery } from '../../rest/lists.ts';
import { getRow, listRow, type Row, resourceOf, writeRow } from '../../rest/row.ts';
import { POLICY_STATUSES } from '../../routing/facts.ts';
import { readContext } from '../../routing/matching.ts';
import { routerPolicies, testMatchBody } from './model.ts';

const policy = resourceOf(routerPolicies, { tag: 'Router Policies', conditional: false, documented: true });

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
    body: routerPolicies.bodies.create,
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
    body: routerPolicies.bodies.update,
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
