import { request } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, type Harness, PATIENCE_MS, startHarness, type Tenant } from '../harness.ts';
import { seed } from '../seed.ts';
import { CHROMIUM, launch, newPage, type Watch } from './chromium.ts';

/** As many streams as a token may have. */
const MOST = 20;
/** What a page holds that shows decisions: theirs, and that of events. */
const HELD = 2;
const soon = { timeout: PATIENCE_MS };

describe.skipIf(!CHROMIUM)('the streams of the console', () => {
  let harness: Harness;
  let tenant: Tenant;
  let viewer: Client;
  let browser: Browser;
  let page: Page;
  let workspaceId: string;
  const watch: Watch = { problems: [], foreign: [] };
  const ends: (() => void)[] = [];
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
    ({ workspaceId } = await seed(tenant));
    viewer = await tenant.as({ role: 'Viewer' });
    browser = await launch();
    page = await newPage(browser, harness.url, watch, { reducedMotion: 'reduce' });
  });
  afterAll(async () => {
    endAll();
    await browser?.close();
    await harness?.close();
  });

  /** Its status; what is open stays so until `endAll`. */
  const open = () =>
    new Promise<number>((resolve, reject) => {
      const headers = { Authorization: `Bearer ${viewer.token}`, Accept: 'text/event-stream' };
      const asked = request(`${harness.url}${tenant.base}/events`, { headers, agent: false }, (res) => {
        res.resume().on('error', () => {});
        resolve(Number(res.statusCode));
      });
      asked.on('error', reject).end();
      ends.push(() => asked.on('error', () => {}).destroy());
    });
  const endAll = () => {
    for (const end of ends.splice(0)) end();
  };
  /** How many more are to be had. */
  const room = async () => {
    const statuses = await Promise.all(Array.from({ length: MOST }, open));
    endAll();
    return statuses.filter((status) => status === 200).length;
  };
  const decide = async () => {
    const made = await tenant.rest('POST', `${tenant.base}/decisions`, { workspace_id: workspaceId });
    expect(made.status, made.text).toBe(201);
  };
  const rows = () => page.locator('.decisions .body .row').count();
  const hide = (isHidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'))`);
  const live = () => page.locator('.live', { hasText: 'live' }).waitFor();

  test('are held while somebody looks, and by nobody else', async () => {
    await decide();
    await page.goto(`${harness.url}/console#token=${viewer.token}`);
    await page.goto(`${harness.url}/console#/decisions`);
    await live();
    await page.getByText('As they are made').waitFor();
    await expect.poll(room, soon).toBe(MOST - HELD);
    await hide(true);
    await expect.poll(room, soon).toBe(MOST);
    await hide(false);
    await expect.poll(room, soon).toBe(MOST - HELD);
  });

  test('what happened while nobody looked is shown, though no event was heard before', async () => {
    const other = await newPage(browser, harness.url, watch, { reducedMotion: 'reduce' });
    await other.goto(`${harness.url}/console#token=${viewer.token}`);
    await other.goto(`${harness.url}/console#/decisions`);
    await other.locator('.live', { hasText: 'live' }).waitFor();
    await other.locator('[data-column="Workspace"]', { hasText: 'Search' }).first().waitFor();
    const hidden = (isHidden: boolean) =>
      other.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'))`);
    await hidden(true);
    const path = `${tenant.base}/workspaces/${workspaceId}`;
    expect((await tenant.rest('PUT', path, { name: 'Renamed meanwhile' })).status).toBe(200);
    await hidden(false);
    await other.locator('[data-column="Workspace"]', { hasText: 'Renamed meanwhile' }).first().waitFor();
    await other.context().close();
  });

  test('where there is none to be had, decisions are shown all the same, and live as soon as there is', async () => {
    await hide(true);
    await expect.poll(room, soon).toBe(MOST);
    expect(await Promise.all(Array.from({ length: MOST }, open))).toEqual(Array.from({ length: MOST }, () => 200));
    await page.reload();
    await expect.poll(rows, soon).toBe(1);
    await page.locator('.live', { hasText: 'connecting' }).waitFor();
    await decide();
    await expect.poll(rows, soon).toBe(2);
    endAll();
    await live();
    await page.getByText('As they are made').waitFor();
    // What the browser says of the streams that were refused.
    expect(watch.problems.filter((one) => !/429/.test(one))).toEqual([]);
  });
});
