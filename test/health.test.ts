import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { isInside } from '../src/http/outside.ts';
import { accountHealth, PROVIDER_TYPES } from '../src/nouns/provider-accounts/model.ts';
import { startHealthChecks } from '../src/process/health-checks.ts';
import { describeEngines, type Harness, PATIENCE_MS, startHarness, type Tenant } from './harness.ts';
import { required } from './required.ts';

type ProviderType = (typeof PROVIDER_TYPES)[number];
interface Way {
  headers: Record<string, string>;
  path: string;
}
const bearer: Way = { headers: { authorization: 'Bearer the-key' }, path: '/v1/models' };
/** How each provider's own documents say that it is asked; null: by signed requests, which a key alone cannot make. */
const WAYS: Record<ProviderType, Way | null> = {
  azure_openai: { headers: { 'api-key': 'the-key' }, path: '/v1/openai/models?api-version=2024-10-21' },
  openai: bearer,
  anthropic: { headers: { 'x-api-key': 'the-key', 'anthropic-version': '2023-06-01' }, path: '/v1/models' },
  aws_bedrock: null,
  google_vertex: null,
  google_gemini: { headers: { 'x-goog-api-key': 'the-key' }, path: '/v1/models' },
  cohere: bearer,
  mistral: bearer,
  groq: bearer,
  together: bearer,
  huggingface: bearer,
  ollama: bearer,
  vllm: bearer,
  custom: bearer,
};
const ASKED = PROVIDER_TYPES.filter((type) => WAYS[type] !== null);

/** What a raw socket is told where a provider speaks anything but plain HTTP. */
const SWITCHES = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

describeEngines('health checks', (engine) => {
  let provider: Server;
  let last: { url: string | undefined; headers: object };
  let hold: Promise<void> | undefined;
  let release = () => {};
  let behave: (authorization: string | undefined) => { status: number; headers?: Record<string, string> };
  let harness: Harness;
  let tenant: Tenant;
  let env: Record<string, string>;
  let base: string;
  beforeAll(async () => {
    provider = createServer(async (req, res) => {
      last = { url: req.url, headers: req.headers };
      const { status, headers = {} } = behave(req.headers.authorization);
      await hold;
      if (status === 0) return res.destroy();
      if (status === 101) return req.socket.write(SWITCHES);
      res.writeHead(status, headers).end('{"data":[]}');
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    env = { GOOD: JSON.stringify({ api_key: 'the-key', base_url: `${base}/v1` }) };
    harness = await startHarness(engine, { deps: { env: (name) => env[name], allowPrivateAddresses: true } });
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
    for (const status of [500, 503, 0]) {
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
    behave = () => ({ status: 503 });
    const checks = startHealthChecks(harness.deps, 0.2);
    const path = `${tenant.base}/provider-accounts/${id}`;
    await vi.waitFor(async () => expect((await tenant.rest('GET', path)).body.status).toBe('error'), PATIENCE_MS);
    await checks.stop();
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
    hold = undefined;
    env.OTHER = required(env.GOOD);
    await tenant.rest('PATCH', path, { credentials_ref: 'env:OTHER' });
    behave = () => ({ status: 500 });
    const ofOther = (await check(id)).providerAccount;
    expect(ofOther).toMatchObject({ status: 'degraded', statusReason: 'the provider answered 500' });
    release();
    await late;
    const after = (await tenant.rest('GET', path)).body;
    expect(after).toMatchObject({ status: 'degraded', last_health_check: ofOther.lastHealthCheck });
    await check(id);
    expect((await check(id)).providerAccount.status).toBe('error');
  });

  test('what is said of a key that is rotated meanwhile tells nothing of the new one', async () => {
    const keyed = (api_key: string) => JSON.stringify({ api_key, base_url: `${base}/v1` });
    env.ROTATED = keyed('old');
    const id = await account('env:ROTATED');
    const { promise: arrived, resolve: asked } = Promise.withResolvers<void>();
    hold = new Promise((resolve) => {
      release = resolve;
    });
    behave = (authorization) => {
      asked();
      return { status: authorization === 'Bearer new' ? 200 : 401 };
    };
    const late = check(id);
    await arrived;
    hold = undefined;
    env.ROTATED = keyed('new');
    release();
    expect(await late).toMatchObject({ checked: false, providerAccount: { status: 'active' } });
    expect(await check(id)).toMatchObject({ checked: true, providerAccount: { status: 'active' } });
    env.ROTATED = keyed('old');
    expect(await check(id)).toMatchObject({ checked: true, providerAccount: { status: 'error' } });
  });

  test('an account that a person enables again begins unobserved', async () => {
    const id = await account('env:GOOD');
    const path = `${tenant.base}/provider-accounts/${id}`;
    behave = () => ({ status: 403 });
    expect((await check(id)).providerAccount.status).toBe('error');
    await tenant.rest('PATCH', path, { enabled: false });
    expect((await tenant.rest('PATCH', path, { enabled: true })).body).toMatchObject({
      status: 'active',
      last_health_check: null,
    });
  });

  test('what 0.1.0 observed, without noting of which credentials, counts for nothing, in what is shown and in what is routed', async () => {
    const id = await account('vault:secret/old');
    const at = new Date(0).toISOString();
    const key = { orgId: tenant.orgId, id };
    const doc = { ...key, version: 1, createdAt: at, updatedAt: at, createdBy: null };
    const seen = { state: 'error' as const, reason: 'refused', failures: 7, checkedAt: at };
    await harness.deps.store.commit([{ type: 'insert', in: accountHealth, doc: { ...doc, ...seen } as never }]);
    const path = `${tenant.base}/provider-accounts/${id}`;
    expect((await tenant.rest('GET', path)).body).toMatchObject({ status: 'active', last_health_check: null });
    const post = async (to: string, body: object) => (await tenant.rest('POST', tenant.base + to, body)).body;
    const model = `m-${id.slice(-8)}`;
    const { workspace_id } = await post('/workspaces', { organization_id: tenant.orgId, name: model });
    const targets = [{ provider_account_id: id, upstream_model: 'u' }];
    await post('/logical-models', { logical_model_id: model, name: model, category: 'chat', targets });
    await post(`/workspaces/${workspace_id}/model-entitlements`, { logical_model_id: model });
    expect(await post('/decisions', { workspace_id, logical_model_id: model })).toMatchObject({ admitted: true });
    await tenant.rest('PATCH', path, { credentials_ref: 'env:GOOD' });
    behave = () => ({ status: 500 });
    expect((await check(id)).providerAccount.status).toBe('degraded');
  });

  test('only a refusal of the credentials, a provider that does not serve and silence tell against an account', async () => {
    const refusals = [401, 403];
    const failures = [0, 500, 502, 503, 504];
    const others = [101, 300, 301, 302, 303, 307, 308, 400, 402, 404, 405, 406, 408, 409, 410, 422, 429, 451, 501, 529];
    const accounts = new Map<ProviderType, string>();
    for (const type of ASKED) accounts.set(type, await account('env:GOOD', type));
    for (const [turn, status] of [...refusals, ...failures, ...others].entries()) {
      const id = required(accounts.get(required(ASKED[turn % ASKED.length])));
      behave = () => ({ status: 200 });
      await check(id);
      behave = () => ({ status, headers: { Location: `${base}/v1/elsewhere` } });
      const { checked, providerAccount } = await check(id);
      const isVerdict = !others.includes(status);
      const expected = refusals.includes(status) ? 'error' : isVerdict ? 'degraded' : 'active';
      expect([status, checked, providerAccount.status]).toEqual([status, isVerdict, expected]);
    }
  });

  test.each(PROVIDER_TYPES)('%s is asked in its own way, or not at all', async (type) => {
    behave = () => ({ status: 200 });
    const way = WAYS[type];
    expect((await check(await account('env:GOOD', type))).checked).toBe(way !== null);
    if (way) expect(last).toMatchObject({ url: way.path, headers: way.headers });
  });

  test('an address is taken with and without what its provider’s documents put at its end', async () => {
    behave = () => ({ status: 200 });
    const ends = fc.record({
      type: fc.constantFrom(...ASKED),
      path: fc.constantFrom('', '/v1', '/a/b', '/openai', '/x/openai', '/openai/v1'),
      slashes: fc.constantFrom('', '/', '//'),
    });
    for (const { type, path, slashes } of fc.sample(ends, 12)) {
      env.ENDS = JSON.stringify({ api_key: 'the-key', base_url: `${base}${path}${slashes}` });
      expect((await check(await account('env:ENDS', type))).checked).toBe(true);
      const resource = path.replace(/\/openai$/, '');
      const isAzure = type === 'azure_openai' && path !== '/openai/v1';
      expect([type, last.url]).toEqual([
        type,
        isAzure ? `${resource}/openai/models?api-version=2024-10-21` : `${path}/models`,
      ]);
    }
  });

  test.each(['two\nlines', 'key\u0000', '日本'])(
    'a key that no header can hold (%j) is not asked with',
    async (key) => {
      env.ODD = JSON.stringify({ api_key: key, base_url: base });
      expect((await check(await account('env:ODD'))).checked).toBe(false);
    },
  );

  test.each([
    '{',
    '{bad',
    '{}',
    '{"api_key":5}',
    '{"api_key":null}',
    '{"api_key":""}',
    ' {"api_key":"k","base_url":5}',
  ])('what begins as JSON and holds no key (%s) is sent nowhere, with an address or without', async (text) => {
    last = { url: undefined, headers: {} };
    for (const value of [text, text.replace(/^(\s*\{)(?=.)/, `$1"base_url":${JSON.stringify(base)},`)]) {
      env.ODD = value;
      expect(await check(await account('env:ODD'))).toMatchObject({
        checked: false,
        providerAccount: { status: 'active', lastHealthCheck: null },
      });
    }
    expect(last.url).toBeUndefined();
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

  test('hosts that may not be asked are not, and that says nothing of the account: addresses inside, by name too, and other protocols', async () => {
    harness.deps.allowPrivateAddresses = false;
    behave = () => ({ status: 200 });
    const port = (provider.address() as AddressInfo).port;
    env.NAMED = JSON.stringify({ api_key: 'k', base_url: `http://localhost:${port}` });
    env.FILE = JSON.stringify({ api_key: 'k', base_url: 'ftp://example.com' });
    last = { url: undefined, headers: {} };
    for (const reference of ['env:GOOD', 'env:NAMED', 'env:FILE'])
      expect(await check(await account(reference))).toMatchObject({
        checked: false,
        providerAccount: { status: 'active', statusReason: null },
      });
    expect(last.url).toBeUndefined();
    expect(harness.logs.join('\n')).not.toContain('the-key');
  });
});
