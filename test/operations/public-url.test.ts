import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../src/process/setup/config.ts';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';

const PUBLIC_URL = 'https://example.com/switchyard';

let harness: Harness;
let tenant: Tenant;
beforeAll(async () => {
  harness = await startHarness('sqlite', { PUBLIC_URL });
  tenant = await harness.org();
});
afterAll(() => harness.close());

test.each(['', '/switchyard'])('with the path passed on as %j, everything is found', async (prefix) => {
  expect((await tenant.rest('GET', `${prefix}/v1/me`)).status).toBe(200);
  expect(
    (await tenant.rest('POST', `${prefix}/graphql`, { query: '{ viewer { orgId } }' })).body.data.viewer.orgId,
  ).toBe(tenant.orgId);
  expect((await tenant.rest('GET', `${prefix}/health/ready`)).status).toBe(200);
});

test('a path that only begins alike is another one', async () => {
  expect((await tenant.rest('GET', '/switchyard-not/v1/me')).status).toBe(404);
});

test('what is created is located where callers reach it, and the first page too', async () => {
  const made = await tenant.rest('POST', `/switchyard${tenant.base}/workspaces`, {
    organization_id: tenant.orgId,
    name: 'Located',
  });
  expect(made.headers.get('location')).toBe(`${PUBLIC_URL}${tenant.base}/workspaces/${made.body.workspace_id}`);
  for (const path of ['/', '/switchyard', '/switchyard/'])
    expect((await tenant.rest('GET', path)).body.graphql).toBe(`${PUBLIC_URL}/graphql`);
});

test('the OpenAPI document names the public address as its server', async () => {
  const { body } = await harness.client('').rest('GET', '/v1/openapi.json');
  expect(body.servers[0].url).toBe(PUBLIC_URL);
});

test('GraphiQL asks for its parts below its own address, which serves them', async () => {
  const page = await harness.client('').rest('GET', '/switchyard/graphql', undefined, { Accept: 'text/html' });
  const parts = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)]
    .map(([, part]) => required(part))
    .filter((part) => !part.startsWith('data:'));
  expect(parts.length).toBeGreaterThan(2);
  for (const part of parts) {
    const { pathname } = new URL(part, `${PUBLIC_URL}/graphql`);
    expect(pathname).toMatch(/^\/switchyard\/(graphql|docs)/);
    expect((await harness.client('').rest('HEAD', pathname)).status).toBe(200);
  }
});

test('letters that no header can hold do not take the answer of what is committed', async () => {
  const { PUBLIC_URL: publicUrl } = readConfig({ PUBLIC_URL: 'https://例え.example/日本' });
  const other = await startHarness('sqlite', { PUBLIC_URL: publicUrl });
  try {
    const owner = await other.org();
    const made = await owner.rest('POST', `${owner.base}/workspaces`, { organization_id: owner.orgId, name: 'A' });
    const location = required(made.headers.get('location'));
    expect([made.status, location]).toEqual([
      201,
      expect.stringMatching(/^https:\/\/xn--r8jz45g\.example\/%E6%97%A5%E6%9C%AC\/v1\//),
    ]);
    expect((await owner.rest('GET', new URL(location).pathname)).status).toBe(200);
  } finally {
    await other.close();
  }
});
