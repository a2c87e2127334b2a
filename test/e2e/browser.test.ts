import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Running, startServer } from './process.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
/** Set to a folder to take the screenshots of the README anew. */
const SHOTS = process.env.SCREENSHOTS;

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
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    server?.child.kill('SIGKILL');
    await server?.exit;
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (hash: string, colorScheme: 'dark' | 'light' = 'light'): Promise<Page> => {
    const page = await (await browser.newContext({ colorScheme, viewport: { width: 1440, height: 900 } })).newPage();
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url())) foreign.push(request.url());
    });
    await page.goto(`${server.url}/graphql${hash}`);
    await page.waitForSelector('.graphiql-container', { timeout: 30_000 });
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
    await page.waitForFunction(() => document.querySelector('.result-window')?.textContent?.includes('Northwind'));
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
      if (at === 2) continue;
      await tab(page, at);
      expect((await run(page)).errors, `tab ${at}`).toBeUndefined();
    }
    await page.locator('button[aria-label*="Documentation"]').first().click();
    await page.locator('.graphiql-doc-explorer', { hasText: 'Mutation' }).waitFor();
    if (SHOTS) await page.screenshot({ path: join(SHOTS, 'graphiql-dark.png') });
    await page.context().close();
  });

  test('the page itself needs no token and holds none; nothing asks another host; the console is quiet', async () => {
    const html = await (await fetch(`${server.url}/graphql`, { headers: { Accept: 'text/html' } })).text();
    expect(html).not.toContain(token);
    expect(html).toContain('<title>Switchyard</title>');
    expect([foreign, problems]).toEqual([[], []]);
  });
});
