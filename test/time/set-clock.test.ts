import { afterEach, beforeEach, expect, test } from 'vitest';
import { startRunner } from '../../src/process/runner/runner.ts';
import { tasks } from '../../src/resource/task.ts';
import { describeEngines, type Harness, openEngine, PATIENCE_MS, startHarness, type Tenant } from '../harness.ts';

const HOUR_MS = 3_600_000;

/** Two servers on one store, whose machine has its clock set while they run. */
describeEngines('while the clock is set', (engine) => {
  let setByMs: number;
  let one: Harness;
  let other: Harness;
  let tenant: Tenant;
  beforeEach(async () => {
    setByMs = 0;
    one = await startHarness(engine, { deps: { now: () => Date.now() + setByMs } });
    other = await one.again();
    tenant = await one.org();
  });
  afterEach(async () => {
    await other.close();
    await one.close();
  });

  test.each([-2 * HOUR_MS, -300_000, -400, 2 * HOUR_MS])(
    'by %i ms, what another server revokes is refused within a second',
    async (ms) => {
      const revoked = await tenant.as({ role: 'Viewer' });
      const statusThere = async () => (await other.client(revoked.token).rest('GET', '/v1/me')).status;
      expect(await statusThere()).toBe(200);
      setByMs = ms;
      expect((await tenant.rest('DELETE', `${tenant.base}/tokens/${revoked.tokenId}`)).status).toBeLessThan(300);
      const revokedAt = performance.now();
      let status = 200;
      while (status === 200 && performance.now() - revokedAt < 1_000) status = await statusThere();
      expect(status).toBe(401);
    },
  );

  test.each([-2 * HOUR_MS, 2 * HOUR_MS])('by %i ms, a limit of requests a minute goes on as it was', async (ms) => {
    const limited = await tenant.as({ role: 'Viewer', rate_limit_per_minute: 30 });
    const left = async () => Number((await limited.rest('GET', '/v1/me')).headers.get('ratelimit-remaining'));
    for (let at = 0; at < 20; at += 1) await left();
    const before = await left();
    setByMs = ms;
    // It refills by one in two seconds, so by no more than a few on a busy machine.
    expect(Math.abs((await left()) - before)).toBeLessThan(8);
    one.clock.offsetMs += 10_000;
    expect(await left()).toBeGreaterThan(before);
  });
});

/** One server whose clock was ahead when it stored what follows, and is right now. */
describeEngines('once a clock that was ahead is set right', (engine) => {
  let aheadMs: number;
  let passedMs: number;
  let harness: Harness;
  let tenant: Tenant;
  let workspaceId: string;
  let policyId: string;
  beforeEach(async () => {
    aheadMs = 0;
    passedMs = 0;
    const now = () => Date.now() + passedMs + aheadMs;
    const opened = await openEngine(engine, () => new Date(now()).toISOString());
    harness = await startHarness(engine, { opened, deps: { now } });
    tenant = await harness.org();
    workspaceId = (await ok('/workspaces', { organization_id: tenant.orgId, name: 'W' })).workspace_id;
    const limits = { requests_per_minute: 5, burst_size: 5 };
    const account = { name: 'A', provider_type: 'openai', credentials_ref: 'env:X', rate_limit_policy: limits };
    const { provider_account_id } = await ok('/provider-accounts', account);
    const targets = [{ provider_account_id, upstream_model: 'u' }];
    await ok('/logical-models', { logical_model_id: 'm', name: 'm', category: 'chat', targets });
    await ok(`/workspaces/${workspaceId}/model-entitlements`, { logical_model_id: 'm' });
    const breaker = { consecutive_failures: 1, cooldown_seconds: 30, half_open_requests: 1 };
    const policy = { name: 'P', match: {}, route_to: 'm', circuit_breaker: breaker };
    policyId = (await ok('/router-policies', policy)).policy_id;
  });
  afterEach(() => harness.close());

  const ok = async (path: string, body: object) => {
    const answer = await tenant.rest('POST', tenant.base + path, body);
    expect([200, 201], answer.text).toContain(answer.status);
    return answer.body;
  };
  const decide = () => ok('/decisions', { workspace_id: workspaceId });
  const outcome = (one: { decision_id: string }, told: object) => ok(`/decisions/${one.decision_id}/outcome`, told);
  const statusOf = async () => (await tenant.rest('GET', `${tenant.base}/router-policies/${policyId}`)).body.status;

  test.each([HOUR_MS, 30 * 24 * HOUR_MS])('by %i ms, a rate that was used up refills', async (ms) => {
    aheadMs = ms;
    for (let at = 0; at < 5; at += 1) await outcome(await decide(), { success: true });
    expect((await decide()).refusal).toMatchObject({ code: 'RATE_LIMITED' });
    aheadMs = 0;
    passedMs += 61_000;
    for (let at = 0; at < 5; at += 1) expect((await decide()).admitted).toBe(true);
    expect((await decide()).refusal).toMatchObject({ code: 'RATE_LIMITED' });
  });

  test.each([HOUR_MS, 30 * 24 * HOUR_MS])('by %i ms, an open breaker is tried again', async (ms) => {
    aheadMs = ms;
    const failure = { success: false, error_class: 'rate_limited', retry_after_seconds: 20 };
    await outcome(await decide(), failure);
    expect(await statusOf()).toBe('circuit_open');
    expect((await decide()).refusal).toMatchObject({ code: 'CIRCUIT_OPEN' });
    aheadMs = 0;
    passedMs += 31_000;
    expect(await statusOf()).toBe('circuit_half_open');
    const probe = await decide();
    expect(probe.admitted).toBe(true);
    await outcome(probe, { success: true });
    expect(await statusOf()).toBe('active');
    await outcome(await decide(), failure);
    expect(await statusOf()).toBe('circuit_open');
  });

  test.each([
    ['the same process', false],
    ['the next one', true],
  ])('what was put off by it is taken up by %s', async (_, isRestarted) => {
    let isDown = true;
    const { provisioner } = harness.deps;
    const provision = provisioner.provision.bind(provisioner);
    provisioner.provision = async (...words) => {
      if (isDown) throw new Error('away');
      return provision(...words);
    };
    aheadMs = 5 * HOUR_MS;
    const { workspace_id: id } = await ok('/workspaces', { organization_id: tenant.orgId, name: 'Late' });
    const tries = async () => {
      const { docs } = await harness.deps.store.page(tasks, { orgId: '', order: 'asc', limit: 100 });
      return docs.find(({ targetId }) => targetId === id)?.tries;
    };
    await expect.poll(tries, { timeout: PATIENCE_MS }).toBe(2);
    if (isRestarted) await harness.runner.stop();
    isDown = false;
    aheadMs = 0;
    const next = isRestarted ? startRunner(harness.deps) : null;
    const status = async () => (await tenant.rest('GET', `${tenant.base}/workspaces/${id}`)).body.bucket_status;
    await expect.poll(status, { timeout: 60_000 }).toBe('ready');
    await next?.stop();
  });

  test('by less than clocks differ, nothing is admitted that was not before', async () => {
    aheadMs = 120_000;
    for (let at = 0; at < 5; at += 1) await outcome(await decide(), { success: true });
    aheadMs = 0;
    expect((await decide()).refusal).toMatchObject({ code: 'RATE_LIMITED' });
  });
});
