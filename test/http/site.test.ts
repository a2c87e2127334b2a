import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REFUSAL_CODES } from '../../src/routing/facts.ts';
import { CONFLICT_REASONS, ERRORS } from '../../src/words/errors.ts';
import { type Harness, startHarness } from '../harness.ts';
import { required } from '../required.ts';

const HTML = { Accept: 'text/html' };
const GUIDES = readdirSync('docs').filter((file) => file.endsWith('.md'));

describe.each(['', '/below/a/proxy'])('the site at %j', (prefix) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness('sqlite', prefix ? { PUBLIC_URL: `https://switchyard.example${prefix}` } : {});
  });
  afterAll(() => harness.close());
  const get = (path: string) => harness.client('').rest('GET', path, undefined, HTML);

  test('every link and part of every page is there, on this host, and of the type that it is asked for as', async () => {
    const seen = new Map<string, string>();
    const todo = [`${prefix}/`];
    for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
      if (seen.has(path)) continue;
      const got = await get(path);
      expect([path, got.status]).toEqual([path, 200]);
      seen.set(path, required(got.headers.get('content-type')));
      if (!required(seen.get(path)).startsWith('text/html')) continue;
      const here = new URL(path, harness.url);
      for (const [, kind, to] of got.text.matchAll(/ (src|href)="([^"]+)"/g)) {
        const url = new URL(required(to).replaceAll('&amp;', '&'), here);
        if (url.protocol === 'data:' || (kind === 'href' && url.protocol === 'https:')) continue;
        expect([path, to, url.origin]).toEqual([path, to, here.origin]);
        if (url.hash && url.pathname === here.pathname) expect(got.text).toContain(`id="${url.hash.slice(1)}"`);
        todo.push(url.pathname);
      }
    }
    for (const [path, type] of seen) expect([path, type]).toEqual([path, expect.stringMatching(typeOf(path))]);
    for (const guide of GUIDES) expect([...seen.keys()]).toContain(`${prefix}/docs/guides/${guide.slice(0, -3)}`);
    expect([...seen.keys()]).toContain(`${prefix}/docs/errors`);
  });

  test('the index tells a program where the doors are', async () => {
    const { body, headers } = await harness.client('').rest('GET', `${prefix}/`);
    expect(headers.get('vary')).toContain('Accept');
    const base = prefix ? `https://switchyard.example${prefix}` : '';
    expect(body).toMatchObject({ graphql: `${base}/graphql`, openapi: `${base}/v1/openapi.json` });
  });
});

function typeOf(path: string): RegExp {
  const [, ending] = /\.(\w+)$/.exec(path) ?? [];
  const types: Record<string, RegExp> = {
    js: /^text\/javascript/,
    css: /^text\/css/,
    png: /^image\/png/,
    json: /json/,
  };
  return types[ending ?? ''] ?? (path.endsWith('/health/ready') ? /json/ : /^text\/html/);
}

describe('the catalogue of errors', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.close());

  test('says the same in the graph, in OpenAPI and on the page, of everything that may be refused', async () => {
    const tenant = await harness.org();
    const asked = await tenant.graphql('{errorCatalog{kind code status cause fix retry permission}}');
    const catalog: { kind: string; code: string }[] = asked.body.data.errorCatalog;
    expect((await tenant.rest('GET', '/v1/openapi.json')).body['x-error-catalog']).toEqual(catalog);
    const page = await harness.client('').rest('GET', '/docs/errors', undefined, HTML);
    for (const { code } of catalog) expect(page.text).toContain(`id="${code}"`);
    const codes = (kind: string) => catalog.filter((one) => one.kind === kind).map(({ code }) => code);
    expect(codes('ERROR')).toEqual(expect.arrayContaining(Object.keys(ERRORS)));
    expect(codes('CONFLICT_REASON')).toEqual([...CONFLICT_REASONS].sort());
    expect(codes('REFUSAL')).toEqual([...REFUSAL_CODES]);
  });

  test('names as permission what can be granted', async () => {
    const admin = await harness.org();
    const { body } = await admin.graphql('{errorCatalog{permission}}');
    const wanted = [...new Set(body.data.errorCatalog.map((one: { permission: string | null }) => one.permission))];
    const permissions = wanted.filter((one) => one !== null);
    const made = await admin.rest('POST', `${admin.base}/roles`, { name: 'Menders', permissions });
    expect([made.status, made.body.permissions?.toSorted()]).toEqual([201, permissions.toSorted()]);
  });
});
