import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHealthChecks } from '../src/jobs/health-checks.ts';
import { isInside } from '../src/provider-accounts/probe.ts';
import { type Harness, startHarness, type Tenant } from './harness.ts';

describe('health checks', () => {
  let provider: Server;
  let last: { url: string | undefined; headers: object };
  let hold: Promise<void> | undefined;
  let release = () => {};
  let behave: (authorization: string | undefined) => { status: number; headers?: Record<string, string> };
  let harness: Harness;
  let tenant: Tenant;
  let env: Record<string, string>;
  beforeAll(async () => {
    provider = createServer(async (req, res) => {
      last = { url: req.url, headers: req.headers };
      const { status, headers = {} } = behave(req.headers.authorization);
      await hold;
      if (status === 0) return res.destroy();
      res.writeHead(status, headers).end('{"data":[]}');
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    env = { GOOD: JSON.stringify({ api_key: 'the-key', base_url: `${base}/v1` }) };
    harness = await startHarness('sqlite', { deps: { env: (name) => env[name], allowPrivateAddresses: true } });
    tenant = await harness.org();
  });
  afterAll(async () => {
    await harness.close();
    provider.close();
  });
  const account = async (credentials_ref: string, provider_type = 'openai') =>
    (
      await tenant.rest('POST', `${tenant.base}/provider-accounts`, {
        name: 'A',
        provider_type,
        credentials_ref,
      })
    ).body.provider_account_id as string;
  const check = async (id: string) =>
    (
      await tenant.graphql(
        `mutation{checkProviderAccount(input:{providerAccountId:"${id}"}){checked providerAccount{status statusReason lastHealthCheck}}}`,
      )
    ).body.data.checkProviderAccount;

  test('one failure degrades, three in a row are an error, one success is active; each change makes an event', async () => {
    const id = await account('env:GOOD');
    behave = (authorization) => ({ status: authorization === 'Bearer the-key' ? 200 : 401 });
    expect((await check(id)).providerAccount).toMatchObject({
      status: 'active',
      statusReason: null,
      lastHealthCheck: expect.any(String),
    });
    const before = (await tenant.rest('GET', `${tenant.base}/provider-accounts/${id}`)).headers.get('etag');
    const seen = [];
    for (const status of [500, 302, 0]) {
      behave = () => ({ status, headers: { Location: 'http://127.0.0.1:1/' } });
      seen.push((await check(id)).providerAccount.status);
    }
    expect(seen).toEqual(['degraded', 'degraded', 'error']);
    behave = () => ({ status: 200 });
    expect((await check(id)).providerAccount.status).toBe('active');
    behave = () => ({ status: 401 });
    expect((await check(id)).providerAccount).toMatchObject({
      status: 'error',
      statusReason: 'the provider refused the credentials (401)',
    });
    expect((await tenant.rest('GET', `${tenant.base}/provider-accounts/${id}`)).headers.get('etag')).toBe(before);
    const events = await tenant.graphql(`{routingEvents(kind:account_status,resourceId:"${id}"){nodes{from to}}}`);
    expect(events.body.data.routingEvents.nodes.map((one: { to: string }) => one.to)).toEqual([
      'error',
      'active',
      'error',
      'degraded',
    ]);
  });

  test('checks run by themselves where an interval is set, each account about once in it', async () => {
    const id = await account('env:GOOD');
    let asked = 0;
    behave = () => {
      asked += 1;
      return { status: 503 };
    };
    const checks = startHealthChecks(harness.deps, 0.2);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await checks.stop();
    expect(asked).toBeGreaterThanOrEqual(3);
    expect((await tenant.rest('GET', `${tenant.base}/provider-accounts/${id}`)).body.status).toBe('error');
  });

  test('what was observed belongs to its reference: another one begins unobserved, a late verdict of the old moves nothing', async () => {
    const id = await account('env:GOOD');
    behave = () => ({ status: 401 });
    expect((await check(id)).providerAccount.status).toBe('error');
    const path = `${tenant.base}/provider-accounts/${id}`;
    const changed = await tenant.rest('PATCH', path, { credentials_ref: 'vault:secret/other' });
    expect(changed.body.status).toBe('active');
    const back = await tenant.rest('PATCH', path, { credentials_ref: 'env:GOOD' });
    expect(back.body.status).toBe('active');
    let asked = () => {};
    const arrived = new Promise<void>((resolve) => {
      asked = resolve;
    });
    hold = new Promise((resolve) => {
      release = resolve;
    });
    behave = () => {
      asked();
      return { status: 401 };
    };
    const late = check(id);
    await arrived;
    await tenant.rest('PATCH', path, { credentials_ref: 'vault:secret/other' });
    release();
    await late;
    expect((await tenant.rest('GET', path)).body.status).toBe('active');
  });

  test.each([429, 404])('an answer of %i says nothing of the account: not checked, status kept', async (status) => {
    const id = await account('env:GOOD');
    behave = () => ({ status });
    for (let tries = 0; tries < 3; tries += 1)
      expect(await check(id)).toMatchObject({ checked: false, providerAccount: { status: 'active' } });
  });

  test.each([
    ['openai', { authorization: 'Bearer the-key' }, '/v1/models'],
    ['anthropic', { 'x-api-key': 'the-key', 'anthropic-version': '2023-06-01' }, '/v1/models'],
    ['azure_openai', { 'api-key': 'the-key' }, '/v1/openai/models?api-version=2024-10-21'],
    ['google_gemini', { 'x-goog-api-key': 'the-key' }, '/v1/models'],
    ['vllm', { authorization: 'Bearer the-key' }, '/v1/models'],
  ])('%s is asked in its own way', async (type, headers, url) => {
    behave = () => ({ status: 200 });
    expect((await check(await account('env:GOOD', type))).checked).toBe(true);
    expect(last).toMatchObject({ url, headers });
  });

  test('a reference that cannot be resolved here is not checked and keeps its status', async () => {
    expect(await check(await account('vault:secret/openai'))).toMatchObject({
      checked: false,
      providerAccount: { status: 'active', lastHealthCheck: null },
    });
    expect((await check(await account('env:ABSENT'))).checked).toBe(false);
  });

  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.20.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '224.0.0.1',
  ])('%s is inside', (address) => expect(isInside(address)).toBe(true));
  test.each(['8.8.8.8', '172.32.0.1', '2001:4860:4860::8888', '100.128.0.1'])('%s is outside', (address) =>
    expect(isInside(address)).toBe(false),
  );

  test('addresses inside are refused unless the operator allows them, by name too', async () => {
    harness.deps.allowPrivateAddresses = false;
    behave = () => ({ status: 200 });
    const port = (provider.address() as AddressInfo).port;
    env.NAMED = JSON.stringify({ api_key: 'k', base_url: `http://localhost:${port}` });
    for (const reference of ['env:GOOD', 'env:NAMED']) {
      const { providerAccount } = await check(await account(reference));
      expect(providerAccount).toMatchObject({
        status: 'degraded',
        statusReason: 'base_url points inside; an operator can allow it',
      });
    }
    expect(harness.logs.join('\n')).not.toContain('the-key');
  });
});
