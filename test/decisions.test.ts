import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';

describeEngines('decisions', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let workspaceId: string;
  let workspace: string;
  let count = 0;
  beforeAll(async () => {
    harness = await startHarness(engine);
  });
  afterAll(() => harness.close());
  beforeEach(async () => {
    count += 1;
    tenant = await harness.org(`org ${count}`);
    workspaceId = (await tenant.rest('POST', `${tenant.base}/workspaces`, { organization_id: tenant.orgId, name: 'W' }))
      .body.workspace_id;
    workspace = `${tenant.base}/workspaces/${workspaceId}`;
  });

  const ok = async (path: string, body: object) => {
    const answer = await tenant.rest('POST', path, body);
    expect(answer.status, answer.text).toBe(201);
    return answer.body;
  };
  const account = async (fields: object = {}) =>
    (
      await ok(`${tenant.base}/provider-accounts`, {
        name: 'A',
        provider_type: 'openai',
        credentials_ref: 'env:X',
        ...fields,
      })
    ).provider_account_id as string;
  const model = async (id: string, accounts: string[], fields: object = {}, limits: object = {}) => {
    const targets = accounts.map((one, at) => ({ provider_account_id: one, upstream_model: `up-${at}` }));
    await ok(`${tenant.base}/logical-models`, { logical_model_id: id, name: id, category: 'chat', targets, ...fields });
    await ok(`${workspace}/model-entitlements`, { logical_model_id: id, workspace_limits: limits });
  };
  const policy = async (fields: object) =>
    (await ok(`${tenant.base}/router-policies`, { name: 'P', match: {}, ...fields })).policy_id as string;
  const decide = async (fields: object = {}) =>
    ok(`${tenant.base}/decisions`, { workspace_id: workspaceId, ...fields });
  const report = async (id: string, fields: object) =>
    tenant.rest('POST', `${tenant.base}/decisions/${id}/outcome`, fields);
  const fail = (id: string, fields: object = {}) =>
    report(id, { success: false, error_class: 'provider_error', ...fields });
  const get = async (path: string) => (await tenant.rest('GET', tenant.base + path)).body;

  test('an admitted decision names policy, model, account and upstream model; its outcome drives every counter', async () => {
    const a = await account({ quota_policy: { max_tokens_per_month: 1000 } });
    await model('m', [a]);
    const p = await policy({ route_to: 'm' });
    const made = await decide({ estimated_input_tokens: 10, estimated_output_tokens: 20 });
    expect(made).toMatchObject({
      admitted: true,
      policy_id: p,
      logical_model_id: 'm',
      provider_account_id: a,
      upstream_model: 'up-0',
      refusal: null,
      status: 'open',
      outcome: null,
    });
    expect(made.hops).toEqual([{ logical_model_id: 'm', provider_account_id: a, admitted: true, code: null }]);
    expect(Date.parse(made.expires_at) - Date.parse(made.created_at)).toBeGreaterThan(599_000);
    expect((await get(`/provider-accounts/${a}`)).quota_policy.current_month_tokens).toBe(0);
    const reported = await report(made.decision_id, {
      success: true,
      latency_ms: 5,
      input_tokens: 7,
      output_tokens: 8,
    });
    expect(reported.body).toMatchObject({ status: 'reported', outcome: { success: true, input_tokens: 7 } });
    const again = await fail(made.decision_id);
    expect([again.status, again.body.outcome]).toEqual([200, reported.body.outcome]);
    expect(await get(`/router-policies/${p}`)).toMatchObject({
      match_count: 1,
      success_count: 1,
      error_count: 0,
      error_rate_percent: 0,
      last_matched_at: made.created_at,
    });
    expect((await get(`/provider-accounts/${a}`)).quota_policy).toMatchObject({
      current_month_tokens: 15,
      current_month_requests: 1,
    });
    expect((await tenant.rest('GET', `${workspace}/model-entitlements/m`)).body).toMatchObject({
      request_count: 1,
      total_tokens: 15,
    });
    const usage = await tenant.graphql(
      '{usage(granularity:hour){totals{requests inputTokens outputTokens failures} nodes{byModel{id usage{requests}} byWorkspace{id usage{inputTokens outputTokens}}}}}',
    );
    expect(usage.body.data.usage).toEqual({
      totals: { requests: 1, inputTokens: 7, outputTokens: 8, failures: 0 },
      nodes: [
        {
          byModel: [{ id: 'm', usage: { requests: 1 } }],
          byWorkspace: [{ id: made.workspace_id, usage: { inputTokens: 7, outputTokens: 8 } }],
        },
      ],
    });
    const other = (await ok(`${tenant.base}/workspaces`, { organization_id: tenant.orgId, name: 'Other' }))
      .workspace_id;
    const limited = await tenant.as({ workspace_ids: [other] });
    const seen = await limited.graphql('{usage(granularity:hour){nodes{byWorkspace{id}}}}');
    expect(seen.body.data.usage.nodes).toEqual([{ byWorkspace: [] }]);
  });

  test('counters never change an ETag', async () => {
    await model('m', [await account()]);
    const p = await policy({ route_to: 'm' });
    const tag = async () => (await tenant.rest('GET', `${tenant.base}/router-policies/${p}`)).headers.get('etag');
    const before = await tag();
    await fail((await decide()).decision_id);
    expect(await tag()).toBe(before);
    expect((await get(`/router-policies/${p}`)).error_rate_percent).toBe(100);
  });

  test('every refusal has its code, level and limit, in the documented order', async () => {
    const a = await account();
    const refused = async (fields: object = {}) => (await decide(fields)).refusal;
    expect(await refused()).toEqual({ code: 'NO_POLICY_MATCHED', level: 'policy', limit: null, retry_after: null });
    const absent = await tenant.rest('POST', `${tenant.base}/decisions`, {
      workspace_id: workspaceId,
      logical_model_id: 'none',
    });
    expect([absent.status, absent.body.details]).toEqual([
      404,
      { resource_type: 'logical_model', resource_id: 'none' },
    ]);
    await ok(`${tenant.base}/logical-models`, { logical_model_id: 'bare', name: 'bare', category: 'chat' });
    expect(await refused({ logical_model_id: 'bare' })).toMatchObject({ code: 'MODEL_UNAVAILABLE', level: 'model' });
    await ok(`${tenant.base}/logical-models`, {
      logical_model_id: 'm',
      name: 'm',
      category: 'chat',
      targets: [{ provider_account_id: a, upstream_model: 'u' }],
    });
    const ask = { logical_model_id: 'm', endpoint_id: 'e', step_type: 's', purpose: 'p', estimated_input_tokens: 5 };
    expect(await refused(ask)).toMatchObject({ code: 'MODEL_NOT_ENTITLED', level: 'entitlement' });
    await ok(`${workspace}/model-entitlements`, {
      logical_model_id: 'm',
      enabled: false,
      allowed_endpoints: [],
      allowed_step_types: [],
      allowed_purposes: [],
      workspace_limits: {
        max_tokens_per_request: 4,
        requests_per_minute: 1,
        max_concurrency: 1,
        max_requests_per_month: 2,
      },
    });
    const patch = (fields: object) => tenant.rest('PATCH', `${workspace}/model-entitlements/m`, fields);
    const steps: [string, string | null, object][] = [
      ['ENTITLEMENT_DISABLED', null, { enabled: true }],
      ['ENDPOINT_NOT_ALLOWED', null, { allowed_endpoints: ['e'] }],
      ['STEP_TYPE_NOT_ALLOWED', null, { allowed_step_types: ['s'] }],
      ['PURPOSE_NOT_ALLOWED', null, { allowed_purposes: null }],
      ['REQUEST_TOO_LARGE', 'max_tokens_per_request', { workspace_limits: { max_tokens_per_request: null } }],
    ];
    for (const [code, limit, cure] of steps) {
      expect(await refused(ask)).toMatchObject({ code, level: 'entitlement', limit });
      await patch(cure);
    }
    expect((await decide({ ...ask })).admitted).toBe(true);
    expect(await refused(ask)).toMatchObject({
      code: 'RATE_LIMITED',
      limit: 'requests_per_minute',
      retry_after: expect.any(Number),
    });
    await patch({ workspace_limits: { requests_per_minute: null } });
    expect(await refused(ask)).toMatchObject({ code: 'CONCURRENCY_EXCEEDED', limit: 'max_concurrency' });
    await patch({ workspace_limits: { max_concurrency: null } });
    expect((await decide(ask)).admitted).toBe(true);
    expect(await refused(ask)).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      level: 'entitlement',
      limit: 'max_requests_per_month',
    });
    await patch({ workspace_limits: { max_requests_per_month: null } });
    await tenant.rest('PATCH', `${tenant.base}/provider-accounts/${a}`, { enabled: false });
    expect(await refused(ask)).toMatchObject({ code: 'ACCOUNT_UNAVAILABLE', level: 'provider_account' });
    await tenant.rest('PUT', workspace, { is_active: false });
    expect(await refused(ask)).toMatchObject({ code: 'WORKSPACE_INACTIVE', level: 'workspace' });
  });

  test('a used-up account refuses with QUOTA_EXCEEDED at its own level, and reads quota_exceeded', async () => {
    const a = await account({ quota_policy: { max_requests_per_month: 1 } });
    await model('m', [a]);
    await report((await decide({ logical_model_id: 'm' })).decision_id, { success: true });
    expect((await decide({ logical_model_id: 'm' })).refusal).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      level: 'provider_account',
      limit: 'max_requests_per_month',
    });
    expect(await get(`/provider-accounts/${a}`)).toMatchObject({ status: 'quota_exceeded' });
    expect((await get('/provider-accounts?status=quota_exceeded')).total).toBe(1);
    const events = await tenant.graphql('{routingEvents(kind:quota){nodes{from to}}}');
    expect(events.body.data.routingEvents.nodes.map((one: { to: string }) => one.to).sort()).toEqual([
      '100%',
      '50%',
      '80%',
    ]);
  });

  test('each share of a month’s quota is told once, whatever becomes of the limit meanwhile', async () => {
    const limited = (max_requests_per_month: number | null) => ({ quota_policy: { max_requests_per_month } });
    const a = await account(limited(4));
    await model('m', [a]);
    const use = async (times: number) => {
      for (let at = 0; at < times; at += 1)
        await report((await decide({ logical_model_id: 'm' })).decision_id, { success: true });
    };
    const limit = async (fields: object) =>
      expect((await tenant.rest('PATCH', `${tenant.base}/provider-accounts/${a}`, fields)).status).toBe(200);
    const told = async () => {
      const { body } = await tenant.rest('GET', `${tenant.base}/events?types=quota.threshold&limit=200`);
      return body.events.map(({ data }: { data: { percent: number } }) => data.percent);
    };
    await use(2);
    expect(await told()).toEqual([50]);
    // Half of ten, and half of eight, are told no more; what a lower limit makes of the use is.
    await limit(limited(10));
    await use(3);
    await limit(limited(null));
    await limit(limited(6));
    await use(1);
    expect(await told()).toEqual([50, 80, 100]);
    await limit(limited(12));
    await use(6);
    expect(await told()).toEqual([50, 80, 100]);
  });

  test('an account without room is passed over for the next; a fallback answers when none has', async () => {
    const [a, b] = [
      await account({ rate_limit_policy: { max_concurrency: 1 } }),
      await account({ rate_limit_policy: { max_concurrency: 1 } }),
    ];
    await model('m', [a, b], { fallback: null });
    await model('f', [await account()]);
    await policy({ route_to: 'm', fallback: 'f' });
    const made = [await decide(), await decide(), await decide()];
    expect(new Set(made.slice(0, 2).map((one) => one.provider_account_id))).toEqual(new Set([a, b]));
    expect(
      made[2].hops.map((hop: { logical_model_id: string; code: string }) => [hop.logical_model_id, hop.code]),
    ).toEqual([
      ['m', 'CONCURRENCY_EXCEEDED'],
      ['f', null],
    ]);
  });

  test('an expired lease gives everything back; its outcome is a 409', async () => {
    const a = await account({ rate_limit_policy: { max_concurrency: 1 } });
    await model('m', [a]);
    const first = await decide({ logical_model_id: 'm' });
    expect((await decide({ logical_model_id: 'm' })).admitted).toBe(false);
    harness.clock.offsetMs += 601_000;
    expect((await decide({ logical_model_id: 'm' })).admitted).toBe(true);
    const late = await report(first.decision_id, { success: true });
    expect([late.status, late.body.details.reason]).toEqual([409, 'expired']);
    expect((await get(`/decisions/${first.decision_id}`)).status).toBe('expired');
  });

  test('the breaker opens per target, answers by the fallback, probes and closes', async () => {
    const [a, b] = [await account(), await account()];
    await model('m', [a]);
    await model('f', [b]);
    const p = await policy({
      route_to: 'm',
      fallback: 'f',
      circuit_breaker: { consecutive_failures: 2, cooldown_seconds: 10, half_open_requests: 1 },
    });
    for (let at = 0; at < 2; at += 1) await fail((await decide()).decision_id);
    expect(await get(`/router-policies/${p}`)).toMatchObject({ status: 'circuit_open', error_count: 2 });
    const around = await decide();
    expect([around.logical_model_id, around.hops[0].code]).toEqual(['f', 'CIRCUIT_OPEN']);
    const match = await tenant.rest('POST', `${tenant.base}/router-policies/test-match`, { context: {} });
    expect(match.body.logical_model_id).toBe('f');
    harness.clock.offsetMs += 10_500;
    expect((await get(`/router-policies/${p}`)).status).toBe('circuit_half_open');
    const probe = await decide();
    expect(probe.logical_model_id).toBe('m');
    expect((await decide()).logical_model_id).toBe('f');
    await report(probe.decision_id, { success: true });
    expect((await get(`/router-policies/${p}`)).status).toBe('active');
    expect((await get('/router-policies?status=active')).total).toBe(1);
    const events = await tenant.graphql('{routingEvents(kind:breaker){nodes{from to}}}');
    expect(events.body.data.routingEvents.nodes.map((one: { to: string }) => one.to)).toEqual([
      'closed',
      'half_open',
      'open',
    ]);
  });

  test('five openings within an hour latch the policy; a person’s enabled: true releases it', async () => {
    await model('m', [await account()]);
    await model('f', [await account()]);
    const p = await policy({
      route_to: 'm',
      fallback: 'f',
      circuit_breaker: { consecutive_failures: 1, cooldown_seconds: 1, half_open_requests: 1 },
    });
    for (let at = 0; at < 5; at += 1) {
      await fail((await decide()).decision_id);
      harness.clock.offsetMs += 1_500;
      if (at < 4) await report((await decide()).decision_id, { success: true });
    }
    expect(await get(`/router-policies/${p}`)).toMatchObject({ enabled: false, status: 'inactive' });
    expect((await decide()).logical_model_id).toBe('f');
    expect((await get('/router-policies?enabled_only=true')).total).toBe(0);
    const sentBack = await tenant.rest('PATCH', `${tenant.base}/router-policies/${p}`, { enabled: false });
    expect([sentBack.status, (await decide()).logical_model_id]).toEqual([200, 'f']);
    const released = await tenant.rest('PATCH', `${tenant.base}/router-policies/${p}`, { enabled: true });
    expect(released.body).toMatchObject({ enabled: true, status: 'active' });
    expect((await decide()).logical_model_id).toBe('m');
  });

  test('a caller’s own fault moves match_count only', async () => {
    await model('m', [await account()]);
    const p = await policy({ route_to: 'm', circuit_breaker: { consecutive_failures: 1 } });
    for (const error_class of ['caller_error', 'content_policy', 'aborted'])
      await fail((await decide()).decision_id, { error_class });
    expect(await get(`/router-policies/${p}`)).toMatchObject({
      match_count: 3,
      success_count: 0,
      error_count: 0,
      status: 'active',
    });
  });

  test('retry_of passes over what just failed while another has room', async () => {
    const [a, b] = [await account(), await account()];
    await model('m', [a, b]);
    const first = await decide({ logical_model_id: 'm' });
    await fail(first.decision_id);
    for (let at = 0; at < 8; at += 1)
      expect((await decide({ logical_model_id: 'm', retry_of: first.decision_id })).provider_account_id).not.toBe(
        first.provider_account_id,
      );
    const absent = await tenant.rest('POST', `${tenant.base}/decisions`, {
      workspace_id: workspaceId,
      retry_of: 'dec_x',
    });
    expect([absent.status, absent.body.details.resource_type]).toEqual([404, 'decision']);
    const open = await decide({ logical_model_id: 'm' });
    const early = await tenant.rest('POST', `${tenant.base}/decisions`, {
      workspace_id: workspaceId,
      retry_of: open.decision_id,
    });
    expect([early.status, early.body.detail[0].loc]).toEqual([422, ['body', 'retry_of']]);
  });

  test('an outcome without error_class is `missing`, in both doors', async () => {
    await model('m', [await account()]);
    const made = await decide({ logical_model_id: 'm' });
    expect((await report(made.decision_id, { success: false })).body.detail).toEqual([
      { type: 'missing', loc: ['body', 'error_class'], msg: 'Field required', input: { success: false } },
    ]);
    const graph = await tenant.graphql(
      `mutation{reportOutcome(input:{decisionId:"${made.decision_id}",success:false}){decision{status}}}`,
    );
    expect(graph.body.errors[0].extensions.details.detail[0].loc).toEqual(['input', 'errorClass']);
  });

  test('an explanation tells of every policy, the hops and the smallest change', async () => {
    await model('m', [await account()]);
    const p = await policy({ route_to: 'm', match: { purpose: 'chat', endpoint_type: 'api' } });
    const made = await decide({ purpose: 'chat' });
    const told = await get(`/decisions/${made.decision_id}/explanation`);
    expect(told).toEqual({
      decision_id: made.decision_id,
      admitted: false,
      refusal: { code: 'NO_POLICY_MATCHED', level: 'policy', limit: null, retry_after: null },
      policies: [
        {
          policy_id: p,
          name: 'P',
          matched: false,
          field: 'endpoint_type',
          expected: 'api',
          actual: null,
          changed: false,
        },
      ],
      hops: [],
      smallest_change: { resource_type: 'router_policy', resource_id: p, field: 'match.endpoint_type', to: null },
    });
    await tenant.rest('PATCH', `${tenant.base}/router-policies/${p}`, { match: { endpoint_type: null } });
    expect((await get(`/decisions/${made.decision_id}/explanation`)).policies[0]).toMatchObject({
      matched: true,
      changed: true,
    });
    const imagined = await tenant.graphql(
      `{explainDecide(input:{workspaceId:"${workspaceId}",purpose:"chat"}){hops{logicalModelId admitted} refusalCode}}`,
    );
    expect(imagined.body.data.explainDecide).toEqual({
      hops: [{ logicalModelId: 'm', admitted: true }],
      refusalCode: null,
    });
    expect((await get('/decisions')).total).toBe(1);
  });

  test('the linter warns, and strict refuses', async () => {
    const a = await account({ enabled: false, quota_policy: { max_requests_per_month: 10 } });
    await model('m', [a], {}, { max_requests_per_month: 20 });
    await ok(`${tenant.base}/logical-models`, { logical_model_id: 'f', name: 'f', category: 'chat' });
    await policy({
      route_to: 'm',
      fallback: 'f',
      circuit_breaker: { evaluation_window_seconds: 1, min_requests_threshold: 5000 },
    });
    await policy({ route_to: 'f', match: { purpose: 'x' }, priority: -1 });
    await policy({ route_to: 'm', match: { purpose: 'x' }, priority: -1 });
    const lint = await tenant.graphql('{routerPolicyLint{code policyId}}');
    expect(new Set(lint.body.data.routerPolicyLint.map((one: { code: string }) => one.code))).toEqual(
      new Set([
        'ACCOUNT_DISABLED',
        'LIMIT_ABOVE_ACCOUNT',
        'FALLBACK_NOT_ENTITLED',
        'BREAKER_NEVER_TRIPS',
        'POLICY_UNREACHABLE',
        'POLICY_OVERLAP',
        'NO_ENABLED_TARGET',
      ]),
    );
    const strict = await tenant.graphql(
      'mutation($input:CreateRouterPolicyInput!){createRouterPolicy(input:$input){routerPolicy{name} warnings{code}}}',
      { input: { name: 'S', match: {}, routeTo: 'f', strict: true } },
    );
    expect(strict.body.errors[0].extensions.code).toBe('VALIDATION_FAILED');
  });

  test('400 callers at a quota with room for 100: exactly 100', async () => {
    await model(
      'm',
      [await account({ rate_limit_policy: { max_concurrency: 1000, burst_size: 1000 } })],
      {},
      { max_requests_per_month: 100 },
    );
    const answers = await Promise.all(Array.from({ length: 400 }, () => decide({ logical_model_id: 'm' })));
    expect(answers.filter((one) => one.admitted)).toHaveLength(100);
    for (const one of answers.filter((other) => !other.admitted)) expect(one.refusal.code).toBe('QUOTA_EXCEEDED');
  });
});
