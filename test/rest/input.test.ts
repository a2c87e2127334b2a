import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { type Seeded, seed } from '../seed.ts';

/** The 422 of section 4, case by case, word by word; through the real door. */
describe('bad input', () => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  const account = { name: 'A', provider_type: 'openai', credentials_ref: 'env:A' };
  const policy = () => ({ name: 'P', match: {}, route_to: seeded.modelId });
  const post = (path: string, body: unknown) => tenant.rest('POST', tenant.base + path, body);

  interface Case {
    title: string;
    body: unknown;
    issue: Record<string, unknown>;
  }
  const missing = (field: string, input: unknown): Case['issue'] => ({
    type: 'missing',
    loc: ['body', field],
    msg: 'Field required',
    input,
  });
  const accounts: Case[] = [
    {
      title: 'absent field',
      body: { ...account, name: undefined },
      issue: missing('name', { provider_type: 'openai', credentials_ref: 'env:A' }),
    },
    {
      title: 'not a string',
      body: { ...account, name: 5 },
      issue: { type: 'string_type', loc: ['body', 'name'], msg: 'Input should be a valid string', input: 5 },
    },
    {
      title: 'null where not nullable',
      body: { ...account, name: null },
      issue: { type: 'string_type', loc: ['body', 'name'], msg: 'Input should be a valid string', input: null },
    },
    {
      title: 'too short',
      body: { ...account, name: '' },
      issue: {
        type: 'string_too_short',
        loc: ['body', 'name'],
        msg: 'String should have at least 1 character',
        input: '',
        ctx: { min_length: 1 },
      },
    },
    {
      title: 'too long',
      body: { ...account, name: 'x'.repeat(256) },
      issue: {
        type: 'string_too_long',
        loc: ['body', 'name'],
        msg: 'String should have at most 255 characters',
        input: 'x'.repeat(256),
        ctx: { max_length: 255 },
      },
    },
    {
      title: 'enum',
      body: { ...account, routing_mode: 'x' },
      issue: {
        type: 'enum',
        loc: ['body', 'routing_mode'],
        msg: "Input should be 'direct' or 'bridge'",
        input: 'x',
        ctx: { expected: "'direct' or 'bridge'" },
      },
    },
    {
      title: 'integer from text',
      body: { ...account, quota_policy: { max_tokens_per_month: 'abc' } },
      issue: {
        type: 'int_parsing',
        loc: ['body', 'quota_policy', 'max_tokens_per_month'],
        msg: 'Input should be a valid integer, unable to parse string as an integer',
        input: 'abc',
      },
    },
    {
      title: 'integer from a list',
      body: { ...account, quota_policy: { max_tokens_per_month: [] } },
      issue: {
        type: 'int_type',
        loc: ['body', 'quota_policy', 'max_tokens_per_month'],
        msg: 'Input should be a valid integer',
        input: [],
      },
    },
    {
      title: 'integer from 1.5',
      body: { ...account, quota_policy: { max_tokens_per_month: 1.5 } },
      issue: {
        type: 'int_from_float',
        loc: ['body', 'quota_policy', 'max_tokens_per_month'],
        msg: 'Input should be a valid integer, got a number with a fractional part',
        input: 1.5,
      },
    },
    {
      title: 'below',
      body: { ...account, quota_policy: { max_tokens_per_month: -1 } },
      issue: {
        type: 'greater_than_equal',
        loc: ['body', 'quota_policy', 'max_tokens_per_month'],
        msg: 'Input should be greater than or equal to 0',
        input: -1,
        ctx: { ge: 0 },
      },
    },
    {
      title: 'above',
      body: { ...account, rate_limit_policy: { queue_timeout_seconds: 3601 } },
      issue: {
        type: 'less_than_equal',
        loc: ['body', 'rate_limit_policy', 'queue_timeout_seconds'],
        msg: 'Input should be less than or equal to 3600',
        input: 3601,
        ctx: { le: 3600 },
      },
    },
    {
      title: 'boolean 2',
      body: { ...account, enabled: 2 },
      issue: {
        type: 'bool_parsing',
        loc: ['body', 'enabled'],
        msg: 'Input should be a valid boolean, unable to interpret input',
        input: 2,
      },
    },
    {
      title: 'boolean 0.5',
      body: { ...account, enabled: 0.5 },
      issue: { type: 'bool_type', loc: ['body', 'enabled'], msg: 'Input should be a valid boolean', input: 0.5 },
    },
    {
      title: 'map',
      body: { ...account, tags: [] },
      issue: { type: 'dict_type', loc: ['body', 'tags'], msg: 'Input should be a valid dictionary', input: [] },
    },
    {
      title: 'map value',
      body: { ...account, tags: { a: 1 } },
      issue: { type: 'string_type', loc: ['body', 'tags', 'a'], msg: 'Input should be a valid string', input: 1 },
    },
    {
      title: 'nested object',
      body: { ...account, quota_policy: 5 },
      issue: {
        type: 'model_attributes_type',
        loc: ['body', 'quota_policy'],
        msg: 'Input should be a valid dictionary or object to extract fields from',
        input: 5,
      },
    },
    {
      title: 'unknown name',
      body: { ...account, nope: 1 },
      issue: { type: 'extra_forbidden', loc: ['body', 'nope'], msg: 'Extra inputs are not permitted', input: 1 },
    },
    {
      title: 'forbidden key',
      body: '{"name":"A","provider_type":"openai","credentials_ref":"env:A","tags":{"__proto__":"x"}}',
      issue: { type: 'value_error', loc: ['body', 'tags', '__proto__'] },
    },
    {
      title: 'control character in a name',
      body: { ...account, name: 'a\u0007' },
      issue: { type: 'value_error', loc: ['body', 'name'], ctx: { error: {} } },
    },
    {
      title: 'NUL',
      body: { ...account, description: 'a\0b' },
      issue: { type: 'value_error', loc: ['body', 'description'] },
    },
    {
      title: 'lone surrogate',
      body: '{"name":"A","provider_type":"openai","credentials_ref":"env:A","region":"\\ud800"}',
      issue: { type: 'value_error', loc: ['body', 'region'] },
    },
    {
      title: 'beyond 2^53',
      body: '{"name":"A","provider_type":"openai","credentials_ref":"env:A","quota_policy":{"max_tokens_per_month":9007199254740993}}',
      issue: { type: 'value_error', loc: ['body', 'quota_policy', 'max_tokens_per_month'] },
    },
    {
      title: '1e400',
      body: '{"name":"A","provider_type":"openai","credentials_ref":"env:A","quota_policy":{"max_tokens_per_month":1e400}}',
      issue: { type: 'value_error', loc: ['body', 'quota_policy', 'max_tokens_per_month'] },
    },
    {
      title: 'a key instead of a reference',
      body: { ...account, credentials_ref: 'sk-proj-abcdefghijklmnopqrst' },
      issue: { type: 'value_error', loc: ['body', 'credentials_ref'] },
    },
    {
      title: 'bridge without a bridge',
      body: { ...account, routing_mode: 'bridge', bridge_endpoint_name: 'e' },
      issue: { type: 'value_error', loc: ['body', 'bridge_id'] },
    },
    {
      title: 'null body',
      body: 'null',
      issue: {
        type: 'model_attributes_type',
        loc: ['body'],
        msg: 'Input should be a valid dictionary or object to extract fields from',
        input: null,
      },
    },
    {
      title: 'not JSON',
      body: '{"name":',
      issue: { type: 'json_invalid', msg: 'JSON decode error', input: {}, ctx: { error: expect.any(String) } },
    },
    { title: 'NaN', body: '{"name":NaN}', issue: { type: 'json_invalid', loc: ['body', expect.any(Number)] } },
    {
      title: 'nothing',
      body: undefined,
      issue: { type: 'missing', loc: ['body'], msg: 'Field required', input: null },
    },
  ];
  test.each(accounts)('account: $title', async ({ body, issue }) => {
    const answer = await post('/provider-accounts', body);
    expect(answer.status, answer.text).toBe(422);
    expect(answer.body).toEqual({ detail: [expect.objectContaining(issue)] });
  });

  test('lists every issue in the order of the fields, unknown names last', async () => {
    const answer = await post('/router-policies', { zzz: 1, priority: 'x', name: '' });
    expect(answer.body.detail.map((issue: { type: string; loc: string[] }) => [issue.type, issue.loc.at(-1)])).toEqual([
      ['string_too_short', 'name'],
      ['int_parsing', 'priority'],
      ['missing', 'match'],
      ['missing', 'route_to'],
      ['extra_forbidden', 'zzz'],
    ]);
  });

  test('an own rule is looked at although an earlier field is wrong', async () => {
    const answer = await post('/provider-accounts', {
      provider_type: 'openai',
      credentials_ref: 'sk-abcdefghijklmnop',
    });
    expect(answer.body.detail.map((issue: { type: string; loc: string[] }) => [issue.type, issue.loc.at(-1)])).toEqual([
      ['missing', 'name'],
      ['value_error', 'credentials_ref'],
    ]);
  });

  test('workspace limits are free-form, but a limit that could not be enforced is refused', async () => {
    const grant = (workspace_limits: unknown) =>
      tenant.rest('POST', `${seeded.workspace}/model-entitlements`, {
        logical_model_id: seeded.embeddingId,
        workspace_limits,
      });
    for (const limit of [-1, 1.5, '100', true, {}]) {
      const answer = await grant({ max_concurrency: limit, other: 'x' });
      expect([answer.status, answer.body.detail[0].loc]).toEqual([
        422,
        ['body', 'workspace_limits', 'max_concurrency'],
      ]);
    }
    const granted = await grant({ max_concurrency: null, requests_per_minute: 0, other: 'x' });
    expect([granted.status, granted.body.workspace_limits.other]).toEqual([201, 'x']);
  });

  test.each([
    ['"1_000"', 1000],
    ['true', 1],
    ['"7.0"', 7],
    ['8.0', 8],
    ['" 9 "', 9],
  ])('priority %s is %i', async (text, value) => {
    const answer = await post(
      '/router-policies',
      `{"name":"P","match":{},"route_to":"${seeded.modelId}","priority":${text}}`,
    );
    expect([answer.status, answer.body.priority]).toEqual([201, value]);
  });

  test.each(['yes', 'ON', 't', '1'])('enabled "%s" is true', async (text) => {
    expect((await post('/router-policies', { ...policy(), enabled: text })).body.enabled).toBe(true);
  });

  test.each([
    ['limit=0', 'greater_than_equal', 'limit'],
    ['limit=201', 'less_than_equal', 'limit'],
    ['limit=abc', 'int_parsing', 'limit'],
    ['limit=1.5', 'int_parsing', 'limit'],
    ['limit=', 'int_parsing', 'limit'],
    ['cursor=', 'value_error', 'cursor'],
    ['cursor=abc', 'value_error', 'cursor'],
    ['nope=1', 'extra_forbidden', 'nope'],
    ['organization_id=org_x', 'value_error', 'organization_id'],
  ])('list query ?%s is refused with %s', async (query, type, name) => {
    const answer = await tenant.rest('GET', `${tenant.base}/workspaces?${query}`);
    expect([answer.status, answer.body.detail[0].type, answer.body.detail[0].loc]).toEqual([
      422,
      type,
      ['query', name],
    ]);
  });

  test('a search is at most 256 characters', async () => {
    const answer = await tenant.rest('GET', `${seeded.app}/namespaces?search=${'x'.repeat(257)}`);
    expect(answer.body.detail[0]).toMatchObject({
      type: 'string_too_long',
      loc: ['query', 'search'],
      ctx: { max_length: 256 },
    });
  });

  test('JSON deeper than 32 levels, even 100,000, is a 422 at once', async () => {
    for (const depth of [31, 100_000]) {
      const answer = await post(
        '/router-policies/test-match',
        `{"context":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`,
      );
      expect([depth, answer.status, answer.body.detail[0].type]).toEqual([depth, 422, 'value_error']);
    }
    expect(
      (await post('/router-policies/test-match', `{"context":{"a":${'['.repeat(30)}${']'.repeat(30)}}}`)).status,
    ).toBe(200);
  });

  test.each(['__proto__', 'constructor', 'prototype'])('the name %s is refused wherever it is', async (name) => {
    const answer = await post('/router-policies/test-match', `{"context":{"a":[{"${name}":1}]}}`);
    expect(answer.body.detail).toMatchObject([{ type: 'value_error', loc: ['body', 'context', 'a', 0, name] }]);
  });

  test('of more than 1,000 issues the first 1,000 are told', async () => {
    const tags = Array.from({ length: 1_500 }, () => 1);
    const { detail } = (await tenant.rest('POST', `${seeded.workspace}/apps`, { name: 'A', tags })).body;
    expect(detail).toHaveLength(1_000);
    expect(detail.at(-1).loc).toEqual(['body', 'tags', 999]);
  });

  test('bytes that are not UTF-8 are no JSON', async () => {
    const bytes = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    const answer = await tenant.rest('POST', `${seeded.workspace}/apps`, bytes, { 'Content-Type': 'application/json' });
    expect(answer.body.detail).toMatchObject([{ type: 'json_invalid' }]);
  });

  test('the order of checks: size, media type, JSON, permission, fields, existence', async () => {
    const viewer = await tenant.as({ role: 'Viewer' });
    const path = `${tenant.base}/workspaces/absent/apps`;
    const steps: [string, Promise<{ status: number }>, number][] = [
      ['size', viewer.rest('POST', path, 'x'.repeat(1_048_577), { 'Content-Type': 'text/plain' }), 413],
      ['media type', viewer.rest('POST', path, '{', { 'Content-Type': 'text/plain' }), 415],
      ['encoding', viewer.rest('POST', path, '{', { 'Content-Encoding': 'gzip' }), 415],
      ['no encoding', viewer.rest('POST', path, '{', { 'Content-Encoding': 'Identity' }), 422],
      ['JSON', viewer.rest('POST', path, '{'), 422],
      ['permission', viewer.rest('POST', path, {}), 403],
      ['fields', tenant.rest('POST', path, {}), 422],
      ['existence', tenant.rest('POST', path, { name: 'x' }), 404],
    ];
    for (const [step, answer, status] of steps) expect([step, (await answer).status]).toEqual([step, status]);
  });

  test('unknown paths and methods come before the token', async () => {
    const nobody = harness.client('');
    const path = await nobody.rest('GET', '/v1/nope');
    expect([path.status, path.body.details]).toEqual([404, { resource_type: 'route', resource_id: '/v1/nope' }]);
    const method = await nobody.rest('DELETE', `${tenant.base}/workspaces`);
    expect([method.status, method.body.error, method.headers.get('allow')]).toEqual([
      405,
      'METHOD_NOT_ALLOWED',
      'GET, HEAD, POST',
    ]);
    expect((await nobody.rest('GET', `${tenant.base}/workspaces/`)).status).toBe(404);
    expect((await nobody.rest('GET', `${tenant.base}/workspaces/%zz`)).body.details.resource_type).toBe('route');
  });

  test.each(['%00', '..%2f..', 'x'.repeat(10_000), "'; DROP TABLE x; --", '$gt', 'env_1'])(
    'a strange id %# is a 404 or a 422, never more',
    async (id) => {
      const answer = await tenant.rest(
        'GET',
        `${tenant.base}/workspaces/${encodeURIComponent(decodeURIComponent(id))}`,
      );
      expect([404, 422]).toContain(answer.status);
    },
  );

  test('ten megabytes are refused while they come, with and without a length', async () => {
    const chunk = new Uint8Array(1_048_576);
    let sent = 0;
    const stream = new ReadableStream({
      pull(controller) {
        sent += 1;
        if (sent > 10) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const answer = await fetch(`${harness.url}${tenant.base}/workspaces`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${tenant.token}`, 'Content-Type': 'application/json' },
      body: stream,
      duplex: 'half',
    } as RequestInit).catch((error: Error) => error);
    if (!(answer instanceof Error)) expect(answer.status).toBe(413);
    expect((await tenant.rest('GET', '/v1/me')).status).toBe(200);
  });

  test('what GET gave can be sent back and changes nothing', async () => {
    for (const [path, method] of [
      [`${tenant.base}/router-policies/${seeded.policyId}`, 'PATCH'],
      [`${tenant.base}/provider-accounts/${seeded.accountId}`, 'PATCH'],
      [seeded.namespace, 'PUT'],
      [seeded.workspace, 'PUT'],
      [`${seeded.workspace}/model-entitlements/${seeded.modelId}`, 'PATCH'],
      [seeded.app, 'PATCH'],
      [`${tenant.base}/logical-models/${seeded.modelId}`, 'PATCH'],
      [tenant.base, 'PATCH'],
    ] as const) {
      const before = await tenant.rest('GET', path);
      const after = await tenant.rest(method, path, before.body);
      expect([path, after.status, after.headers.get('etag')]).toEqual([path, 200, before.headers.get('etag')]);
      expect(after.body.namespace ?? after.body).toEqual(before.body);
    }
  });

  test('nothing that was refused is stored, and no secret is logged', async () => {
    const names = (await tenant.rest('GET', `${tenant.base}/provider-accounts`)).body.accounts.map(
      (one: { name: string }) => one.name,
    );
    expect(names).toEqual(['OpenAI']);
    expect(harness.logs.join('\n')).not.toContain(tenant.token);
    expect(harness.logs.join('\n')).not.toContain('sk-proj');
  });
});
