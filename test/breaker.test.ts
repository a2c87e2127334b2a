import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type PolicyBreaker, policyBreakers, type TargetBreaker } from '../src/routing/state.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';
import { required } from './required.ts';

/** The breaker through the doors of the product, at a clock that only the test moves. */
describeEngines('a policy’s breaker', (engine) => {
  let harness: Harness;
  let nowMs = Date.now();
  let tenant: Tenant;
  let workspaceId: string;
  beforeAll(async () => {
    harness = await startHarness(engine, { deps: { now: () => nowMs } });
  });
  afterAll(() => harness.close());
  beforeEach(async () => {
    tenant = await harness.org();
    workspaceId = (await ok('/workspaces', { organization_id: tenant.orgId, name: 'W' })).workspace_id;
    for (const id of ['m', 'f']) {
      const { provider_account_id } = await ok('/provider-accounts', {
        name: id,
        provider_type: 'openai',
        credentials_ref: 'env:X',
        rate_limit_policy: { max_concurrency: 1_000, burst_size: 1_000 },
      });
      const targets = [{ provider_account_id, upstream_model: 'u' }];
      await ok('/logical-models', { logical_model_id: id, name: id, category: 'chat', targets });
      await ok(`/workspaces/${workspaceId}/model-entitlements`, { logical_model_id: id });
    }
  });

  const ok = async (path: string, body?: object, headers?: Record<string, string>) => {
    const answer = await tenant.rest('POST', tenant.base + path, body, headers);
    expect([200, 201], answer.text).toContain(answer.status);
    return answer.body;
  };
  const policy = async (circuit_breaker: object, fields: object = {}) =>
    (await ok('/router-policies', { name: 'P', match: {}, route_to: 'm', circuit_breaker, ...fields }))
      .policy_id as string;
  const decide = () => ok('/decisions', { workspace_id: workspaceId });
  const report = (one: { decision_id: string }, outcome: object) =>
    ok(`/decisions/${one.decision_id}/outcome`, outcome);
  const fail = (one: { decision_id: string }, fields: object = {}) =>
    report(one, { success: false, error_class: 'provider_error', ...fields });
  const graph = async (query: string, variables: object) => {
    const answer = await tenant.graphql(query, { ...variables });
    expect(answer.body.errors).toBeUndefined();
  };
  const stateOf = async (id: string) => (await tenant.rest('GET', `${tenant.base}/router-policies/${id}`)).body.status;
  const latch = async () => {
    for (let at = 0; at < 5; at += 1) {
      await fail(await decide());
      nowMs += 1_001;
      if (at < 4) await report(await decide(), { success: true });
    }
  };
  const QUICK = { consecutive_failures: 1, cooldown_seconds: 1, half_open_requests: 1 };

  const resets: [string, (id: string) => Promise<unknown>][] = [
    ['REST', (id) => ok(`/router-policies/${id}/reset`)],
    [
      'GraphQL',
      async (id) =>
        graph(
          'mutation($id:ID!){resetRouterPolicyBreaker(input:{policyId:$id}){routerPolicy{status latched enabled}}}',
          { id },
        ),
    ],
    [
      'enabled: true',
      async (id) => {
        await latch();
        expect(await stateOf(id)).toBe('inactive');
        return tenant.rest('PATCH', `${tenant.base}/router-policies/${id}`, { enabled: true });
      },
    ],
  ];
  test.each(resets)('reset by %s: whatever was decided before it no longer counts', async (_by, reset) => {
    const id = await policy(QUICK);
    const before = await Promise.all(Array.from({ length: 3 }, decide));
    await reset(id);
    expect(await stateOf(id)).toBe('active');
    for (const one of before) await fail(one);
    expect(await stateOf(id)).toBe('active');
    await fail(await decide());
    expect(await stateOf(id)).toBe('circuit_open');
  });

  const states: [state: string, reach: () => Promise<unknown>][] = [
    ['active', async () => fail(await decide()).then(decide)],
    ['circuit_open', async () => fail(await decide())],
    ['circuit_half_open', async () => fail(await decide()).then(() => (nowMs += 1_001))],
    ['inactive', latch],
  ];
  test.each(states)('a change that changes nothing answers what GET does: %s', async (state, reach) => {
    const id = await policy(state === 'active' ? {} : QUICK, { fallback: 'f' });
    await reach();
    const read = await tenant.rest('GET', `${tenant.base}/router-policies/${id}`);
    expect(read.body.status).toBe(state);
    for (const body of [{}, { enabled: read.body.enabled }, read.body]) {
      const answer = await tenant.rest('PATCH', `${tenant.base}/router-policies/${id}`, body);
      expect([answer.body, answer.headers.get('etag')]).toEqual([read.body, read.headers.get('etag')]);
    }
    const shown = '{ routerPolicy { status enabled latched targets { state } } }';
    const graph = async (text: string) => (await tenant.graphql(text)).body.data;
    const { updateRouterPolicy } = await graph(`mutation { updateRouterPolicy(input: {policyId: "${id}"}) ${shown} }`);
    expect(updateRouterPolicy).toEqual(await graph(shown.replace('routerPolicy', `routerPolicy(policyId: "${id}")`)));
  });

  test('a latched policy is released by a reset, which its reply shows, and its audit event, and its rights', async () => {
    const id = await policy(QUICK);
    await latch();
    const viewer = await tenant.as({ role: 'Viewer' });
    const path = `${tenant.base}/router-policies/${id}/reset`;
    const refused = await viewer.rest('POST', path);
    expect([refused.status, refused.body.details]).toEqual([403, { required_permission: 'router_policies:update' }]);
    const key = { 'Idempotency-Key': 'once' };
    const first = await tenant.rest('POST', path, undefined, key);
    expect([first.status, first.body.status, first.body.enabled]).toEqual([200, 'active', true]);
    const again = await tenant.rest('POST', path, undefined, key);
    expect([again.body, again.headers.get('idempotency-replayed')]).toEqual([first.body, 'true']);
    const second = await ok(`/router-policies/${id}/reset`);
    expect(second).toEqual(first.body);
    const audit = await tenant.rest('GET', `${tenant.base}/audit-events?action=router_policy.reset`);
    expect(audit.body.events.map((one: { resource_id: string }) => one.resource_id)).toEqual([id, id]);
    const absent = await tenant.rest('POST', `${tenant.base}/router-policies/pol_x/reset`);
    expect([absent.status, absent.body.details.resource_type]).toEqual([404, 'router_policy']);
  });

  test.each(['overloaded', 'provider_error', 'timeout', 'rate_limited'])(
    'no cooldown ends before a Retry-After of %s, not even one that came before the opening',
    async (error_class) => {
      const id = await policy({ ...QUICK, consecutive_failures: 2 });
      const [first, second] = [await decide(), await decide()];
      await fail(first, { error_class, retry_after_seconds: 4 });
      // Only a 429 rests its target at once.
      expect((await decide()).refusal?.code ?? null).toBe(error_class === 'rate_limited' ? 'CIRCUIT_OPEN' : null);
      await fail(second, { error_class: 'timeout' });
      expect(await stateOf(id)).toBe('circuit_open');
      nowMs += 3_999;
      expect(await stateOf(id)).toBe('circuit_open');
      expect((await decide()).refusal).toMatchObject({ code: 'CIRCUIT_OPEN', retry_after: 1 });
      nowMs += 1;
      expect(await stateOf(id)).toBe('circuit_half_open');
    },
  );

  test('CIRCUIT_OPEN says when the first target is free, and nothing while latched', async () => {
    await policy({ ...QUICK, cooldown_seconds: 30 });
    await fail(await decide());
    nowMs += 10_500;
    expect((await decide()).refusal).toMatchObject({ code: 'CIRCUIT_OPEN', level: 'policy', retry_after: 20 });
    nowMs += 19_500;
    const probe = await decide();
    expect(probe.admitted).toBe(true);
    expect((await decide()).refusal).toMatchObject({ code: 'CIRCUIT_OPEN', retry_after: 60 });
    await report(probe, { success: true });
    await fail(await decide(), { error_class: 'rate_limited', retry_after_seconds: 77 });
    expect((await decide()).refusal).toMatchObject({ code: 'CIRCUIT_OPEN', retry_after: 77 });
  });

  test.each<[string, object, object]>([
    ['a cooldown', { cooldown_seconds: Number.MAX_SAFE_INTEGER }, {}],
    ['a Retry-After', {}, { retry_after_seconds: 300_000_000_000 }],
  ])(
    '%s that ends after the last moment that can be written is shown as ending then',
    async (_name, settings, fields) => {
      const policyId = await policy({ ...QUICK, ...settings });
      await fail(await decide(), fields);
      const query = 'query($id:ID!){routerPolicy(policyId:$id){targets{openUntil nextProbeAt}}}';
      const answer = await tenant.graphql(query, { id: policyId });
      const last = '9999-12-31T23:59:59.999Z';
      expect(answer.body).toEqual({ data: { routerPolicy: { targets: [{ openUntil: last, nextProbeAt: last }] } } });
    },
  );

  test('latched, it has no time to name', async () => {
    await policy(QUICK);
    await latch();
    expect((await decide()).refusal).toMatchObject({ code: 'CIRCUIT_OPEN', retry_after: null });
  });

  test.each([true, false])(
    'the result of a probe whose lease has run out moves nothing (success: %s)',
    async (success) => {
      const id = await policy(QUICK);
      await fail(await decide());
      nowMs += 1_000;
      const probe = await decide();
      nowMs += 60_000;
      await (success
        ? report(probe, { success })
        : fail(probe, { error_class: 'rate_limited', retry_after_seconds: 50 }));
      expect(await stateOf(id)).toBe('circuit_half_open');
      expect((await decide()).admitted).toBe(true);
    },
  );

  test('decisions that wait three times too long are slow already, and are counted once when their outcome comes', async () => {
    const settings = { latency_threshold_ms: 1_000, min_requests_threshold: 4, cooldown_seconds: 10 };
    const id = await policy({ ...settings, consecutive_failures: 99 }, { fallback: 'f' });
    const hanging = [];
    for (let at = 0; at < 4; at += 1) hanging.push(await decide());
    nowMs += 3_000;
    expect([await stateOf(id), (await decide()).logical_model_id]).toEqual(['active', 'm']);
    nowMs += 1;
    expect([await stateOf(id), (await decide()).logical_model_id]).toEqual(['circuit_open', 'f']);
    // The cooldown began when they became slow, whoever looked; late results are of another time.
    for (const one of hanging) await report(one, { success: true, latency_ms: 3_500 });
    nowMs += 9_999;
    expect(await stateOf(id)).toBe('circuit_open');
    nowMs += 1;
    expect(await stateOf(id)).toBe('circuit_half_open');
    const events = await tenant.graphql('{routingEvents(kind:breaker){nodes{from to}}}');
    expect(events.body.data.routingEvents.nodes).toEqual([{ from: 'closed', to: 'open' }]);
  });

  test('one that hangs and then answers is one result, not two', async () => {
    const id = await policy({ latency_threshold_ms: 1_000, min_requests_threshold: 4, consecutive_failures: 99 });
    const hanging = [await decide(), await decide()];
    nowMs += 3_001;
    for (const one of hanging) await report(one, { success: true, latency_ms: 3_001 });
    await report(await decide(), { success: true, latency_ms: 1 });
    // Two slow of three: as four results they would have opened it.
    expect(await stateOf(id)).toBe('active');
    await report(await decide(), { success: true, latency_ms: 1 });
    expect(await stateOf(id)).toBe('circuit_open');
  });

  test('openings by calls that hang latch the policy too, though nothing is reported', async () => {
    const id = await policy({
      ...QUICK,
      latency_threshold_ms: 1_000,
      min_requests_threshold: 1,
      consecutive_failures: 99,
    });
    for (let at = 0; at < 5; at += 1) {
      const hanging = await decide();
      expect(hanging.admitted).toBe(true);
      nowMs += 4_001;
      if (at < 4) await report(await decide(), { success: true });
    }
    expect(await stateOf(id)).toBe('inactive');
    expect((await tenant.rest('GET', `${tenant.base}/router-policies?enabled_only=true`)).body.total).toBe(0);
  });

  test('editing the settings keeps what calls that hang have made of the state', async () => {
    const id = await policy({ latency_threshold_ms: 1_000, min_requests_threshold: 1, cooldown_seconds: 100 });
    await decide();
    nowMs += 3_001;
    expect(await stateOf(id)).toBe('circuit_open');
    const path = `${tenant.base}/router-policies/${id}`;
    await tenant.rest('PATCH', path, { circuit_breaker: { latency_threshold_ms: 60_000 } });
    expect(await stateOf(id)).toBe('circuit_open');
  });

  test.each([
    ['forgotten by then, they open nothing', 60_000, ['active', 'active', 'active']],
    [
      'still in the window, they open it then, not earlier',
      5_000,
      ['circuit_open', 'circuit_open', 'circuit_half_open'],
    ],
  ])('calls that hang are judged by other settings from the change on: %s', async (_name, waitedMs, states) => {
    const id = await policy({
      ...{ latency_threshold_ms: null, min_requests_threshold: 1 },
      ...{ evaluation_window_seconds: 10, cooldown_seconds: 1 },
    });
    await decide();
    nowMs += waitedMs;
    await tenant.rest('PATCH', `${tenant.base}/router-policies/${id}`, {
      circuit_breaker: { latency_threshold_ms: 1_000 },
    });
    const seen = [await stateOf(id)];
    for (const pause of [999, 1]) {
      nowMs += pause;
      seen.push(await stateOf(id));
    }
    expect(seen).toEqual(states);
  });

  test('tells the feed of every transition, of which the routing events have none where they are not wanted', async () => {
    await policy({ ...QUICK, notify_on_open: false });
    await fail(await decide());
    nowMs += 1_001;
    await report(await decide(), { success: true });
    const { events } = (await tenant.rest('GET', `${tenant.base}/events?types=breaker.*`)).body;
    expect(events.map(({ type, data }: { type: string; data: object }) => [type, data])).toEqual([
      ['breaker.opened', expect.objectContaining({ from: 'closed', to: 'open' })],
      ['breaker.half_open', expect.objectContaining({ from: 'open', to: 'half_open' })],
      ['breaker.closed', expect.objectContaining({ from: 'half_open', to: 'closed' })],
    ]);
    const { body } = await tenant.graphql('{ routingEvents { totalCount } }');
    expect(body.data.routingEvents.totalCount).toBe(0);
  });

  test('breakers that 0.1.0 stored are read', async () => {
    const id = await policy({ ...QUICK, cooldown_seconds: 10 });
    await decide();
    const key = { orgId: tenant.orgId, id };
    const { floor: _, ...doc } = required(await harness.deps.store.get(policyBreakers, key));
    const [target] = Object.keys(doc.targets);
    const old = {
      ...{ state: 'open' as const, generation: 3, buckets: {}, consecutive: 0, openUntil: nowMs + 5_000, restUntil: 0 },
      ...{ probes: {}, probeSuccesses: 0 },
    };
    await harness.deps.store.load(policyBreakers, [
      { ...doc, targets: { [required(target)]: old as TargetBreaker } } as PolicyBreaker,
    ]);
    expect(await stateOf(id)).toBe('circuit_open');
    nowMs += 5_000;
    await fail(await decide(), { retry_after_seconds: 20, error_class: 'overloaded' });
    nowMs += 19_999;
    expect(await stateOf(id)).toBe('circuit_open');
    nowMs += 1;
    expect(await stateOf(id)).toBe('circuit_half_open');
  });
});
