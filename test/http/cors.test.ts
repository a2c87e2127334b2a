import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';

const ALLOWED = 'https://console.example.com';
const origins = [undefined, ALLOWED, 'https://other.example.com', 'null', 'https://console.example.com.evil.test'];

/** What a cache keeps of a reply must tell whether another origin may get the same one. */
describe.each([
  ['', false],
  [`https://a.example.com, ${ALLOWED}`, true],
  ['*', false],
] as const)('with CORS_ORIGINS=%j', (configured, varies) => {
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    harness = await startHarness('sqlite', { CORS_ORIGINS: configured });
    tenant = await harness.org();
  });
  afterAll(() => harness.close());

  const requests = [
    ['GET', '/v1/me'],
    ['GET', '/v1/openapi.json'],
    ['GET', '/v1/nope'],
    ['PUT', '/v1/me'],
    ['GET', '/health/live'],
    ['GET', '/graphql?query={__typename}'],
    ['GET', '/'],
    ['OPTIONS', '/v1/me'],
  ] as const;
  test.each(requests.flatMap(([method, path]) => origins.map((origin) => ({ method, path, origin }))))(
    '$method $path from $origin',
    async ({ method, path, origin }) => {
      const asked: Record<string, string> = method === 'OPTIONS' ? { 'Access-Control-Request-Method': 'GET' } : {};
      for (const token of [tenant.token, '']) {
        const headers = { ...asked, ...(origin === undefined ? {} : { Origin: origin }) };
        const answer = await harness.client(token).rest(method, path, undefined, headers);
        expect((answer.headers.get('vary') ?? '').split(/, */).includes('Origin')).toBe(varies);
        const allowed = configured === '*' ? '*' : varies && origin === ALLOWED ? ALLOWED : null;
        expect(answer.headers.get('access-control-allow-origin')).toBe(allowed);
      }
    },
  );

  test.runIf(varies)('a page reads every header that the OpenAPI document names', async () => {
    const headers = { Origin: ALLOWED };
    const document = await tenant.rest('GET', '/v1/openapi.json', undefined, headers);
    const exposed = required(document.headers.get('access-control-expose-headers')).split(', ');
    expect(exposed).toEqual(expect.arrayContaining(Object.keys(document.body.components.headers)));
  });
});
