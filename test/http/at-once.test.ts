import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../../src/process/app.ts';
import { createClient, type Harness, startHarness, type Tenant } from '../harness.ts';
import { seed } from '../seed.ts';

/** What the store answers at once is answered at once: before the request's own turn is over, and without a promise. */
let harness: Harness;
let tenant: Tenant;
let namespace: string;
let app: string;
let server: Server;
const atOnce: boolean[] = [];

beforeAll(async () => {
  harness = await startHarness('sqlite');
  tenant = await harness.org();
  const seeded = await seed(tenant);
  app = `${seeded.workspace}/apps/${seeded.appId}`;
  namespace = `${app}/namespaces/${seeded.namespaceId}`;
  const { handle } = createApp(harness.deps, { RATE_LIMIT_PER_MINUTE: 1_000, CORS_ORIGINS: '' });
  server = createServer((req, res) => {
    handle(req, res);
    atOnce.push(res.headersSent);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  server.close();
  await harness.close();
});

const client = (token = tenant.token) =>
  createClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, token);

test.each([
  ['one', () => namespace, 200],
  ['a page', () => `${app}/namespaces?limit=50`, 200],
  ['nothing', () => `${app}/namespaces/ns_absent`, 404],
])('a read of %s, by whoever has been here a moment ago', async (_, path, status) => {
  expect((await client().rest('GET', path())).status).toBe(status);
  atOnce.length = 0;
  const answer = await client().rest('GET', path());
  expect(answer.status).toBe(status);
  expect(answer.headers.get('ratelimit-limit')).toBe('1000');
  expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
  expect(atOnce).toEqual([status === 200]);
});

test('a token that was revoked, or has ended, is nobody’s however short ago it proved itself', async () => {
  const end = new Date(harness.deps.now() + 60_000).toISOString();
  for (const stop of [
    async (tokenId: string) => void (await tenant.rest('DELETE', `${tenant.base}/tokens/${tokenId}`)),
    async () => {
      harness.clock.offsetMs += 60_001;
    },
  ]) {
    const { token, tokenId } = await tenant.as({ permissions: ['namespaces:read'], expires_at: end });
    expect((await client(token).rest('GET', namespace)).status).toBe(200);
    expect((await client(token).rest('GET', namespace)).status).toBe(200);
    await stop(tokenId);
    expect((await client(token).rest('GET', namespace)).status).toBe(401);
  }
});
