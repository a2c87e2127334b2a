import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';

/** Estimates, limits, waits and counters at the end of the range that a number may have; and waits that no clock will end. */

const MOST = Number.MAX_SAFE_INTEGER;

describeEngines('large numbers', (engine) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness(engine);
  });
  afterAll(() => harness.close());

  async function world(ofAccount: object = {}, ofGrant: object = {}) {
    const tenant: Tenant = await harness.org();
    const ok = async (method: string, path: string, body: object) => {
      const answer = await tenant.rest(method, path.startsWith('/v1') ? path : tenant.base + path, body);
      expect([200, 201], answer.text).toContain(answer.status);
      return answer.body;
    };
    const { workspace_id } = await ok('POST', '/workspaces', { organization_id: tenant.orgId, name: 'W' });
    const made = { name: 'A', provider_type: 'openai', credentials_ref: 'env:X', ...ofAccount };
    const { provider_account_id } = await ok('POST', '/provider-accounts', made);
    const targets = [{ provider_account_id, upstream_model: 'u' }];
    await ok('POST', '/logical-models', { logical_model_id: 'm', name: 'm', category: 'chat', targets });
    const grants = `${tenant.base}/workspaces/${workspace_id}/model-entitlements`;
    await ok('POST', grants, { logical_model_id: 'm', workspace_limits: ofGrant });
    return {
      ...{ tenant, ok, workspaceId: workspace_id as string },
      grant: `${grants}/m`,
      account: `${tenant.base}/provider-accounts/${provider_account_id}`,
      decide: (more: object = {}) => ok('POST', '/decisions', { workspace_id, logical_model_id: 'm', ...more }),
      report: (id: string, outcome: object) => ok('POST', `/decisions/${id}/outcome`, outcome),
    };
  }

  const limits = ['max_tokens_per_request', 'tokens_per_minute', 'max_tokens_per_month'];
  test.each(limits)('%s refuses the largest request at once, and names a limit that can be set', async (limit) => {
    const { tenant, ok, grant, decide } = await world({}, { [limit]: 5 });
    const largest = { estimated_input_tokens: MOST, estimated_output_tokens: MOST };
    const { decision_id, admitted } = await decide(largest);
    expect(admitted).toBe(false);
    const path = `${tenant.base}/decisions/${decision_id}/explanation`;
    const { to } = (await tenant.rest('GET', path)).body.smallest_change;
    await ok('PATCH', grant, { workspace_limits: { [limit]: to } });
    expect((await decide(largest)).admitted).toBe(true);
  });

  const troubles: [string, object, object][] = [
    ['a Retry-After', { error_class: 'overloaded', retry_after_seconds: MOST }, {}],
    ['the rest of a 429', { error_class: 'rate_limited', retry_after_seconds: 4e9 }, {}],
    ['a cooldown', { error_class: 'timeout' }, { cooldown_seconds: MOST }],
  ];
  test.each(troubles)('%s that outlives everybody is told by both doors', async (_name, outcome, settings) => {
    const { tenant, ok, workspaceId, decide, report } = await world();
    const circuit_breaker = { consecutive_failures: 1, ...settings };
    const { policy_id } = await ok('POST', '/router-policies', {
      name: 'P',
      match: {},
      route_to: 'm',
      circuit_breaker,
    });
    await report((await decide()).decision_id, { success: false, ...outcome });
    const { refusal } = await decide();
    expect(refusal).toMatchObject({ code: 'CIRCUIT_OPEN', retry_after: expect.toSatisfy(Number.isSafeInteger) });
    const mutation = 'mutation($input: DecideInput!) { decide(input: $input) { decision { refusal { retryAfter } } } }';
    const { data } = (await tenant.graphql(mutation, { input: { workspaceId } })).body;
    expect(data.decide.decision.refusal.retryAfter).toBeGreaterThan(2 ** 31);
    await ok('POST', `/router-policies/${policy_id}/reset`, {});
    expect((await decide()).admitted).toBe(true);
  });

  test('counters stay at the largest number that can be sent back', async () => {
    const { tenant, ok, account, grant, decide, report } = await world();
    for (let at = 0; at < 2; at += 1)
      await report((await decide()).decision_id, { success: true, input_tokens: MOST, output_tokens: MOST });
    for (const path of [account, grant]) {
      const { body } = await tenant.rest('GET', path);
      expect(body.total_tokens ?? body.quota_policy.current_month_tokens).toBe(MOST);
      await ok('PATCH', path, body);
    }
  });

  test('a wait is told where it helps: until so many leases have ended, or the month, or never', async () => {
    const { ok, account, grant, decide } = await world();
    await decide({ estimated_input_tokens: 3 });
    harness.clock.offsetMs += 100_000;
    await decide();
    await ok('PATCH', account, { rate_limit_policy: { max_concurrency: 1, queue_timeout_seconds: 3600 } });
    expect((await decide()).refusal.retry_after).toBeGreaterThan(550);
    await ok('PATCH', grant, { workspace_limits: { max_concurrency: 0 } });
    expect((await decide()).refusal).toMatchObject({ code: 'CONCURRENCY_EXCEEDED', retry_after: null });
    await ok('PATCH', grant, { workspace_limits: { max_concurrency: null, max_tokens_per_month: 5 } });
    const month = async (tokens: number) => (await decide({ estimated_input_tokens: tokens })).refusal;
    expect(await month(5)).toMatchObject({ code: 'QUOTA_EXCEEDED', retry_after: expect.any(Number) });
    expect(await month(6)).toMatchObject({ code: 'QUOTA_EXCEEDED', retry_after: null });
  });

  test('an id that is given as a number beyond them is refused by the graph, and never stored as another', async () => {
    const { tenant, workspaceId } = await world();
    const changed = (ownerId: unknown) =>
      tenant.graphql(
        'mutation($input: UpdateWorkspaceInput!) { updateWorkspace(input: $input) { workspace { ownerId } } }',
        { input: { workspaceId, ownerId } },
      );
    expect((await changed(MOST)).body.data.updateWorkspace.workspace.ownerId).toBe(String(MOST));
    for (const [query, variables] of [
      ['query($id: ID!) { workspace(workspaceId: $id) { name } }', { id: MOST + 1 }],
      ['query($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: ['x', 1e308] }],
      ['query($id: ID = "x") { workspace(workspaceId: $id) { name } }', { id: -MOST - 1 }],
    ] as const) {
      const { body } = await tenant.graphql(query, variables);
      expect([body.data, body.errors[0].extensions.code], query).toEqual([undefined, 'GRAPHQL_VALIDATION_FAILED']);
    }
    const refused = await changed(MOST + 1);
    expect(refused.body.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    const path = `${tenant.base}/workspaces/${workspaceId}`;
    expect((await tenant.rest('GET', path)).body.owner_id).toBe(String(MOST));
  });
});
