import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { CHROMIUM, launch, newPage, type Watch } from './chromium.ts';

/** What somebody may call a thing: without a place to break, with markup, from right to left, with what programs take for theirs. */
const NAMES = [
  'W'.repeat(255),
  '<img src=x onerror="document.title = \'run\'">',
  "\"><script>document.title = 'run'</script>",
  'مرحبا שלום',
  '👩‍👩‍👧‍👦',
  '&lt;b&gt; {{7*7}} %s %00',
  'a/b?c#d%2f&e=f',
  '__proto__',
];
const VIEWS = ['accounts', 'policies', 'decisions', 'usage', 'jobs', 'explain'];

describe.skipIf(!CHROMIUM)('whatever things are called, in the console', () => {
  let harness: Harness;
  let tenant: Tenant;
  let browser: Browser;
  const watch: Watch = { problems: [], foreign: [] };
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org(NAMES[1]);
    for (const [at, name] of NAMES.entries()) await makeAll(name, at);
    await failOne();
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await harness?.close();
  });

  const ok = async (path: string, body: object) => {
    const answer = await tenant.rest('POST', tenant.base + path, body);
    expect([200, 201], answer.text).toContain(answer.status);
    return answer.body;
  };

  /** One of everything that the console shows, called so. */
  async function makeAll(name: string, at: number): Promise<void> {
    const { workspace_id } = await ok('/workspaces', { organization_id: tenant.orgId, name });
    const account = { name, region: name, provider_type: 'openai', credentials_ref: 'env:X' };
    const { provider_account_id } = await ok('/provider-accounts', account);
    const model = `m${at}-${'x'.repeat(16 * at)}`;
    const targets = [{ provider_account_id, upstream_model: name }];
    await ok('/logical-models', { logical_model_id: model, name, category: 'chat', targets });
    await ok('/logical-models', { logical_model_id: `e${at}`, name, category: 'embedding' });
    await ok(`/workspaces/${workspace_id}/model-entitlements`, { logical_model_id: model });
    const match = { purpose: name, tags: { tag: name } };
    await ok('/router-policies', { name, description: name, match, route_to: model });
    const { decision_id } = await ok('/decisions', { workspace_id, ...match });
    await ok(`/decisions/${decision_id}/outcome`, { success: true, input_tokens: 5, latency_ms: 7 });
    const { app_id } = await ok(`/workspaces/${workspace_id}/apps`, { name });
    const { body } = await tenant.rest('GET', `${tenant.base}/workspaces/${workspace_id}/environments`);
    const namespaces = `/workspaces/${workspace_id}/apps/${app_id}/namespaces`;
    const { environment_id } = body.environments[0];
    const { namespace } = await ok(namespaces, { name, environment_id, source_ids: ['one'] });
    await ok(`${namespaces}/${namespace.namespace_id}/reindex`, { new_embedding_model_id: `e${at}` });
  }

  /** A job that has failed says why in whatever words its worker found. */
  async function failOne(): Promise<void> {
    for (let tries = 0; tries < 5; tries += 1) {
      const { items } = await ok('/work-items/claim', { limit: 1 });
      const [{ item_id, lease }] = items;
      await ok('/work-items/report', { results: [{ item_id, lease, status: 'failed', error: NAMES[0] }] });
    }
  }

  /** How far what is there reaches beyond what there is room for, in the page and in its dialogs. */
  const excess = (page: Page) =>
    page.evaluate<number[]>(
      `[document.documentElement, ...document.querySelectorAll('dialog')].map((one) => one.scrollWidth - one.clientWidth)`,
    );

  const placeOf = async (page: Page, what: string) => required(await page.locator(`.bar ${what}`).boundingBox());

  test.each([360, 1280])('they stand there as they are, run nothing, and fit into %i px', async (width) => {
    const page = await newPage(browser, harness.url, watch, {
      viewport: { width, height: 780 },
      reducedMotion: 'reduce',
    });
    await page.goto(`${harness.url}/console#token=${tenant.token}`);
    await page.locator('.card').nth(7).waitFor();
    for (const view of VIEWS) {
      await page.goto(`${harness.url}/console#/${view}`);
      await page.locator('.card, .body .row, .usage, .jobs').first().waitFor();
      expect([view, await excess(page)]).toEqual([view, [0]]);
      const [current, org] = [await placeOf(page, 'nav [aria-current]'), await placeOf(page, '.org')];
      expect(current.x).toBeGreaterThanOrEqual(0);
      expect(current.x + current.width).toBeLessThanOrEqual(width);
      expect(org.width).toBeGreaterThan(40);
      const rows = page.locator('.body .row .link');
      for (let at = 0; at < (await rows.count()); at += 1) {
        await rows.nth(at).click();
        await page.locator('dialog .facts').first().waitFor();
        if (view === 'decisions') await page.locator('dialog table').waitFor();
        expect([view, at, await excess(page)]).toEqual([view, at, [0, 0]]);
        await page.keyboard.press('Escape');
        await page.locator('dialog').waitFor({ state: 'detached' });
      }
      expect(await page.title()).toMatch(/ · Switchyard$/);
    }
    await page.goto(`${harness.url}/console#/accounts`);
    const titles = page.locator('.card h2');
    await titles.nth(7).waitFor();
    expect(await titles.allTextContents()).toEqual([...NAMES].reverse());
    expect(await page.locator('.bar .org').textContent()).toBe(required(NAMES[1]));
    await page.context().close();
    expect(watch).toEqual({ problems: [], foreign: [] });
  });

  test.each(['', 'nothing', 'constructor', '__proto__', 'toString/valueOf', '%E0%A4%A'])(
    'the address #/%s, which names no view, leads to the first',
    async (name) => {
      const page = await newPage(browser, harness.url, watch);
      await page.goto(`${harness.url}/console#token=${tenant.token}`);
      await page.goto(`${harness.url}/console#/usage`);
      await page.locator('h1', { hasText: 'Usage' }).waitFor();
      await page.goto(`${harness.url}/console#/${name}`);
      await page.locator('h1', { hasText: 'Accounts' }).waitFor();
      await page.locator('.card').first().waitFor();
      await page.context().close();
    },
  );

  test('an address that changes as soon as a view is there is followed', async () => {
    const page = await newPage(browser, harness.url, watch);
    await page.addInitScript(`
      const seen = new MutationObserver(() => {
        if (!document.querySelector('h1')) return;
        seen.disconnect();
        location.hash = '#/usage';
      });
      seen.observe(document, { childList: true, subtree: true });
    `);
    await page.goto(`${harness.url}/console#token=${tenant.token}`);
    await page.locator('h1', { hasText: 'Usage' }).waitFor();
    await page.context().close();
  });
});
