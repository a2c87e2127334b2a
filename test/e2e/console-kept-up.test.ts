import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routerPolicies } from '../../src/nouns/router-policies/model.ts';
import { allDocs } from '../../src/store/every.ts';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { seed } from '../seed.ts';
import { CHROMIUM, launch, newPage, type Watch } from './chromium.ts';

const COUNT = 1_000;
const OFTEN = { interval: 50, timeout: 60_000 };

describe.skipIf(!CHROMIUM)('a long list in the console', () => {
  let harness: Harness;
  let tenant: Tenant;
  let browser: Browser;
  let page: Page;
  let workspaceId: string;
  let wholeReads = 0;
  const watch: Watch = { problems: [], foreign: [] };
  const idOf = (rank: number) => `pol_${String(rank).padStart(5, '0')}`;
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
    ({ workspaceId } = await seed(tenant));
    await multiply();
    browser = await launch();
    page = await newPage(browser, harness.url, watch, { reducedMotion: 'reduce' });
    // Time goes on by itself, and further where a test says so.
    await page.clock.install();
    await page.goto(`${harness.url}/console#token=${tenant.token}`);
    await page.locator('.live', { hasText: 'live' }).waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Policies', exact: true }).click();
    await summary('1,000 policies');
    page.on('request', (request) => {
      if (request.postData()?.includes('query Policies(')) wholeReads += 1;
    });
  });
  afterAll(async () => {
    await browser?.close();
    await harness?.close();
  });

  async function multiply(): Promise<void> {
    const { store } = harness.deps;
    const { collection } = routerPolicies;
    const [model] = await allDocs(store, collection, { orgId: tenant.orgId });
    const { match, ...others } = required(model);
    const docs = Array.from({ length: COUNT }, (_, at) => {
      const name = `Policy ${at + 1}`;
      return { ...others, id: idOf(at + 1), name, priority: COUNT - at, match: { ...match, purpose: name } };
    });
    await store.commit([{ type: 'remove', in: collection, key: { orgId: tenant.orgId, id: others.id } }]);
    for (let at = 0; at < COUNT; at += 500)
      await store.commit(docs.slice(at, at + 500).map((doc) => ({ type: 'insert', in: collection, doc })));
  }

  const summary = (text: string) => page.getByRole('status').filter({ hasText: text }).waitFor();
  const send = async (method: string, path: string, body?: object) => {
    const answer = await tenant.rest(method, `${tenant.base}${path}`, body);
    expect(answer.status, answer.text).toBeLessThan(300);
    return answer.body;
  };
  /** The first rows that are drawn, by one column or two. */
  const first = async (count: number, ...columns: string[]) => {
    const rows = await page
      .locator('.policies .body .row')
      .evaluateAll(
        (all, names) =>
          all
            .sort((left, right) => Number(left.getAttribute('data-at')) - Number(right.getAttribute('data-at')))
            .map((row) => names.map((name) => row.querySelector(`[data-column="${name}"]`)?.textContent)),
        columns,
      );
    return rows.slice(0, count).map((cells) => cells.join(' '));
  };
  const ranks = (...wanted: string[]) =>
    expect.poll(() => first(wanted.length, 'Rank', 'Policy'), OFTEN).toEqual(wanted);

  test('what is changed, made or deleted is read alone, and the others move up or down', async () => {
    await ranks('1 Policy 1', '2 Policy 2', '3 Policy 3');
    const { route_to } = await send('PATCH', `/router-policies/${idOf(3)}`, { name: 'Renamed' });
    await ranks('1 Policy 1', '2 Policy 2', '3 Renamed');
    await send('DELETE', `/router-policies/${idOf(2)}`);
    await ranks('1 Policy 1', '2 Renamed', '3 Policy 4');
    await summary('999 policies');
    const made = { name: 'Made', priority: COUNT + 1, match: { purpose: 'made' }, route_to };
    const { policy_id } = await send('POST', '/router-policies', made);
    await ranks('1 Made', '2 Policy 1', '3 Renamed', '4 Policy 4');
    await send('PATCH', `/router-policies/${policy_id}`, { priority: COUNT - 2 });
    await ranks('1 Policy 1', '2 Renamed', '3 Made', '4 Policy 4');
    await summary('1,000 policies');
    expect(wholeReads).toBe(0);
  });

  test('what no event tells is read again of what is seen; the whole list when it is old', async () => {
    const { decision_id } = await send('POST', '/decisions', { workspace_id: workspaceId, purpose: 'Policy 1' });
    await send('POST', `/decisions/${decision_id}/outcome`, { success: true });
    expect(await first(1, 'Matches')).toEqual(['0']);
    await page.clock.fastForward(15_000);
    await expect.poll(() => first(1, 'Matches'), OFTEN).toEqual(['1']);
    expect(wholeReads).toBe(0);
    await page.clock.fastForward(30_000);
    await expect.poll(() => wholeReads, OFTEN).toBeGreaterThan(0);
  });

  test('its console is quiet', () => {
    expect(watch).toEqual({ problems: [], foreign: [] });
  });
});
