import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routerPolicies } from '../../src/nouns/router-policies/model.ts';
import { allDocs } from '../../src/store/every.ts';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { seed } from '../seed.ts';
import { CHROMIUM, launch, newPage, type Watch } from './chromium.ts';

const COUNT = 10_000;
/** High enough that few screens make the list, so that the whole of it can be looked at. */
const VIEWPORT = { width: 1280, height: 2_400 };
const ROW_PX = 40;
/** What is seen, and what is drawn around it. */
const DRAWN_MAX = VIEWPORT.height / ROW_PX + 30;

const OFTEN = { interval: 5, timeout: 60_000 };

describe.skipIf(!CHROMIUM)('10,000 policies in the console', () => {
  let harness: Harness;
  let tenant: Tenant;
  let browser: Browser;
  let page: Page;
  const watch: Watch = { problems: [], foreign: [] };
  const nameOf = (rank: number) => `Policy ${rank}`;
  const names = Array.from({ length: COUNT }, (_, at) => nameOf(at + 1));
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
    await seed(tenant);
    await multiply();
    browser = await launch();
    page = await newPage(browser, harness.url, watch, { viewport: VIEWPORT, reducedMotion: 'reduce' });
    await page.goto(`${harness.url}/console#token=${tenant.token}`);
    await page.getByRole('navigation').getByRole('link', { name: 'Policies', exact: true }).click();
    await page.getByRole('status').filter({ hasText: '10,000 policies' }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await harness?.close();
  });

  /** Makes of the one policy 10,000, whose ranks go neither by name nor by age. */
  async function multiply(): Promise<void> {
    const { store } = harness.deps;
    const { collection } = routerPolicies;
    const [first] = await allDocs(store, collection, { orgId: tenant.orgId });
    const model = required(first);
    const docs = names.map((name, at) => ({
      ...model,
      ...{ id: `pol_${String((at * 7_919) % COUNT).padStart(5, '0')}`, name, priority: COUNT - at },
      match: { ...model.match, purpose: name },
    }));
    await store.commit([{ type: 'remove', in: collection, key: { orgId: tenant.orgId, id: model.id } }]);
    for (let at = 0; at < COUNT; at += 500)
      await store.commit(docs.slice(at, at + 500).map((doc) => ({ type: 'insert', in: collection, doc })));
  }

  const body = () => page.locator('.policies .body');
  /** The rows that are there, and which of them can be seen whole. */
  const drawn = () =>
    body()
      .locator('.row')
      .evaluateAll(
        (rows, height) =>
          rows.map((row) => {
            const { top, bottom } = row.getBoundingClientRect();
            const name = row.querySelector('[data-column="Policy"]')?.textContent ?? '';
            return { at: Number(row.getAttribute('data-at')), name, isSeen: top >= 0 && bottom <= height };
          }),
        VIEWPORT.height,
      );
  const focused = () => page.locator('.policies .row:has(:focus) [data-column="Policy"]').textContent();

  test('every one is seen on the way to the end, in the order of their ranks, and few are drawn at a time', async () => {
    const seen: string[] = [];
    let drawnMax = 0;
    const look = async () => {
      const rows = await drawn();
      drawnMax = Math.max(drawnMax, rows.length);
      const inWindow = new Map(rows.filter(({ isSeen }) => isSeen).map(({ at, name }) => [at, name]));
      for (let name = inWindow.get(seen.length); name !== undefined; name = inWindow.get(seen.length)) seen.push(name);
      return seen.length;
    };
    const { y: listY } = required(await body().boundingBox());
    for (let before = 0; before < COUNT; before = seen.length) {
      await expect.poll(look, { ...OFTEN, message: `row ${before} is seen` }).toBeGreaterThan(before);
      // The next one comes below the bar, so that none is passed by.
      await page.evaluate(`scrollTo(0, ${listY + seen.length * ROW_PX - 200})`);
    }
    expect(seen).toEqual(names);
    expect(drawnMax).toBeLessThanOrEqual(DRAWN_MAX);
    const isAtEnd = () => page.evaluate('Math.ceil(scrollY + innerHeight) >= document.documentElement.scrollHeight');
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    await expect.poll(isAtEnd).toBe(true);
    await body()
      .locator(`.row[data-at="${COUNT - 1}"]`)
      .waitFor();
    expect(await body().locator('.row').count()).toBeLessThanOrEqual(DRAWN_MAX);
  });

  test('the keyboard leads to the ends, by screens from one to the other, and by single rows between', async () => {
    await page.getByLabel('Find').focus();
    await page.keyboard.press('Tab');
    const to = async (key: string, rank: number) => {
      await page.keyboard.press(key);
      await expect.poll(focused, { ...OFTEN, message: `${key} leads to ${nameOf(rank)}` }).toBe(nameOf(rank));
    };
    await to('End', COUNT);
    await to('ArrowUp', COUNT - 1);
    await to('Home', 1);
    const screen = VIEWPORT.height / ROW_PX - 2;
    for (let rank = 1; rank < COUNT; ) {
      rank = Math.min(COUNT, rank + screen);
      await to('PageDown', rank);
    }
    await to('PageUp', COUNT - screen);
    for (let step = 1; step <= 20; step += 1) await to('ArrowDown', COUNT - screen + step);
    expect(await body().locator('.row').count()).toBeLessThanOrEqual(DRAWN_MAX);
    await to('Home', 1);
  });

  test('one is found by its name, and what was looked for is forgotten as fast', async () => {
    await page.getByLabel('Find').fill(nameOf(9_999));
    await expect.poll(() => body().locator('.row').count()).toBe(1);
    await page.getByLabel('Find').fill('');
    await page
      .getByRole('status')
      .filter({ hasText: /^10,000 policies/ })
      .waitFor();
    expect(await body().locator('.row').count()).toBeLessThanOrEqual(DRAWN_MAX);
  });

  test('its console is quiet', () => {
    expect(watch).toEqual({ problems: [], foreign: [] });
  });
});
