import { parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/catalog/graph.ts';
import { EXAMPLES } from '../../src/graphql/graphiql/examples.ts';
import { type Harness, startHarness } from '../harness.ts';
import { required } from '../required.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

describe('the GraphiQL page', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness('sqlite', { CORS_ORIGINS: 'https://a.example' });
  });
  afterAll(() => harness.close());
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(harness.url + path, { headers: { 'Accept-Encoding': 'identity', ...headers } });
  const assets = async () => {
    const html = await (await get('/graphql', { Accept: BROWSER })).text();
    const boot = await (await get(`/${required(/graphql\/assets\/switchyard\.[^"]+\.js/.exec(html))[0]}`)).text();
    return [...new Set(`${html} ${boot}`.match(/graphql\/assets\/[\w.-]+/g))].map((part) => `/${part}`);
  };

  test('is what a browser gets that asks for a document, whatever the address asks; a program gets the graph', async () => {
    for (const path of ['/graphql', '/graphql?', '/graphql?query={viewer{orgId}}&variables={bad']) {
      const page = await get(path, { Accept: BROWSER });
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      for (const Accept of ['*/*', 'application/json', 'application/json, text/html;q=0.5', 'text/html;q=0, */*'])
        expect((await get(path, { Accept })).status).toBe(401);
    }
  });

  test('is small, may not be framed or sniffed, and lets nothing foreign or inline run', async () => {
    const page = await get('/graphql', { Accept: BROWSER });
    expect((await page.text()).length).toBeLessThan(3_000);
    const policy = required(page.headers.get('content-security-policy'));
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('consists of parts that are sent compressed under addresses that are kept for ever', async () => {
    const paths = await assets();
    expect(paths).toHaveLength(7);
    for (const path of paths) {
      expect(path).toMatch(/^\/graphql\/assets\/[a-z-]+\.[\w-]{16}\.(js|css)$/);
      const plain = Buffer.from(await (await get(path)).arrayBuffer());
      for (const [accepted, encoding] of [
        ['gzip, deflate, br, zstd', 'br'],
        ['gzip', 'gzip'],
        ['br;q=0, *', 'gzip'],
      ] as const) {
        const got = await get(path, { 'Accept-Encoding': accepted });
        expect([got.status, got.headers.get('content-encoding'), got.headers.get('vary')]).toEqual([
          200,
          encoding,
          'Origin, Accept-Encoding',
        ]);
        expect(got.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
        expect(got.headers.get('x-content-type-options')).toBe('nosniff');
        expect(Number(got.headers.get('content-length'))).toBeLessThan(plain.length);
        expect(Buffer.from(await got.arrayBuffer()).equals(plain)).toBe(true);
      }
    }
    expect((await get(required(paths[0]).replace(/\.[\w-]{16}\./, '.0000000000000000.'))).status).toBe(404);
    expect((await fetch(harness.url + paths[0], { method: 'POST' })).status).toBe(405);
  });
});

test.each(EXAMPLES.map(({ title, query }) => [title, query]))(
  'the ready-made query "%s" is valid in the graph as it is',
  (_title, query) => {
    expect(validate(schema, parse(query))).toEqual([]);
  },
);
