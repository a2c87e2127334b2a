import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';

/** What the graph shows of a policy beyond what it is set to: its rank, and the breaker of every target. */
describeEngines('a policy in the graph', (engine) => {
  let harness: Harness;
  let nowMs = Date.now();
  let tenant: Tenant;
  let accountId: string;
  let workspaceId: string;
  beforeAll(async () => {
    harness = await startHarness(engine, { deps: { now: () => nowMs } });
  });
  afterAll(() => harness.close());
  beforeEach(async () => {
    tenant = await harness.org();
    workspaceId = (await ok('/workspaces', { organization_id: tenant.orgId, name: 'W' })).workspace_id;
    const account = { name: 'A', provider_type: 'openai', credentials_ref: 'env:X' };
    accountId = (await ok('/provider-accounts', account)).provider_account_id;
    const targets = [
      { provider_account_id: accountId, upstream_model: 'u', weight: 2 },
      { provider_account_id: accountId, upstream_model: 'off', enabled: false },
    ];
    await ok('/logical-models', { logical_model_id: 'm', name: 'M', category: 'chat', targets });
    await ok(`/workspaces/${workspaceId}/model-entitlements`, { logical_model_id: 'm' });
  });

  const ok = async (path: string, body?: object) => {
    const answer = await tenant.rest('POST', tenant.base + path, body);
    expect([200, 201], answer.text).toContain(answer.status);
    return answer.body;
  };
  const policy = async (fields: object) =>
    (await ok('/router-policies', { name: 'P', match: {}, route_to: 'm', ...fields })).policy_id as string;
  const ask = async (query: string) => {
    const answer = await tenant.graphql(query);
    expect(answer.body.errors).toBeUndefined();
    return answer.body.data;
  };
  const targets = async () => {
    const fields =
      'providerAccountId upstreamModel weight enabled state results failures slow consecutiveFailures openUntil nextProbeAt probes probeSuccesses';
    return (await ask(`{routerPolicies{nodes{targets{${fields}}}}}`)).routerPolicies.nodes[0].targets;
  };
  const decide = () => ok('/decisions', { workspace_id: workspaceId });
  const report = ({ decision_id }: { decision_id: string }, outcome: object) =>
    ok(`/decisions/${decision_id}/outcome`, outcome);
  const iso = (ms: number) => new Date(ms).toISOString();

  test('its targets tell the state, the window, until when they are open and when the next probe may go', async () => {
    await policy({ circuit_breaker: { consecutive_failures: 2, cooldown_seconds: 10, half_open_requests: 1 } });
    const idle = { state: 'closed', results: 0, failures: 0, slow: 0, consecutiveFailures: 0, openUntil: null };
    const rest = { nextProbeAt: null, probes: 0, probeSuccesses: 0 };
    const off = { providerAccountId: accountId, upstreamModel: 'off', weight: 1, enabled: false, ...idle, ...rest };
    const on = { ...off, upstreamModel: 'u', weight: 2, enabled: true };
    expect(await targets()).toEqual([on, off]);

    await report(await decide(), { success: true, latency_ms: 60_000 });
    await report(await decide(), { success: false, error_class: 'provider_error' });
    expect(await targets()).toEqual([{ ...on, results: 2, failures: 1, slow: 1, consecutiveFailures: 1 }, off]);

    await report(await decide(), { success: false, error_class: 'provider_error' });
    const until = iso(nowMs + 10_000);
    expect(await targets()).toEqual([{ ...on, state: 'open', openUntil: until, nextProbeAt: until }, off]);

    nowMs += 10_000;
    expect(await targets()).toEqual([{ ...on, state: 'half_open' }, off]);
    const probe = await decide();
    expect(await targets()).toEqual([{ ...on, state: 'half_open', probes: 1, nextProbeAt: iso(nowMs + 60_000) }, off]);
    await report(probe, { success: true });
    expect(await targets()).toEqual([on, off]);
  });

  test('its rank is the order in which policies are looked at, right behind every change in the same document too', async () => {
    const low = await policy({ priority: 1 });
    const high = await policy({ priority: 9, enabled: false });
    const narrow = await policy({ priority: 1, match: { purpose: 'x' } });
    const { routerPolicies } = await ask('{routerPolicies{nodes{policyId rank}}}');
    const ranks = new Map(
      routerPolicies.nodes.map((one: { policyId: string; rank: number }) => [one.policyId, one.rank]),
    );
    expect([high, narrow, low].map((id) => ranks.get(id))).toEqual([1, 2, 3]);
    const { a, b } = await ask(`mutation {
      a: updateRouterPolicy(input: {policyId: "${low}", priority: 5}) { routerPolicy { rank } }
      b: updateRouterPolicy(input: {policyId: "${low}", priority: 10}) { routerPolicy { rank } }
    }`);
    expect([a.routerPolicy.rank, b.routerPolicy.rank]).toEqual([2, 1]);
  });

  test('who may not read models is not told of targets, and still sees the policy', async () => {
    await policy({});
    const reader = await tenant.as({ permissions: ['router_policies:read'] });
    const { body } = await reader.graphql('{routerPolicies{nodes{name rank targets{state}}}}');
    expect(body.data.routerPolicies.nodes).toEqual([{ name: 'P', rank: 1, targets: null }]);
    expect(body.errors[0].extensions.code).toBe('FORBIDDEN');
  });
});
