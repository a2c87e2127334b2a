import type { Browser, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, PATIENCE_MS, startHarness, type Tenant } from '../harness.ts';
import { seed } from '../seed.ts';
import { CHROMIUM, launch, newPage, type Watch } from './chromium.ts';

const EXPIRED_MS = 11 * 60_000;
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
  let [made, open] = [0, 0];
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
    page = await newPage(browser, harness.url, watch, { viewport: VIEWPORT, reducedMotion: 'reduce' });
    page.on('request', (request: Request) => void asked.push(request.postData() ?? ''));
    await page.goto(`${harness.url}/console#token=${tenant.token}`);
    await page.getByRole('navigation').getByRole('link', { name: 'Decisions', exact: true }).click();
    await page.getByText('No request has been decided yet.').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await harness?.close();
    expect(watch).toEqual({ problems: [], foreign: [] });
  });

  const decide = async (): Promise<string> => {
    const answer = await tenant.rest('POST', `${tenant.base}/decisions`, { workspace_id: workspaceId });
    expect([answer.status, answer.body.admitted], answer.text).toEqual([201, true]);
    made += 1;
    open += 1;
    return answer.body.decision_id;
  };
  const report = async (id: string) => {
    const outcome = { success: true, latency_ms: 5 };
    expect((await tenant.rest('POST', `${tenant.base}/decisions/${id}/outcome`, outcome)).status).toBe(200);
    open -= 1;
  };
  const rows = () => page.locator('.decisions .body .row');
  const saying = (word: string) => rows().filter({ hasText: word });
  const counted = async () => [await rows().count(), await saying('under way').count()];
  const allShown = () => expect.poll(counted, { timeout: PATIENCE_MS }).toEqual([made, open]);
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
    const before = [made, open];
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
    const followed = asked.filter((body) => body.includes('FollowedDecisions')).map((body) => JSON.parse(body));
    expect(followed.map(({ variables }) => typeof variables.after)).toEqual(['object', 'string']);
    expect(asked.filter((body) => /query Decisions\b/.test(body))).toHaveLength(1);
  });

  test('that nobody reports are looked at again when their time is over', async () => {
    await decide();
    await allShown();
    harness.clock.offsetMs = EXPIRED_MS;
    await page.evaluate(`{ const now = Date.now; Date.now = () => now() + ${EXPIRED_MS}; }`);
    await saying('not reported').first().waitFor();
    open = 0;
    await allShown();
  });
});
