import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, createClient } from '../harness.ts';
import { required } from '../required.ts';
import { CHROMIUM, launch, newPage, type Watch } from './chromium.ts';
import { startFront } from './front.ts';
import { type Running, startServer } from './process.ts';

describe.each(['kept', 'cut'] as const)('behind a proxy whose path is %s', (passes) => {
  let folder: string;
  let front: Awaited<ReturnType<typeof startFront>>;
  let server: Running;
  let client: Client;
  let base: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-front-'));
    front = await startFront('/teams/switchyard', passes);
    server = await startServer({ DATA_DIR: join(folder, 'data'), PUBLIC_URL: front.url }, ['serve']);
    front.leadsTo(server.url);
    client = createClient(front.url, readFileSync(join(folder, 'data', 'demo-token'), 'utf8').trim());
    base = `/v1/orgs/${(await client.rest('GET', '/v1/me')).body.org_id}`;
  });
  afterAll(async () => {
    server.child.kill('SIGTERM');
    await server.exit;
    front.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('what is made is found where its Location says, page after page, and where the OpenAPI document says', async () => {
    const org_id = base.split('/').at(-1);
    const made = await client.rest('POST', `${base}/workspaces`, { organization_id: org_id, name: 'Located' });
    const location = required(made.headers.get('location'));
    expect(location).toBe(`${front.url}${base}/workspaces/${made.body.workspace_id}`);
    expect((await createClient(location, client.token).rest('GET', '')).body.name).toBe('Located');
    const { servers, paths } = (await client.rest('GET', '/v1/openapi.json')).body;
    const [path] = Object.keys(paths).filter((one) => one.endsWith('/workspaces'));
    const there = createClient(servers[0].url, client.token);
    const names: string[] = [];
    for (let after = ''; ; ) {
      const list = await there.rest('GET', `${required(path).replace('{org_id}', required(org_id))}?limit=2${after}`);
      expect(list.status).toBe(200);
      names.push(...list.body.workspaces.map(({ name }: { name: string }) => name));
      if (!list.body.next_cursor) break;
      after = `&cursor=${encodeURIComponent(list.body.next_cursor)}`;
    }
    expect(names).toContain('Located');
    expect(new Set(names).size).toBe(names.length);
  });

  test('a stream of events comes through as it happens', async () => {
    const headers = { Authorization: `Bearer ${client.token}`, Accept: 'text/event-stream' };
    const stop = new AbortController();
    const stream = await fetch(`${front.url}${base}/events`, { headers, signal: stop.signal });
    expect(stream.status).toBe(200);
    const reader = required(stream.body).pipeThrough(new TextDecoderStream()).getReader();
    const made = client.rest('POST', `${base}/workspaces`, {
      organization_id: base.split('/').at(-1),
      name: 'Streamed',
    });
    for (let text = ''; !text.includes('workspace.create'); ) text += (await reader.read()).value ?? '';
    expect((await made).status).toBe(201);
    stop.abort();
  });

  // What a browser sees is the same either way.
  if (passes === 'kept') return;
  describe.skipIf(!CHROMIUM)('in a real browser', () => {
    const watch: Watch = { problems: [], foreign: [] };
    let browser: Browser;
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(() => browser.close());

    test('the index, the console, GraphiQL, the reference and the guides ask below its path alone, and work', async () => {
      const page = await newPage(browser, front.url, watch);
      await page.goto(`${front.url}/`);
      await page
        .getByRole('link', { name: /console/i })
        .first()
        .click();
      await page.waitForURL(`${front.url}/console`);
      // A fragment alone is no other page.
      await page.goto('about:blank');
      await page.goto(`${front.url}/console#token=${client.token}`);
      await page.locator('.bar .org', { hasText: 'Northwind' }).waitFor();
      await page.goto(`${front.url}/graphql#token=${client.token}`);
      await page.waitForSelector('.graphiql-container');
      const asked = page.waitForResponse((response) => response.request().method() === 'POST');
      await page.locator('button.graphiql-execute-button').click();
      expect(await (await asked).json()).toMatchObject({ data: expect.anything() });
      await page.goto(`${front.url}/docs`);
      await page.locator('.opblock-tag', { hasText: 'Organizations' }).first().click();
      expect(await page.locator('main').count()).toBe(1);
      const row = page.locator('.opblock', { hasText: '/v1/me' }).first();
      await row.locator('button.opblock-summary-control').click();
      const tried = page.waitForResponse((response) => response.url() === `${front.url}/v1/me`);
      await row.locator('button.execute').click();
      expect((await tried).status()).toBe(200);
      await page.goto(`${front.url}/docs/guides`);
      await page
        .getByRole('link', { name: /depend on it|production/i })
        .first()
        .click();
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await page.locator('main').count()).toBe(1);
      expect({ ...watch, outside: front.outside }).toEqual({ problems: [], foreign: [], outside: [] });
    });
  });
});
