import type { Browser, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, PATIENCE_MS, startHarness, type Tenant } from '../harness.ts';
import { seed } from '../seed.ts';
import { CHROMIUM, launch, newPage, type Watch } from './chromium.ts';

const EXPIRED_MS = 11 * 60_000;
/** Only what never comes takes so long. */
const soon = { timeout: PATIENCE_MS };
const COUNT = 70;
/** High enough that every row is drawn. */
const VIEWPORT = { width: 1280, height: 4_000 };

describe.skipIf(!CHROMIUM)('the decisions in the console', () => {
  let harness: Harness;
  let tenant: Tenant;
  let browser: Browser;
  let page: Page;
  let workspaceId: string;
  /** What has been decided, and what of it is not reported. */
  let [made, underWay] = [0, 0];
  const asked: string[] = [];
  const watch: Watch = { problems: [], foreign: [] };
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
    const seeded = await seed(tenant);
    ({ workspaceId } = seeded);
    const limits = { max_concurrency: 1_000_000, burst_size: 1_000_000 };
    const account = `${tenant.base}/provider-accounts/${seeded.accountId}`;
    expect((await tenant.rest('PATCH', account, { rate_limit_policy: limits })).status).toBe(200);
    browser = await launch();
    page = await open(asked);
    await page.getByText('No request has been decided yet.').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await harness?.close();
    expect(watch).toEqual({ problems: [], foreign: [] });
  });

  /** A page that shows the decisions, and what it asks for. */
  const open = async (requests: string[]): Promise<Page> => {
    const opened = await newPage(browser, harness.url, watch, { viewport: VIEWPORT, reducedMotion: 'reduce' });
    opened.on('request', (request: Request) => void requests.push(request.postData() ?? ''));
    await opened.clock.install();
    await opened.goto(`${harness.url}/console#token=${tenant.token}`);
    await opened.getByRole('navigation').getByRole('link', { name: 'Decisions', exact: true }).click();
    return opened;
  };
  const followedIn = (requests: string[]) =>
    requests
      .filter((body) => body.includes('FollowedDecisions'))
      .map((body) => typeof JSON.parse(body).variables.after);
  const listsIn = (requests: string[]) => requests.filter((body) => /query Decisions\b/.test(body));
  const decide = async (): Promise<string> => {
    const answer = await tenant.rest('POST', `${tenant.base}/decisions`, { workspace_id: workspaceId });
    expect([answer.status, answer.body.admitted], answer.text).toEqual([201, true]);
    made += 1;
    underWay += 1;
    return answer.body.decision_id;
  };
  const report = async (id: string) => {
    const outcome = { success: true, latency_ms: 5 };
    expect((await tenant.rest('POST', `${tenant.base}/decisions/${id}/outcome`, outcome)).status).toBe(200);
    underWay -= 1;
  };
  const rows = () => page.locator('.decisions .body .row');
  const saying = (word: string) => rows().filter({ hasText: word });
  const counted = async () => [await rows().count(), await saying('under way').count()];
  const allShown = () => expect.poll(counted, soon).toEqual([made, underWay]);
  const hide = (isHidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'))`);

  test('are told, not asked for, and every row closes when its outcome is reported', async () => {
    const ids = [];
    for (let at = 0; at < COUNT; at += 1) ids.push(await decide());
    await allShown();
    for (const id of ids) await report(id);
    await allShown();
    expect(asked.filter((body) => /query (Decisions|DecisionsAgain)\b/.test(body))).toHaveLength(1);
  });

  test('stand still while paused, and then all that came is there', async () => {
    const one = await decide();
    await allShown();
    const before = [made, underWay];
    await page.getByRole('button', { name: 'Pause' }).click();
    await report(one);
    for (let at = 0; at < 3; at += 1) await report(await decide());
    await decide();
    // A name is told by the other stream, later than all of these.
    const renamed = { name: 'Renamed' };
    expect((await tenant.rest('PUT', `${tenant.base}/workspaces/${workspaceId}`, renamed)).status).toBe(200);
    await saying('Renamed').first().waitFor();
    expect(await counted()).toEqual(before);
    await page.getByRole('button', { name: 'Go on' }).click();
    await allShown();
  });

  test('are followed while somebody looks, and gone on with behind the last one', async () => {
    await hide(true);
    const one = await decide();
    await report(await decide());
    await hide(false);
    await allShown();
    await report(one);
    await allShown();
    expect(followedIn(asked)).toEqual(['object', 'string']);
    expect(listsIn(asked)).toHaveLength(1);
  });

  test('that nobody reports are looked at again when their time is over', async () => {
    await decide();
    await allShown();
    harness.clock.offsetMs = EXPIRED_MS;
    await page.evaluate(`{ const now = Date.now; Date.now = () => now() + ${EXPIRED_MS}; }`);
    await saying('not reported').first().waitFor();
    underWay = 0;
    await allShown();
  });

  test('are gone on with where a stream has gone silent, and listed anew after a long silence', async () => {
    const requests: string[] = [];
    const other = await open(requests);
    await other.locator('.decisions .body .row').first().waitFor();
    const heard = () => other.locator('.decisions .body .row').count();
    const before = await heard();
    await decide();
    await expect.poll(heard, soon).toBe(before + 1);
    await other.clock.fastForward(31_000);
    await expect.poll(() => followedIn(requests), soon).toEqual(['object', 'string']);
    expect(listsIn(requests)).toHaveLength(1);
    await other.clock.fastForward(61_000);
    await expect.poll(() => followedIn(requests), soon).toEqual(['object', 'string', 'object']);
    await expect.poll(() => listsIn(requests).length, soon).toBe(2);
    await other.close();
  });
});
