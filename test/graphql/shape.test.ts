import fc from 'fast-check';
import { isScalarType, isSpecifiedScalarType } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { schema } from '../../src/catalog/graph.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { type Seeded, seed } from '../seed.ts';

test('every scalar of our own says what specifies it', () => {
  const own = Object.values(schema.getTypeMap()).filter((type) => isScalarType(type) && !isSpecifiedScalarType(type));
  expect(own.map(({ name }) => name).sort()).toEqual(['DateTime', 'JSON', 'JSONObject', 'SafeInt']);
  for (const type of own) expect((type as { specifiedByURL?: string }).specifiedByURL).toMatch(/^https:\/\//);
});

describeEngines('the graph', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  const create = (name: string, ids: Record<string, unknown>) =>
    tenant.graphql(
      'mutation($input: CreateWorkspaceInput!) { createWorkspace(input: $input) { workspace { organization { orgId } } } }',
      { input: { name, ...ids } },
    );

  test('takes the organization of a new workspace by either name, by both or by none', async () => {
    const { orgId } = tenant;
    const ways = [{}, { orgId }, { organizationId: orgId }, { orgId, organizationId: orgId }, { organizationId: null }];
    for (const [at, ids] of ways.entries()) {
      const { body } = await create(`by way ${at}`, ids);
      expect([ids, body.data?.createWorkspace.workspace.organization.orgId]).toEqual([ids, orgId]);
    }
    for (const ids of [{ organizationId: 'org_x' }, { orgId, organizationId: 'org_x' }]) {
      const [error] = (await create('never', ids)).body.errors;
      expect(error.extensions.details.detail[0].loc).toEqual(['input', 'organizationId']);
    }
    const [foreign] = (await create('never', { orgId: 'org_x', organizationId: orgId })).body.errors;
    expect(foreign.extensions).toMatchObject({
      code: 'RESOURCE_NOT_FOUND',
      details: { resource_type: 'organization' },
    });
  });

  test('lists threads in order of addition, as threadIds is; and backwards when asked', async () => {
    const ids = ['t-b', 't-a', 't-c', 't-0'];
    for (const id of ids) await tenant.rest('POST', `${seeded.namespace}/threads/${id}`);
    const query = `query($id: ID!, $after: String) { namespace(namespaceId: $id) { threadIds
      threads(first: 3, after: $after) { pageInfo { endCursor hasNextPage } nodes { threadId } }
      reversed: threads(oldestFirst: false) { nodes { threadId } } } }`;
    const read = async (after?: string) =>
      (await tenant.graphql(query, { id: seeded.namespaceId, after })).body.data.namespace;
    const first = await read();
    const second = await read(first.threads.pageInfo.endCursor);
    const names = (page: { nodes: { threadId: string }[] }) => page.nodes.map(({ threadId }) => threadId);
    expect(first.threadIds).toEqual(ids);
    expect([...names(first.threads), ...names(second.threads)]).toEqual(ids);
    expect(names(first.reversed)).toEqual([...ids].reverse());
    expect([first.threads.pageInfo.hasNextPage, second.threads.pageInfo.hasNextPage]).toEqual([true, false]);
  });

  test('matches a typed context as REST matches the same in snake_case', async () => {
    const match = { endpoint_type: 'chat', requires_streaming: true, tags: { Team: 'a_b' } };
    await tenant.rest('POST', `${tenant.base}/router-policies`, {
      name: 'C',
      match,
      route_to: seeded.modelId,
      priority: 9,
    });
    const pairs = fc.dictionary(fc.constantFrom('Team', 'team', 'a_b'), fc.constantFrom('a_b', 'aB'));
    const contexts = fc.record(
      {
        endpointType: fc.constantFrom('chat', 'other', null),
        requiresStreaming: fc.constantFrom(true, false, null),
        workspaceId: fc.constantFrom(seeded.workspaceId, 'ws_x', null),
        tags: fc.option(pairs),
        workspaceTags: fc.option(pairs),
      },
      { requiredKeys: [] },
    );
    const snakes: Record<string, string> = {
      endpointType: 'endpoint_type',
      requiresStreaming: 'requires_streaming',
      workspaceId: 'workspace_id',
      tags: 'tags',
      workspaceTags: 'workspace_tags',
    };
    const query =
      'query($input: TestRouterPolicyMatchInput!) { testRouterPolicyMatch(input: $input) { logicalModelId matchedPolicies { policyId } } }';
    await fc.assert(
      fc.asyncProperty(contexts, async (context) => {
        const { body } = await tenant.graphql(query, { input: { context } });
        const sent = Object.fromEntries(Object.entries(context).map(([name, value]) => [snakes[name], value]));
        const byRest = await tenant.rest('POST', `${tenant.base}/router-policies/test-match`, {
          context: { ...sent, other: 1 },
        });
        const typed = body.data.testRouterPolicyMatch;
        const ids = (policies: Record<string, string>[], key: string) => policies.map((policy) => policy[key]);
        expect(ids(typed.matchedPolicies, 'policyId')).toEqual(ids(byRest.body.matched_policies, 'policy_id'));
        expect(typed.logicalModelId).toBe(byRest.body.logical_model_id);
      }),
      { numRuns: 40 },
    );
    const wrong = await tenant.rest('POST', `${tenant.base}/router-policies/test-match`, {
      context: { endpoint_type: 5, tags: ['x'], requires_vision: 'yes', requiresStreaming: 1 },
    });
    expect(wrong.status).toBe(200);
    const unknown = await tenant.graphql(query, { input: { context: { endpoint_type: 'chat' } } });
    expect(unknown.body.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });
});
