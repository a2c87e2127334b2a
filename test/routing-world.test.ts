import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PolicyBreaker, policyBreakers } from '../src/routing/state.ts';
import { type Answer, describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';
import { required } from './required.ts';

/** Random organizations, made and asked through REST at a clock that stands still. */

const maybe = <T>(arb: fc.Arbitrary<T>) => fc.option(arb, { freq: 2 });
const rarely = fc.integer({ min: 0, max: 5 }).map((value) => value > 0);
const few = fc.integer({ min: 1, max: 3 });
const accountArb = fc.record({
  enabled: rarely,
  rate_limit_policy: fc.record(
    { requests_per_second: few, requests_per_minute: few, burst_size: few, max_concurrency: few },
    { requiredKeys: [] },
  ),
  quota_policy: fc.record({ max_requests_per_month: maybe(few), max_tokens_per_month: maybe(fc.nat(30)) }),
});
const modelArb = fc.record({
  enabled: rarely,
  targets: fc.array(fc.record({ account: fc.nat(1), enabled: rarely }), { maxLength: 3 }),
  isFallbackOfNext: fc.boolean(),
});
const list = fc.constantFrom(null, null, [], ['chat'], ['x']);
const grantArb = fc.record({
  enabled: rarely,
  allowed_purposes: list,
  allowed_step_types: list,
  allowed_endpoints: list,
  workspace_limits: fc.record(
    {
      requests_per_minute: few,
      tokens_per_minute: fc.nat(20),
      max_tokens_per_request: fc.nat(12),
      max_concurrency: few,
    },
    { requiredKeys: [] },
  ),
});
const policyArb = fc.record({
  enabled: rarely,
  priority: fc.nat(2),
  purpose: fc.constantFrom(null, null, 'chat', 'other'),
  vision: fc.boolean(),
  workspace: fc.constantFrom(null, null, 0, 1),
  route_to: fc.nat(2),
  fallback: maybe(fc.nat(2)),
  latched: fc.integer({ min: 0, max: 3 }).map((value) => value === 0),
});
const worldArb = fc.record({
  isActive: rarely,
  accounts: fc.tuple(accountArb, accountArb),
  models: fc.tuple(modelArb, modelArb, modelArb),
  grants: fc.tuple(maybe(grantArb), maybe(grantArb), maybe(grantArb)),
  policies: fc.array(policyArb, { maxLength: 3 }),
  before: fc.array(fc.boolean(), { maxLength: 4 }),
  context: fc.record({
    purpose: fc.constantFrom(null, 'chat'),
    step_type: fc.constantFrom(null, 'x'),
    endpoint_type: fc.constantFrom(null, 'x'),
    requires_vision: fc.boolean(),
  }),
  asked: maybe(fc.nat(2)),
  tokens: fc.nat(8),
});
type World = typeof worldArb extends fc.Arbitrary<infer W> ? W : never;

interface Made {
  tenant: Tenant;
  workspaceId: string;
  decide(): Promise<Answer['body']>;
}

describeEngines('routing', (engine) => {
  let harness: Harness;
  const nowMs = Date.now();
  const numRuns = engine === 'sqlite' ? 30 : 8;
  beforeAll(async () => {
    harness = await startHarness(engine, { deps: { now: () => nowMs } });
  });
  afterAll(() => harness.close());

  async function make(world: World): Promise<Made> {
    const tenant = await harness.org();
    const ok = async (method: string, path: string, body: object) => {
      const answer = await tenant.rest(method, tenant.base + path, body);
      expect([200, 201], answer.text).toContain(answer.status);
      return answer.body;
    };
    const place = async (name: string) =>
      (await ok('POST', '/workspaces', { organization_id: tenant.orgId, name })).workspace_id as string;
    const workspaceIds = [await place('Own'), await place('Other')];
    const accounts: string[] = [];
    for (const fields of world.accounts) {
      const body = { name: 'A', provider_type: 'openai', credentials_ref: 'env:X', ...fields };
      accounts.push((await ok('POST', '/provider-accounts', body)).provider_account_id);
    }
    for (const [at, { isFallbackOfNext: _, targets, ...fields }] of world.models.entries()) {
      const fallback = at > 0 && required(world.models[at - 1]).isFallbackOfNext ? `m${at - 1}` : null;
      const named = targets.map((target, index) => ({
        ...{ provider_account_id: accounts[target.account], upstream_model: `u${index}`, enabled: target.enabled },
      }));
      const body = { logical_model_id: `m${at}`, name: 'M', category: 'chat', targets: named, fallback, ...fields };
      await ok('POST', '/logical-models', body);
    }
    for (const [at, grant] of world.grants.entries())
      if (grant)
        await ok('POST', `/workspaces/${workspaceIds[0]}/model-entitlements`, { logical_model_id: `m${at}`, ...grant });
    for (const policy of world.policies) {
      const match = {
        purpose: policy.purpose,
        requires_vision: policy.vision,
        workspace_id: policy.workspace === null ? null : workspaceIds[policy.workspace],
      };
      const body = {
        ...{ name: 'P', match, enabled: policy.enabled, priority: policy.priority, route_to: `m${policy.route_to}` },
        circuit_breaker: { consecutive_failures: 1, half_open_requests: 1 },
      };
      const fallback = policy.fallback === null ? null : `m${policy.fallback}`;
      const made = await tenant.rest('POST', `${tenant.base}/router-policies`, { ...body, fallback });
      // Fallbacks that lead back are refused: such a policy has none.
      const id = made.status === 201 ? made.body.policy_id : (await ok('POST', '/router-policies', body)).policy_id;
      if (policy.latched) await latch(tenant.orgId, id);
    }
    const { tokens, asked, context } = world;
    const decide = () =>
      ok('POST', '/decisions', {
        ...{ workspace_id: workspaceIds[0], ...context, estimated_input_tokens: tokens },
        logical_model_id: asked === null ? null : `m${asked}`,
      });
    for (const fails of world.before) {
      const { decision_id, admitted } = await decide();
      if (admitted && fails)
        await ok('POST', `/decisions/${decision_id}/outcome`, {
          success: false,
          error_class: 'timeout',
          input_tokens: 9,
        });
    }
    if (!world.isActive) await ok('PUT', `/workspaces/${workspaceIds[0]}`, { is_active: false });
    return { tenant, workspaceId: required(workspaceIds[0]), decide };
  }

  async function latch(orgId: string, id: string) {
    const at = new Date(nowMs).toISOString();
    const doc = { id, orgId, version: 1, createdAt: at, updatedAt: at, createdBy: null };
    await harness.deps.store.load(policyBreakers, [
      { ...doc, targets: {}, openings: [], latched: true, floor: 0 } as PolicyBreaker,
    ]);
  }

  /** Makes the change as a person would, by the documented names. */
  async function apply({ tenant, workspaceId }: Made, change: Record<string, unknown>) {
    const { resource_type, resource_id, field, to } = change as Record<string, string>;
    const addresses: Record<string, string> = {
      workspace: `/workspaces/${resource_id}`,
      logical_model: `/logical-models/${resource_id}`,
      provider_account: `/provider-accounts/${resource_id}`,
      router_policy: `/router-policies/${resource_id}`,
    };
    const grants = `${tenant.base}/workspaces/${workspaceId}/model-entitlements`;
    if (resource_type === 'model_entitlement' && resource_id === null)
      return tenant.rest('POST', grants, { [required(field)]: to });
    const path =
      resource_type === 'model_entitlement'
        ? await addressOf(tenant, grants, required(resource_id))
        : tenant.base + addresses[required(resource_type)];
    const now = (await tenant.rest('GET', path)).body;
    const names = required(field).split('.');
    const body = JSON.parse(JSON.stringify({ [required(names[0])]: now[required(names[0])] ?? null }));
    let place = body;
    for (const name of names.slice(0, -1)) place = place[name];
    place[required(names.at(-1))] = to;
    return tenant.rest(resource_type === 'workspace' ? 'PUT' : 'PATCH', path, body);
  }

  async function addressOf(tenant: Tenant, grants: string, id: string) {
    const { entitlements } = (await tenant.rest('GET', grants)).body;
    return `${grants}/${entitlements.find((one: { entitlement_id: string }) => one.entitlement_id === id).logical_model_id}`;
  }

  const GENEROUS = { allowed_purposes: null, allowed_step_types: null, allowed_endpoints: null, workspace_limits: {} };
  const account = { enabled: true, rate_limit_policy: {}, quota_policy: {} };
  const model = { enabled: true, targets: [{ account: 0, enabled: true }], isFallbackOfNext: false };
  const plain = {
    ...{ isActive: true, accounts: [account, account], models: [model, model, model], policies: [], before: [] },
    grants: [0, 1, 2].map(() => ({ enabled: true, ...GENEROUS })),
    ...{
      context: { purpose: null, step_type: null, endpoint_type: null, requires_vision: false },
      asked: 0,
      tokens: 1,
    },
  } as unknown as World;
  const policy = {
    enabled: true,
    priority: 0,
    purpose: null,
    vision: false,
    workspace: null,
    fallback: null,
    latched: false,
  };
  const explained = async (world: object) => {
    const { tenant, decide } = await make({ ...plain, ...world });
    const { decision_id, refusal } = await decide();
    const told = (await tenant.rest('GET', `${tenant.base}/decisions/${decision_id}/explanation`)).body;
    return [refusal.code, told.smallest_change && [told.smallest_change.field, told.smallest_change.to]];
  };

  test('one change that is not enough is none', async () => {
    const away = { ...account, enabled: false };
    const grants = plain.grants.map((grant) => ({ ...grant, enabled: false }));
    expect(await explained({ accounts: [away, away], grants })).toEqual(['ENTITLEMENT_DISABLED', null]);
    expect(await explained({ grants })).toEqual(['ENTITLEMENT_DISABLED', ['enabled', true]]);
    expect(await explained({ isActive: false, asked: null })).toEqual(['WORKSPACE_INACTIVE', null]);
  });

  test('another workspace’s policy is never taken from it', async () => {
    const others = { ...policy, workspace: 1, route_to: 0 };
    expect(await explained({ policies: [others], asked: null })).toEqual(['NO_POLICY_MATCHED', null]);
    const purposeful = { ...policy, purpose: 'other', route_to: 0 };
    expect(await explained({ policies: [others, purposeful], asked: null })).toEqual([
      'NO_POLICY_MATCHED',
      ['match.purpose', null],
    ]);
  });

  test('where the burst binds, it is the burst that helps; where both rates do, it is enough for both', async () => {
    const slow = (limits: object) => ({
      accounts: [{ ...account, rate_limit_policy: limits }, account],
      before: [false],
    });
    expect(await explained(slow({ requests_per_second: 1, burst_size: 1 }))).toEqual([
      'RATE_LIMITED',
      ['rate_limit_policy.burst_size', 2],
    ]);
    expect(await explained(slow({ requests_per_second: 1, requests_per_minute: 1, burst_size: 1 }))).toEqual([
      'RATE_LIMITED',
      ['rate_limit_policy.burst_size', 2],
    ]);
  });

  test('the change may lie at a later hop than the refusal', async () => {
    const grants = plain.grants.map((grant, at) => ({ ...grant, enabled: at === 2 }));
    const models = [model, { ...model, isFallbackOfNext: true }, { ...model, enabled: false }];
    const [away, there] = [{ ...account, enabled: false }, account];
    const chain = [
      { ...required(models[0]), targets: [] },
      models[1],
      { ...model, targets: [{ account: 1, enabled: false }] },
    ];
    expect(
      await explained({
        accounts: [away, there],
        grants,
        models: chain,
        policies: [{ ...policy, route_to: 0, fallback: 2 }],
      }),
    ).toEqual(['MODEL_UNAVAILABLE', ['targets.0.enabled', true]]);
  });

  test('where every enabled target refuses or is open, a disabled one may be what helps', async () => {
    const targets = [
      { account: 0, enabled: true },
      { account: 1, enabled: false },
    ];
    const models = [{ ...model, targets }, model, model];
    const full = { ...account, rate_limit_policy: { requests_per_minute: 1, burst_size: 1, max_concurrency: 1 } };
    const enabled = ['targets.1.enabled', true];
    expect(await explained({ models, accounts: [full, account], before: [false] })).toEqual(['RATE_LIMITED', enabled]);
    const failed = { models, policies: [{ ...policy, route_to: 0 }], before: [true] };
    expect(await explained(failed)).toEqual(['CIRCUIT_OPEN', enabled]);
  });

  test.each([
    ['is switched off', { enabled: false }],
    ['has no target', { targets: [] }],
    ['has none that is enabled', { targets: [{ account: 0, enabled: false }] }],
  ])('a latched policy without fallback is passed over, also where its model %s', async (_, change) => {
    const models = [{ ...model, ...change }, model, model];
    const policies = [
      { ...policy, priority: 2, latched: true, route_to: 0 },
      { ...policy, priority: 1, route_to: 1 },
    ];
    const { tenant, workspaceId, decide } = await make({ ...plain, models, policies, asked: null } as unknown as World);
    const context = { workspace_id: workspaceId };
    const matched = (await tenant.rest('POST', `${tenant.base}/router-policies/test-match`, { context })).body;
    expect([matched.logical_model_id, (await decide()).logical_model_id]).toEqual(['m1', 'm1']);
  });

  test('the entitlement’s own limit is named before an account that is used up', async () => {
    const accounts = [{ ...account, quota_policy: { max_requests_per_month: 1 } }, account];
    const grants = plain.grants.map((grant) => ({ ...grant, workspace_limits: { requests_per_minute: 1 } }));
    const spent = { ...plain, accounts, before: [true] } as unknown as World;
    expect((await (await make(spent)).decide()).refusal).toMatchObject({
      ...{ code: 'QUOTA_EXCEEDED', level: 'provider_account', limit: 'max_requests_per_month' },
    });
    expect((await (await make({ ...spent, grants } as unknown as World)).decide()).refusal).toMatchObject({
      ...{ code: 'RATE_LIMITED', level: 'entitlement', limit: 'requests_per_minute' },
    });
  });

  test('the smallest change, made through the API, admits what was refused, and takes nothing from another workspace', async () => {
    await fc.assert(
      fc.asyncProperty(worldArb, async (world) => {
        const made = await make(world);
        const refused = await made.decide();
        if (refused.admitted) return;
        const path = `${made.tenant.base}/decisions/${refused.decision_id}/explanation`;
        const told = (await made.tenant.rest('GET', path)).body;
        expect([told.admitted, told.refusal]).toEqual([false, refused.refusal]);
        const change = told.smallest_change;
        if (change === null) return;
        expect(change.field).not.toBe('match.workspace_id');
        const answer = await apply(made, change);
        expect([200, 201], answer.text).toContain(answer.status);
        expect((await made.decide()).admitted, JSON.stringify(change)).toBe(true);
      }),
      { numRuns },
    );
  });

  test('decide and test-match agree on any world', async () => {
    await fc.assert(
      fc.asyncProperty(worldArb, async (world) => {
        const { tenant, workspaceId, decide } = await make({ ...world, isActive: true });
        const context = { ...world.context, workspace_id: workspaceId };
        const matched = (await tenant.rest('POST', `${tenant.base}/router-policies/test-match`, { context })).body;
        const decided = await decide();
        const selected = matched.selected_policy?.policy_id ?? null;
        if (selected === null) {
          expect(['CIRCUIT_OPEN', null]).toContain(decided.policy_id === null ? null : decided.refusal.code);
          return;
        }
        const begun = decided.hops.find((hop: { code: string | null }) => hop.code !== 'CIRCUIT_OPEN');
        expect([decided.policy_id, begun.logical_model_id]).toEqual([selected, matched.logical_model_id]);
      }),
      { numRuns },
    );
  });
});
