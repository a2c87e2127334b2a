import { afterAll, beforeAll, expect, test } from 'vitest';
import { rows } from '../../src/catalog/nouns.ts';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { addressOf, type Seeded, seed } from '../seed.ts';

let harness: Harness;
let tenant: Tenant;
let seeded: Seeded;
beforeAll(async () => {
  harness = await startHarness('sqlite', { METRICS: true });
  tenant = await harness.org();
  seeded = await seed(tenant);
});
afterAll(() => harness.close());

/** What no shared cache may keep, whatever it takes for a default, and a caller's own asks about before it gives it again. */
const OWN = 'private, no-cache';
/** Nor may it be compressed on the way, by which its tag would become a weak one that `If-Match` does not take. */
const TAGGED = 'private, no-cache, no-transform';
const wanted = ({ headers }: { headers: Headers }) => (headers.has('etag') ? TAGGED : OWN);
const kept = (answer: { headers: Headers }) => answer.headers.get('cache-control');

/** Rows that take things away come last, the innermost first: what they need is there until then. */
const inOrder = rows
  .map(({ method, path }) => ({ method, path }))
  .sort((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE') || b.path.length - a.path.length);
test.each(inOrder)('$method $path says so, answered and refused', async ({ method, path }) => {
  const address = addressOf(path, tenant, seeded);
  const body = method === 'GET' || method === 'DELETE' ? undefined : {};
  const answers = [
    await harness.client('').rest(method, address, body),
    await tenant.rest(method, `${address}?nope=1`, body),
    await tenant.rest(method, address, body),
    // From memory, where it was kept there.
    await tenant.rest(method, address, body),
  ];
  for (const answer of answers) expect([answer.status, kept(answer)]).toEqual([answer.status, wanted(answer)]);
});

const open = ['/health/live', '/health/ready', '/v1/openapi.json', '/metrics', '/', '/v1/nope', '/nope'];
const asked = '/graphql?query={__typename}';
test.each([...open.flatMap((path) => [['GET', path] as const, ['POST', path] as const]), ['GET', asked] as const])(
  '%s %s says so',
  async (method, path) => expect(kept(await tenant.rest(method, path))).toBe(OWN),
);

test('the graph says so, answered and refused', async () => {
  for (const query of ['{ __typename }', '{', '{ workspace(workspaceId: "ws_none") { name } }'])
    for (const by of [tenant, harness.client('')]) expect(kept(await by.graphql(query))).toBe(OWN);
});

test('every version is sent as it is tagged, or told of', async () => {
  const { headers } = await tenant.rest('GET', tenant.base);
  expect(kept({ headers })).toBe(TAGGED);
  const stale = await tenant.rest('PATCH', tenant.base, { name: 'Other' }, { 'If-Match': '"0"' });
  expect([stale.status, kept(stale)]).toEqual([412, TAGGED]);
});

test('a 304 says what the 200 says', async () => {
  const { headers } = await tenant.rest('GET', tenant.base);
  const again = await tenant.rest('GET', tenant.base, undefined, { 'If-None-Match': required(headers.get('etag')) });
  expect([again.status, kept(again)]).toEqual([304, TAGGED]);
});

test('pages are asked about each time, streams are kept nowhere', async () => {
  for (const path of ['/console', '/graphql', '/docs'])
    expect(kept(await tenant.rest('GET', path, undefined, { Accept: 'text/html' }))).toBe('no-cache');
  const headers = { Authorization: `Bearer ${tenant.token}`, Accept: 'text/event-stream' };
  const stream = await fetch(`${harness.url}${tenant.base}/events`, { headers });
  expect(kept(stream)).toBe('no-store');
  await stream.body?.cancel();
});
