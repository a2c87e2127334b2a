import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, createClient } from '../harness.ts';
import { required } from '../required.ts';
import { CHROMIUM, launch, newPage, SHOTS, type Watch } from './chromium.ts';
import { type Running, startServer } from './process.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const VIEWS = ['Accounts', 'Policies', 'Decisions', 'Usage', 'Jobs', 'Explain'];
const DESK = { width: 1280, height: 820 };
const PHONE = { width: 390, height: 844 };

describe.skipIf(!CHROMIUM)('the console in a real browser', () => {
  let folder: string;
  let server: Running;
  let browser: Browser;
  let client: Client;
  let base: string;
  const watch: Watch = { problems: [], foreign: [] };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-console-'));
    server = await startServer({ DATA_DIR: join(folder, 'data') }, ['serve']);
    client = createClient(server.url, readFileSync(join(folder, 'data', 'demo-token'), 'utf8').trim());
    const { body } = await client.graphql('{viewer{orgId}}');
    base = `/v1/orgs/${body.data.viewer.orgId}`;
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    server?.child.kill('SIGKILL');
    await server?.exit;
    rmSync(folder, { recursive: true, force: true });
  });

  const ok = async (path: string, body: object) => {
    const answer = await client.rest('POST', base + path, body);
    expect([200, 201], answer.text).toContain(answer.status);
    return answer.body;
  };
  const blank = (options: BrowserContextOptions = {}) =>
    newPage(browser, server.url, watch, { viewport: DESK, reducedMotion: 'reduce', ...options });
  const open = async (options?: BrowserContextOptions): Promise<Page> => {
    const page = await blank(options);
    await page.goto(`${server.url}/console#token=${client.token}`);
    await page.locator('.bar .org', { hasText: 'Northwind' }).waitFor();
    return page;
  };
  const view = async (page: Page, title: string) => {
    await page.getByRole('navigation').getByRole('link', { name: title, exact: true }).click();
    await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
  };
  const workspaceId = async () =>
    (await client.graphql('{workspaces(first:1){nodes{workspaceId}}}')).body.data.workspaces.nodes[0].workspaceId;
  const shot = (page: Page, name: string) => SHOTS && page.screenshot({ path: join(SHOTS, `${name}.png`) });

  test('every view shows what the demo has, and the address no token', async () => {
    const page = await open();
    expect(page.url()).toBe(`${server.url}/console`);
    const card = page.locator('.card', { hasText: 'OpenAI main' });
    await card.getByText('active').waitFor();
    await card.getByText('of 40M tokens').waitFor();
    await card.getByText('lasts the month at this rate').waitFor();
    expect(await card.getByRole('img').getAttribute('aria-label')).toMatch(/OpenAI main: 40M of 40M tokens are left/);
    await card.locator('canvas').waitFor();
    await shot(page, 'console');

    await view(page, 'Policies');
    const rows = page.getByRole('table', { name: 'Policies in rank order' }).locator('.body .row');
    await expect
      .poll(() => rows.locator('[data-column="Policy"]').allTextContents())
      .toEqual(['Vision goes to GPT-4o', 'Gold tier', 'Support drafts', 'Everything else']);
    expect(await rows.first().textContent()).toMatch(/1.*sees images.*gpt-4o else claude-sonnet.*2 closed/);

    await view(page, 'Decisions');
    await page.locator('.decisions .body .row').nth(10).waitFor();
    await page.locator('.hops .passed', { hasText: 'gpt-4o' }).first().waitFor();
    await shot(page, 'console-decisions');

    await view(page, 'Usage');
    await page.getByLabel('Of each').selectOption('workspace');
    await page.getByRole('rowheader', { name: 'Research' }).waitFor();
    await page.locator('.usage canvas').waitFor();
    await page.getByLabel('Measured in').selectOption('latency');
    await page.getByText('Latency is counted of models and accounts').waitFor();
    await page.getByLabel('Of each').selectOption('account');
    await page.getByRole('row', { name: /OpenAI main.* ms.* ms.* ms/ }).waitFor();
    await page.locator('.usage canvas').waitFor();
    await page.getByRole('img', { name: /95 % of the answers took no longer than [\d,]+ ms, by account/ }).waitFor();
    await shot(page, 'console-latency');

    await view(page, 'Jobs');
    await page.getByText('Azure EU answered 404').first().waitFor();
    await page.getByRole('progressbar').first().waitFor();
    await page.context().close();
  });

  test('what is decided by REST is there without a reload, and its outcome as soon as it is reported', async () => {
    const page = await open();
    await view(page, 'Decisions');
    await page.locator('.decisions .body .row').first().waitFor();
    const decision = await ok('/decisions', { workspace_id: await workspaceId(), purpose: 'answer' });
    const newest = page.locator('.decisions .body .row[data-at="0"]');
    await newest.getByText('under way').waitFor();
    await ok(`/decisions/${decision.decision_id}/outcome`, {
      success: false,
      error_class: 'overloaded',
      latency_ms: 1_234,
    });
    await newest.getByText('overloaded').waitFor();
    await newest.getByText('1,234 ms').waitFor();
    await newest.click();
    const panel = page.getByRole('dialog', { name: 'Decision' });
    await panel.getByText(decision.decision_id).waitFor();
    await panel.getByRole('row', { name: /Everything else/ }).waitFor();
    await page.context().close();
  });

  test('an account whose tokens end before its month says when', async () => {
    const { provider_account_id } = await ok('/provider-accounts', {
      ...{ name: 'Nearly empty', provider_type: 'openai', credentials_ref: 'env:X' },
      quota_policy: { max_tokens_per_month: 1_000_000 },
    });
    const targets = [{ provider_account_id, upstream_model: 'up' }];
    await ok('/logical-models', { logical_model_id: 'scarce', name: 'Scarce', category: 'chat', targets });
    const workspace_id = await workspaceId();
    await ok(`/workspaces/${workspace_id}/model-entitlements`, { logical_model_id: 'scarce' });
    await ok('/router-policies', { name: 'Scarce', match: { purpose: 'scarce' }, route_to: 'scarce' });
    const { decision_id } = await ok('/decisions', { workspace_id, purpose: 'scarce', estimated_input_tokens: 1 });
    await ok(`/decisions/${decision_id}/outcome`, { success: true, input_tokens: 999_990, output_tokens: 9 });
    const page = await open();
    const card = page.locator('.card', { hasText: 'Nearly empty' });
    await card.getByText(/^used up on \d+ \w+ at this rate \(.+\)$/).waitFor();
    await card.locator('canvas').waitFor();
    await page.context().close();
  });

  test('it reads the graph and its subscription, and nothing else', async () => {
    const page = await open();
    const asked = new Set<string>();
    page.on('request', (request) => {
      if (['fetch', 'xhr', 'eventsource', 'websocket'].includes(request.resourceType()))
        asked.add(`${request.method()} ${new URL(request.url()).pathname}`);
    });
    for (const title of VIEWS) {
      await view(page, title);
      await page.locator('.card, .body .row, .note, .usage, .explain, .jobs').first().waitFor();
    }
    expect([...asked]).toEqual(['POST /graphql']);
    await page.context().close();
  });

  test('what happens is told by the subscription', async () => {
    const page = await open();
    await page.locator('.live', { hasText: 'live' }).waitFor();
    await view(page, 'Decisions');
    // The names of workspaces are asked for when an event tells of a change, and at no other time.
    const path = `${base}/workspaces/${await workspaceId()}`;
    const answer = await client.rest('PUT', path, { name: 'Discovery' });
    expect(answer.status, answer.text).toBe(200);
    await page.locator('[data-column="Workspace"]', { hasText: 'Discovery' }).first().waitFor();
    await client.rest('PUT', path, { name: 'Research' });
    await page.context().close();
  });

  test('an open breaker, and what the linter says, are seen in the list and closely', async () => {
    const policy = await ok('/router-policies', {
      name: 'Trips at once',
      priority: 99,
      match: { purpose: 'trip' },
      route_to: 'mistral-large',
      circuit_breaker: { consecutive_failures: 1, cooldown_seconds: 600 },
    });
    await ok('/router-policies', { name: 'Never reached', match: { purpose: 'trip' }, route_to: 'mistral-large' });
    const { nodes } = (await client.graphql('{workspaces{nodes{workspaceId name}}}')).body.data.workspaces;
    const research = nodes.find((one: { name: string }) => one.name === 'Research').workspaceId;
    const { decision_id } = await ok('/decisions', { workspace_id: research, purpose: 'trip' });
    await ok(`/decisions/${decision_id}/outcome`, { success: false, error_class: 'provider_error' });
    const page = await open();
    await view(page, 'Policies');
    const row = page.locator('.policies .row', { hasText: 'Trips at once' });
    await row.getByText('1 of 1 open').waitFor();
    await row.click();
    const panel = page.getByRole('dialog', { name: 'Trips at once' });
    await panel.getByText('Next probe').waitFor();
    expect(await panel.textContent()).toMatch(/Open until(in|\d| )*.*(minutes|seconds)/);
    await shot(page, 'console-policy');
    await page.keyboard.press('Escape');
    await page.locator('.policies .row', { hasText: 'Never reached' }).click();
    await page
      .getByRole('dialog', { name: 'Never reached' })
      .getByText(/policy unreachable/)
      .waitFor();
    await client.rest('DELETE', `${base}/router-policies/${policy.policy_id}`);
    await page.context().close();
  });

  test('a request that is described is explained: its hops, and what every policy says', async () => {
    const page = await open();
    await view(page, 'Explain');
    await page.getByLabel('Workspace').selectOption({ label: 'Support' });
    await page.getByLabel('Purpose').fill('draft');
    await page.getByRole('button', { name: 'Explain' }).click();
    const answer = page.getByRole('region', { name: 'Explanation' });
    await answer.getByText('goes to gpt-4o-mini').waitFor();
    expect(await answer.getByRole('row', { name: /Support drafts/ }).textContent()).toContain(
      'all its conditions hold',
    );
    expect(await answer.getByRole('row', { name: /Gold tier/ }).textContent()).toContain('"silver", not "gold"');
    await page.context().close();
  });

  test('a wrong token is told as such, and a right one opens the console', async () => {
    const page = await blank();
    await page.goto(`${server.url}/console#token=mm_tok_wrong`);
    await page.getByText('The server does not know this token').waitFor();
    await page.getByLabel('Token').fill(client.token);
    await page.keyboard.press('Enter');
    await page.locator('.bar .org', { hasText: 'Northwind' }).waitFor();
    await page.context().close();
    expect(watch.problems.splice(0).filter((one) => !/401/.test(one))).toEqual([]);
  });

  test('the keyboard alone leads to a view, along its rows, into one of them and back', async () => {
    const page = await open();
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const focus = page.locator(':focus');
    await press('Tab');
    expect(await focus.textContent()).toBe('Skip to the view');
    await page.getByRole('link', { name: 'Policies', exact: true }).focus();
    await press('Enter');
    await page.locator('.policies .body .row').nth(3).waitFor();
    await page.getByLabel('Find').focus();
    await press('Tab', 'ArrowDown', 'ArrowDown');
    expect(await page.locator('.row:has(:focus)').getAttribute('aria-rowindex')).toBe('4');
    const name = required(await focus.textContent());
    await press('Enter');
    await page.getByRole('dialog', { name }).waitFor();
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focus.textContent()).toBe(name);
    await page.context().close();
  });

  test.each([
    ['light', DESK],
    ['light', PHONE],
    ['dark', DESK],
    ['dark', PHONE],
  ] as const)(
    'no view has what axe objects to, %s at %o, nor is wider than the window',
    async (colorScheme, viewport) => {
      const page = await open({ colorScheme, viewport });
      await page.evaluate(AXE);
      for (const title of VIEWS) {
        await view(page, title);
        await page.locator('.card, .body .row, .note, .usage, .explain, .jobs').first().waitFor();
        const found = await page.evaluate(() =>
          (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
        );
        expect(
          found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
          title,
        ).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(viewport.width);
        if (colorScheme === 'dark' && viewport === PHONE && title === 'Policies') await shot(page, 'console-phone');
      }
      await page.context().close();
    },
  );

  test('a server that starts again is followed on, without a reload', async () => {
    const page = await open();
    await view(page, 'Decisions');
    await page.locator('.live', { hasText: 'live' }).waitFor();
    const seen = watch.problems.length;
    server.child.kill('SIGTERM');
    await server.exit;
    await page.locator('.live', { hasText: 'connecting' }).waitFor();
    server = await startServer({ DATA_DIR: join(folder, 'data'), PORT: new URL(server.url).port }, ['serve']);
    await page.locator('.live', { hasText: 'live' }).waitFor();
    const path = `${base}/workspaces/${await workspaceId()}`;
    await client.rest('PUT', path, { name: 'After the pause' });
    await page.locator('[data-column="Workspace"]', { hasText: 'After the pause' }).first().waitFor();
    await page.context().close();
    // What the browser says of a server that was away, and nothing else.
    expect(watch.problems.splice(seen).filter((one) => !/ERR_|Failed to fetch/.test(one))).toEqual([]);
  });

  test('nothing asks another host, no policy of the page is broken, and its console is quiet', () => {
    expect(watch).toEqual({ problems: [], foreign: [] });
  });
});
