import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLES } from '../../src/graphql/graphiql/examples.ts';
import { createClient, PATIENCE_MS } from '../harness.ts';
import { required } from '../required.ts';
import { CHROMIUM, launch, SHOTS } from './chromium.ts';
import { type Running, startServer } from './process.ts';

describe.skipIf(!CHROMIUM)('GraphiQL in a real browser', () => {
  let folder: string;
  let server: Running;
  let browser: Browser;
  let token: string;
  const problems: string[] = [];
  const foreign: string[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-browser-'));
    server = await startServer({ DATA_DIR: join(folder, 'data') }, ['serve']);
    token = readFileSync(join(folder, 'data', 'demo-token'), 'utf8').trim();
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    server?.child.kill('SIGKILL');
    await server?.exit;
    rmSync(folder, { recursive: true, force: true });
  });

  const newContext = async (options: BrowserContextOptions = {}) => {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(PATIENCE_MS);
    return context;
  };
  const open = async (hash: string, colorScheme: 'dark' | 'light' = 'light'): Promise<Page> => {
    const page = await (await newContext({ colorScheme, viewport: { width: 1440, height: 900 } })).newPage();
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url())) foreign.push(request.url());
    });
    await page.goto(`${server.url}/graphql${hash}`);
    await page.waitForSelector('.graphiql-container');
    return page;
  };
  const run = async (page: Page) => {
    const answered = page.waitForResponse(
      (response) =>
        response.url().endsWith('/graphql') &&
        response.request().method() === 'POST' &&
        !(response.request().postData() ?? '').includes('IntrospectionQuery'),
    );
    await page.locator('button.graphiql-execute-button').click();
    return (await answered).json();
  };
  const tab = async (page: Page, at: number) => {
    await page.locator('.graphiql-tab-button').nth(at).click();
    await page.locator('.graphiql-tab').nth(at).and(page.locator('[aria-selected="true"]')).waitFor();
    // The editors take their text a moment after the tab is marked.
    await page.waitForTimeout(400);
  };

  test('opens with the token in place, runs by the button, and a mutation changes what the next query shows', async () => {
    const page = await open(`#token=${token}`);
    expect(page.url()).toBe(`${server.url}/graphql`);
    const me = await run(page);
    expect(me.data.viewer.organization).toMatchObject({ name: 'Northwind Robotics', workspaces: { totalCount: 3 } });
    await page.locator('.result-window', { hasText: 'Northwind' }).waitFor();
    if (SHOTS) await page.screenshot({ path: join(SHOTS, 'graphiql-light.png') });
    await tab(page, 1);
    const before = (await run(page)).data.workspace.apps.nodes.length;
    await tab(page, 2);
    expect((await run(page)).data.createApp.app.name).toBe('Made in GraphiQL');
    await tab(page, 1);
    expect((await run(page)).data.workspace.apps.nodes).toHaveLength(before + 1);
    await page.context().close();
  });

  test('every ready-made query runs without an error', async () => {
    const page = await open(`#token=${token}`, 'dark');
    const tabs = await page.locator('.graphiql-tab').count();
    expect(tabs).toBeGreaterThanOrEqual(10);
    for (let at = 0; at < tabs; at += 1) {
      // One changes something, and the last two never end.
      if (at === 2 || at >= tabs - 2) continue;
      await tab(page, at);
      expect((await run(page)).errors, `tab ${at}`).toBeUndefined();
    }
    await page.locator('button[aria-label*="Documentation"]').first().click();
    await page.locator('.graphiql-doc-explorer', { hasText: 'Mutation' }).waitFor();
    if (SHOTS) await page.screenshot({ path: join(SHOTS, 'graphiql-dark.png') });
    await page.context().close();
  });

  test('the last tab but one shows decisions as they are made', async () => {
    const page = await open(`#token=${token}`);
    await tab(page, EXAMPLES.length - 2);
    const opened = page.waitForResponse((response) => /event-stream/.test(response.headers()['content-type'] ?? ''));
    await page.locator('button.graphiql-execute-button').click();
    await opened;
    const { graphql } = createClient(server.url, token);
    const [{ workspaceId }] = (await graphql('{ workspaces { nodes { workspaceId } } }')).body.data.workspaces.nodes;
    const decide = 'mutation ($input: DecideInput!) { decide(input: $input) { decision { decisionId } } }';
    const made = await graphql(decide, { input: { workspaceId, purpose: 'seen at once' } });
    expect(made.body.errors).toBeUndefined();
    // It, or one that the demo has made since.
    await page.locator('.result-window', { hasText: 'decisionId' }).waitFor();
    await page.context().close();
  });

  test('the last tab shows what happens as it happens', async () => {
    const page = await open(`#token=${token}`);
    await tab(page, EXAMPLES.length - 1);
    const opened = page.waitForResponse((response) => /event-stream/.test(response.headers()['content-type'] ?? ''));
    await page.locator('button.graphiql-execute-button').click();
    await opened;
    const change = 'mutation { createRole(input: { name: "Live", permissions: [] }) { role { name } } }';
    expect((await createClient(server.url, token).graphql(change)).body.errors).toBeUndefined();
    await page.locator('.result-window', { hasText: 'role.create' }).waitFor();
    await page.context().close();
  });

  test('the reference, a link away, tries a request with the token that GraphiQL was given', async () => {
    const page = await open(`#token=${token}`);
    await page.locator('nav a', { hasText: 'REST' }).click();
    await page.locator('.opblock-tag', { hasText: 'Organizations' }).first().click();
    const row = page.locator('.opblock', { hasText: '/v1/me' }).first();
    await row.locator('button.opblock-summary-control').click();
    const answered = page.waitForResponse((response) => response.url() === `${server.url}/v1/me`);
    await row.locator('button.execute').click();
    expect((await answered).status()).toBe(200);
    await row.locator('.live-responses-table', { hasText: '"org_id": "org_' }).waitFor();
    await page.context().close();
  });

  test('a reload after a query and a shared link open the page with the query', async () => {
    const page = await open(`?query=${encodeURIComponent('{viewer{role}}')}#token=${token}`);
    expect((await run(page)).data).toEqual({ viewer: { role: 'Admin' } });
    await page.reload();
    await page.waitForSelector('.graphiql-container');
    expect(page.url()).toContain('?query=');
    expect((await run(page)).data).toEqual({ viewer: { role: 'Admin' } });
    await page.context().close();
  });

  test('a reload keeps the tab that was open, and asks for no script again', async () => {
    const page = await open(`#token=${token}`);
    await tab(page, 1);
    const title = await page.locator('.graphiql-tab').nth(1).textContent();
    // GraphiQL stores a little later which tab is open, and what is in it.
    const stored = () => page.evaluate(() => JSON.parse(localStorage.getItem('graphiql:tabState') ?? '{"tabs":[]}'));
    const isStored = async () => {
      const { tabs, activeTabIndex } = await stored();
      return activeTabIndex === 1 && tabs[1].variables?.includes('workspaceId');
    };
    await expect.poll(isStored, { timeout: PATIENCE_MS }).toBe(true);
    const sizes: Promise<number>[] = [];
    page.on('requestfinished', (request) => {
      if (/\/graphiql\.[\w-]+\.js$/.test(request.url()))
        sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
    });
    await page.reload();
    await page.waitForSelector('.graphiql-container');
    expect(await page.locator('.graphiql-tab-active').textContent()).toBe(title);
    expect(await page.locator('.graphiql-tab').count()).toBe(EXAMPLES.length);
    // What comes from the browser's own store is told as less than nothing.
    expect(sizes).toHaveLength(1);
    expect(await sizes[0]).toBeLessThanOrEqual(0);
    expect((await run(page)).data.workspace.name).toEqual(expect.any(String));
    await page.context().close();
  });

  test('a reload opens no tab of the query of one and the variables of another', async () => {
    const page = await open(`#token=${token}`);
    const isStored = () => page.evaluate(() => localStorage.getItem('graphiql:tabState') !== null);
    await expect.poll(isStored, { timeout: PATIENCE_MS }).toBe(true);
    await page.evaluate(() => localStorage.setItem('graphiql:variables', '{"of": "another"}'));
    await page.reload();
    await page.waitForSelector('.graphiql-container');
    expect(await page.locator('.graphiql-tab').count()).toBe(EXAMPLES.length);
    await page.context().close();
  });

  test('on a phone the query, the button and the answer are readable, with a wrong token as with none it says what to do', async () => {
    const context = await newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    const page = await context.newPage();
    const bar = page.locator('#token');
    await page.goto(`${server.url}/graphql#token=mm_tok_wrong`);
    await bar.getByText('The server does not know this token').waitFor();
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.waitForSelector('.graphiql-execute-button');
    await page.locator('button.graphiql-execute-button').click();
    await page.locator('.result-window', { hasText: 'Northwind' }).waitFor();
    expect(await bar.isVisible()).toBe(false);
    const [query, result] = await Promise.all(
      ['.graphiql-query-editor', '.graphiql-response'].map((one) => page.locator(one).boundingBox()),
    );
    for (const box of [required(query), required(result)])
      expect([box.width > 300, box.x >= 0, box.x + box.width <= 390]).toEqual([true, true, true]);
    expect(required(result).y).toBeGreaterThan(required(query).y + required(query).height);
    if (SHOTS) await page.screenshot({ path: join(SHOTS, 'graphiql-phone.png') });
    await context.close();
    const fresh = await (await newContext()).newPage();
    await fresh.goto(`${server.url}/graphql`);
    await fresh.locator('#token').getByText('Give a token').waitFor();
    await fresh.context().close();
  });

  test('the page itself needs no token and holds none; nothing asks another host; the console is quiet', async () => {
    const html = await (await fetch(`${server.url}/graphql`, { headers: { Accept: 'text/html' } })).text();
    expect(html).not.toContain(token);
    expect(html).toContain('<title>Switchyard</title>');
    expect([foreign, problems]).toEqual([[], []]);
  });
});
