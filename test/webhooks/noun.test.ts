import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signingSecrets } from '../../src/nouns/webhooks/model.ts';
import { type Client, describeEngines, type Harness, persist, startHarness } from '../harness.ts';
import { required } from '../required.ts';

const URL_OUTSIDE = 'https://hooks.invalid/in';
const SECRET = /^whsec_[A-Za-z0-9+/]{43}=$/;

describeEngines('webhooks', (engine) => {
  let harness: Harness;
  let inside: Harness;
  beforeAll(async () => {
    harness = await startHarness(engine);
    inside = await startHarness(engine, { deps: { allowPrivateAddresses: true } });
  });
  afterAll(async () => {
    await inside.close();
    await harness.close();
  });
  const make = (client: Client & { base: string }, body: object, headers: Record<string, string> = {}) =>
    client.rest('POST', `${client.base}/webhooks`, body, headers);

  test('are made, read, changed, listed and deleted by both doors', async () => {
    const org = await harness.org();
    const made = await make(org, { url: URL_OUTSIDE });
    expect(made.status, made.text).toBe(201);
    const { secret, ...webhook } = made.body;
    expect(webhook).toEqual({
      webhook_id: expect.stringMatching(/^wh_/),
      org_id: org.orgId,
      url: URL_OUTSIDE,
      types: ['*'],
      enabled: true,
      description: null,
      disabled_reason: null,
      reads_as: org.memberId,
      created_by: org.memberId,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    const path = `${org.base}/webhooks/${webhook.webhook_id}`;
    expect(made.headers.get('location')).toBe(path);
    expect((await org.rest('GET', path)).body).toEqual(webhook);
    const changed = await org.rest('PATCH', path, { ...webhook, types: ['namespace.*'], enabled: false });
    expect(changed.body).toMatchObject({ types: ['namespace.*'], enabled: false });
    const same = await org.rest('PATCH', path, changed.body);
    expect(same.headers.get('etag')).toBe(changed.headers.get('etag'));
    const query = '{ organization(orgId: "ORG") { webhooks { totalCount nodes { webhookId types enabled } } } }';
    const shown = await org.graphql(query.replace('ORG', org.orgId));
    expect(shown.body.data.organization.webhooks).toEqual({
      totalCount: 1,
      nodes: [{ webhookId: webhook.webhook_id, types: ['namespace.*'], enabled: false }],
    });
    const listed = (await org.rest('GET', `${org.base}/webhooks`)).body;
    expect(listed).toEqual({ total: 1, has_more: false, next_cursor: null, webhooks: [changed.body] });
    expect((await org.rest('DELETE', path)).status).toBe(204);
    expect((await org.rest('GET', path)).body.details).toEqual({
      resource_type: 'webhook',
      resource_id: webhook.webhook_id,
    });
    const key = { orgId: org.orgId, id: webhook.webhook_id };
    expect(await harness.deps.store.get(signingSecrets, key)).toBeNull();
    expect(secret).toMatch(SECRET);
  });

  test('show their secret once, to a replayed request not again, and write it nowhere else', async () => {
    const org = await harness.org();
    const key = { 'Idempotency-Key': randomUUID() };
    const made = await make(org, { url: URL_OUTSIDE }, key);
    const again = await make(org, { url: URL_OUTSIDE }, key);
    expect([again.headers.get('idempotency-replayed'), again.body]).toEqual(['true', { ...made.body, secret: null }]);
    const path = `${org.base}/webhooks/${made.body.webhook_id}`;
    const rotated = await org.rest('POST', `${path}/rotate-secret`, { overlap_seconds: 60 });
    expect(rotated.status, rotated.text).toBe(200);
    expect(rotated.body).toEqual({
      ...made.body,
      secret: expect.stringMatching(SECRET),
      updated_at: expect.any(String),
    });
    expect(rotated.body.secret).not.toBe(made.body.secret);
    expect(rotated.headers.get('etag')).not.toBe(made.headers.get('etag'));
    const byGraph = await org.graphql(
      `mutation { rotateWebhookSecret(input: {webhookId: "${made.body.webhook_id}"}) { secret webhook { version } } }`,
    );
    expect(byGraph.body.data.rotateWebhookSecret).toEqual({
      secret: expect.stringMatching(SECRET),
      webhook: { version: 3 },
    });
    const told = await Promise.all(
      ['events', 'audit-events', 'webhooks', `webhooks/${made.body.webhook_id}`].map(
        async (list) => (await org.rest('GET', `${org.base}/${list}`)).text,
      ),
    );
    const actions = (await org.rest('GET', `${org.base}/events?types=webhook.*`)).body.events;
    expect(actions.map(({ type }: { type: string }) => type)).toEqual([
      'webhook.create',
      'webhook.rotate_secret',
      'webhook.rotate_secret',
    ]);
    const secrets = [made.body.secret, rotated.body.secret, byGraph.body.data.rotateWebhookSecret.secret];
    for (const secret of secrets) expect(`${told.join()} ${harness.logs.join()}`).not.toContain(secret.slice(6));
    for (const overlap_seconds of [-1, 604_801, 1.5, null])
      expect((await org.rest('POST', `${path}/rotate-secret`, { overlap_seconds })).status).toBe(422);
  });

  test.each([
    'http://hooks.example/',
    'ftp://hooks.example/',
    'hooks.example',
    '/in',
    '',
    'https://',
    'https://user:pass@hooks.example/',
    'https://user@hooks.example/',
    ' https://hooks.example/',
    'https://hooks.example/a b',
    'https:\\\\hooks.example',
    'https:hooks.example',
    `https://hooks.example/${'a'.repeat(2_048)}`,
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://0/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://100.64.0.1/',
    'https://168.63.129.16/machine?comp=goalstate',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::ffff:a00:1]/',
    'https://[::10.0.0.1]/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://[64:ff9b::a00:1]/',
    'https://[64:ff9b:1::a00:1]/',
    'https://[2002:a00:1::]/',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://a.localhost/',
    'http://127.0.0.1:9/',
  ])('never have the url %s', async (url) => {
    const org = await harness.org();
    const made = await make(org, { url });
    expect([made.status, made.body.detail?.[0].loc]).toEqual([422, ['body', 'url']]);
    const right = (await make(org, { url: URL_OUTSIDE })).body;
    const changed = await org.rest('PATCH', `${org.base}/webhooks/${right.webhook_id}`, { url });
    expect([changed.status, changed.body.detail?.[0].loc]).toEqual([422, ['body', 'url']]);
    const input = JSON.stringify(url);
    const byGraph = await org.graphql(`mutation { createWebhook(input: {url: ${input}}) { secret } }`);
    expect(byGraph.body.errors[0].extensions.code).toBe('VALIDATION_FAILED');
  });

  test('may have one of loopback where addresses inside are allowed, and keep it where they are not any more', async () => {
    const org = await inside.org();
    for (const url of ['http://127.0.0.1:9/', 'http://localhost:9', 'http://[::1]:9/x', 'https://10.0.0.1/'])
      expect((await make(org, { url })).status, url).toBe(201);
    for (const url of ['http://10.0.0.1/', 'http://hooks.example/'])
      expect((await make(org, { url })).status, url).toBe(422);
    const { webhook_id } = (await make(org, { url: 'http://127.0.0.1:9/' })).body;
    const strict = await inside.again({ allowPrivateAddresses: false });
    const path = `${org.base}/webhooks/${webhook_id}`;
    const again = await strict.client(org.token).rest('PATCH', path, { url: 'http://127.0.0.1:9/', description: 'x' });
    expect([again.status, again.body.description]).toEqual([200, 'x']);
    await strict.close();
  });

  test('are at most a hundred in an org, however many are asked for at once', async () => {
    const [org, other] = [await harness.org(), await harness.org()];
    const many = (count: number) =>
      Promise.all(Array.from({ length: count }, () => persist(() => make(org, { url: URL_OUTSIDE }))));
    expect((await many(96)).map(({ status }) => status)).toEqual(Array(96).fill(201));
    const more = await many(8);
    expect(more.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 422, 422, 422, 422]);
    const { detail } = required(more.find(({ status }) => status === 422)).body;
    const msg =
      'Value error, an organization has at most 100 webhooks: delete one, or have one receiver take more types';
    expect(detail).toMatchObject([{ loc: ['body'], msg }]);
    const { total, webhooks } = (await org.rest('GET', `${org.base}/webhooks?limit=1`)).body;
    expect(total).toBe(100);
    const [{ webhook_id }] = webhooks;
    expect((await org.rest('DELETE', `${org.base}/webhooks/${webhook_id}`)).status).toBe(204);
    for (const [by, status] of [
      [org, 201],
      [org, 422],
      [other, 201],
    ] as const)
      expect((await make(by, { url: URL_OUTSIDE })).status).toBe(status);
  });

  test('name their types by patterns', async () => {
    const org = await harness.org();
    const status = async (types: unknown) => (await make(org, { url: URL_OUTSIDE, types })).status;
    for (const types of [['*'], ['namespace.*'], ['namespace.update', 'breaker.opened']])
      expect(await status(types), String(types)).toBe(201);
    const wrong = [[], ['namespace'], ['*.*'], ['a.b.c'], ['Namespace.update'], [1], null, 'x', Array(51).fill('a.b')];
    for (const types of wrong) expect(await status(types), String(types)).toBe(422);
  });

  test('ask for the permission `webhooks`, and read as whoever set the url', async () => {
    const org = await harness.org();
    const viewer = await org.as({ role: 'Viewer' });
    const operator = { ...(await org.as({ role: 'Operator' })), base: org.base };
    const refused = await make({ ...viewer, base: org.base }, { url: URL_OUTSIDE });
    expect([refused.status, refused.body.details]).toEqual([403, { required_permission: 'webhooks:create' }]);
    const { webhook_id } = (await make(org, { url: URL_OUTSIDE })).body;
    const path = `${org.base}/webhooks/${webhook_id}`;
    expect((await viewer.rest('GET', path)).status).toBe(200);
    expect((await viewer.rest('POST', `${path}/rotate-secret`)).status).toBe(403);
    expect((await operator.rest('PATCH', path, { description: 'x' })).body.reads_as).toBe(org.memberId);
    const moved = await operator.rest('PATCH', path, { url: 'https://other.invalid/' });
    expect(moved.body.reads_as).toBe(operator.tokenId);
  });
});
