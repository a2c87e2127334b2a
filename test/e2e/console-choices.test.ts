import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workspaces } from '../../src/nouns/workspaces/model.ts';
import { allDocs } from '../../src/store/every.ts';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { type Seeded, seed } from '../seed.ts';
import { CHROMIUM, launch, newPage, type Watch } from './chromium.ts';

/** More than a menu offers, all of them newer than the one that is used. */
const NEWER = 250;

describe.skipIf(!CHROMIUM)('of more workspaces than a menu offers, the console', () => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  let browser: Browser;
  let page: Page;
  const watch: Watch = { problems: [], foreign: [] };
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
    seeded = await seed(tenant);
    const { store } = harness.deps;
    const [first] = await allDocs(store, workspaces.collection, { orgId: tenant.orgId });
    const nameOf = (at: number) => ({ id: `ws_newer${at}`, name: `Newer ${at}` });
    const createdAt = '2099-01-01T00:00:00.000Z';
    const docs = Array.from({ length: NEWER }, (_, at) => ({ ...required(first), ...nameOf(at), createdAt }));
    await store.commit(docs.map((doc) => ({ type: 'insert', in: workspaces.collection, doc })));
    browser = await launch();
    page = await newPage(browser, harness.url, watch, { reducedMotion: 'reduce' });
    await page.goto(`${harness.url}/console#token=${tenant.token}`);
  });
  afterAll(async () => {
    await browser?.close();
    await harness?.close();
  });

  test('explains a request of each, by its id or the name of one of the newest', async () => {
    await page.goto(`${harness.url}/console#/explain`);
    const field = page.getByLabel('Workspace');
    const answer = page.getByRole('region', { name: 'Explanation' });
    await field.fill(seeded.workspaceId);
    await page.getByRole('button', { name: 'Explain' }).click();
    await answer.getByText(`goes to ${seeded.modelId}`).waitFor();
    await field.fill(' Newer 249 ');
    await page.getByRole('button', { name: 'Explain' }).click();
    await answer.getByText('model not entitled').first().waitFor();
    await field.fill('Nobody');
    await page.getByRole('button', { name: 'Explain' }).click();
    await answer.getByRole('alert').getByText('Nobody').waitFor();
  });

  test('filters decisions by each', async () => {
    const made = await tenant.rest('POST', `${tenant.base}/decisions`, { workspace_id: seeded.workspaceId });
    expect(made.status, made.text).toBe(201);
    await page.goto(`${harness.url}/console#/decisions`);
    await page.getByText('Filters', { exact: true }).click();
    const field = page.getByRole('combobox', { name: 'Workspace', exact: true });
    const shown = page.locator('.decisions .body .row');
    await shown.first().waitFor();
    await field.fill('Newer 200');
    await field.press('Tab');
    await expect.poll(() => page.url()).toContain('#/decisions?workspace=ws_newer200');
    await shown.first().waitFor({ state: 'detached' });
    await field.fill(seeded.workspaceId);
    await field.press('Tab');
    await expect.poll(() => page.url()).toContain(`#/decisions?workspace=${seeded.workspaceId}`);
    await shown.first().waitFor();
    await field.fill('');
    await field.press('Tab');
    await expect.poll(() => page.url()).toMatch(/#\/decisions$/);
  });

  test('does so without an error', () => {
    expect(watch.foreign).toEqual([]);
    // A workspace that is not there is a 404 of the graph, which the browser tells, too.
    expect(watch.problems.filter((one) => !/404|403/.test(one))).toEqual([]);
  });
});
