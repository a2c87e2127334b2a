import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Harness, startHarness, type Tenant } from '../harness.ts';

let harness: Harness;
let tenant: Tenant;
beforeAll(async () => {
  harness = await startHarness('sqlite');
  tenant = await harness.org();
});
afterAll(() => harness.close());

/** `path` is sent as it is. */
async function ask(path: string, authorization: string, others = {}): Promise<[number | undefined, string]> {
  const sent = request(harness.url, { path, headers: { authorization, ...others } }).end();
  return new Promise((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', async (answer) => {
      const body = await text(answer);
      resolve([answer.statusCode, body.replace(/"timestamp":"[^"]*"/, '')]);
    });
  });
}

const origin = fc.constantFrom('http://127.0.0.1', 'HTTP://Example.com:80', 'https://[::1]:4000', 'http://user@host');
const scheme = fc.constantFrom('Bearer', 'bearer', 'BEARER');
const spaces = fc.integer({ min: 1, max: 9 }).map((count) => ' '.repeat(count));

test('a request means the same in each form that HTTP has for its target and its token', async () => {
  const known = [
    '/',
    '/v1/me',
    '/v1/me?x=http://y',
    tenant.base,
    `${tenant.base}/apps/`,
    '/health/live',
    '/http://x/y',
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...known), origin, scheme, spaces, async (path, before, word, between) => {
      const plain = await ask(path, `Bearer ${tenant.token}`);
      expect(await ask(before + path, `${word}${between}${tenant.token}`)).toEqual(plain);
    }),
  );
});

test('a target of an origin alone is its root', async () => {
  const [root, withQuery] = [await ask('/', ''), await ask('/?x', '')];
  expect(await ask('http://host', '')).toEqual(root);
  expect(await ask('http://host?x', '')).toEqual(withQuery);
});

test('what is expected of an answer beside its body changes nothing of it', async () => {
  const token = `Bearer ${tenant.token}`;
  const plain = await ask('/v1/me', token);
  const word = fc.stringMatching(/^[a-z]{1,9}(-[a-z]{1,9})?(=[a-z0-9]{1,5})?$/).filter((one) => one !== '100-continue');
  await fc.assert(
    fc.asyncProperty(word, async (hope) => {
      expect(await ask('/v1/me', token, { Expect: hope })).toEqual(plain);
    }),
  );
});
