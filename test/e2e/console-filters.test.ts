import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { CHROMIUM, launch, newPage, type Watch } from './chromium.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const DESK = { width: 1280, height: 820 };
const PHONE = { width: 390, height: 844 };
const OFTEN = { timeout: 60_000 };
const DAY_MS = 86_400_000;

interface Made {
  decision_id: string;
  created_at: string;
  workspace: string;
  model: string;
  refusal: string | null;
}

describe.skipIf(!CHROMIUM)('filters of decisions in the console', () => {
  let harness: Harness;
  let tenant: Tenant;
  let browser: Browser;
  let page: Page;
  const watch: Watch = { problems: [], foreign: [] };
  const ids: Record<string, string> = {};
  const made: Made[] = [];
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
    await fill();
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await harness?.close();
  });
  afterEach(() => page?.context().close());

  const post = async (path: string, body: object) => {
    const answer = await tenant.rest('POST', tenant.base + path, body);
    expect(answer.status, answer.text).toBe(201);
    return answer.body;
  };

  /** Two workspaces, each asking for either model by its policy, and once for nothing that any policy knows; a day apart. */
  async function fill(): Promise<void> {
    for (const name of ['Research', 'Support'])
      ids[name] = (await post('/workspaces', { organization_id: tenant.orgId, name })).workspace_id;
    for (const name of ['small', 'large']) {
      const account = { name: `Account of ${name}`, provider_type: 'openai', credentials_ref: 'env:X' };
      const { provider_account_id } = await post('/provider-accounts', account);
      const targets = [{ provider_account_id, upstream_model: 'up' }];
      await post('/logical-models', { logical_model_id: name, name, category: 'chat', targets });
      for (const workspace of ['Research', 'Support'])
        await post(`/workspaces/${ids[workspace]}/model-entitlements`, { logical_model_id: name });
      const policy = { name: `Goes to ${name}`, match: { purpose: name }, route_to: name };
      Object.assign(ids, { [`pa ${name}`]: provider_account_id });
      ids[`pol ${name}`] = (await post('/router-policies', policy)).policy_id;
    }
    harness.clock.offsetMs -= 6 * DAY_MS;
    for (const workspace of ['Research', 'Support'])
      for (const purpose of ['small', 'large', 'unknown']) {
        const { decision_id, created_at, logical_model_id, refusal } = await post('/decisions', {
          workspace_id: ids[workspace],
          purpose,
        });
        made.unshift({
          decision_id,
          created_at,
          workspace,
          model: logical_model_id ?? '–',
          refusal: refusal?.code ?? null,
        });
        harness.clock.offsetMs += DAY_MS;
      }
  }

  const open = async (hash: string, options: BrowserContextOptions = {}) => {
    page = await newPage(browser, harness.url, watch, { viewport: DESK, reducedMotion: 'reduce', ...options });
    await page.goto(`${harness.url}/console#token=${tenant.token}`);
    await page.getByRole('navigation').waitFor();
    await page.goto(`${harness.url}/console${hash}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
  };
  /** What is shown, as workspace and why it was refused, newest first. */
  const shown = async () => {
    const texts = await page
      .locator('.decisions .body .row')
      .evaluateAll((rows) =>
        rows
          .sort((left, right) => Number(left.getAttribute('data-at')) - Number(right.getAttribute('data-at')))
          .map((row) => [
            row.querySelector('[data-column="Workspace"]')?.textContent,
            row.querySelector('[data-column="Account"]')?.textContent,
          ]),
      );
    return texts.map((cells) => cells.join(' '));
  };
  const show = (of: (one: Made) => boolean) =>
    expect
      .poll(shown, OFTEN)
      .toEqual(
        made.filter(of).map(({ workspace, model }) => `${workspace} ${model === '–' ? '–' : `Account of ${model}`}`),
      );
  const filters = () => page.getByRole('form', { name: 'Filters' });
  const control = (name: string) => filters().getByRole('combobox', { name, exact: true });
  const time = (name: string) => filters().getByLabel(name, { exact: true });
  const address = () => new URL(page.url()).hash;

  test('each control leaves what it says, alone and with the others, and stands in the address', async () => {
    await open('#/decisions');
    await show(() => true);
    await page.getByText('Filters', { exact: true }).click();
    await control('Workspace').selectOption({ label: 'Support' });
    await show(({ workspace }) => workspace === 'Support');
    await expect.poll(address, OFTEN).toBe(`#/decisions?workspace=${ids.Support}`);
    await control('Model').selectOption({ label: 'large' });
    await show(({ workspace, model }) => workspace === 'Support' && model === 'large');
    await control('Workspace').selectOption({ label: 'any' });
    await show(({ model }) => model === 'large');
    await expect.poll(address, OFTEN).toBe('#/decisions?model=large');
    await control('Model').selectOption({ label: 'any' });
    await control('Policy').selectOption({ label: 'Goes to small' });
    await show(({ model }) => model === 'small');
    await control('Account').selectOption({ label: 'Account of large' });
    await page.getByText('No decision is as the filters say.').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await show(() => true);
    await expect.poll(address, OFTEN).toBe('#/decisions');
    await control('Result').selectOption('refused');
    await show(({ refusal }) => refusal !== null);
    await control('Refused because').selectOption({ label: 'no policy matched' });
    await show(({ refusal }) => refusal === 'NO_POLICY_MATCHED');
    await control('Result').selectOption('admitted');
    await page.getByText('No decision is as the filters say.').waitFor();
    await control('Refused because').selectOption({ label: 'any' });
    await show(({ refusal }) => refusal === null);
  });

  test('times are those of the clock on the wall, and moments in the address', async () => {
    await open('#/decisions', { timezoneId: 'Asia/Kolkata' });
    await page.getByText('Filters', { exact: true }).click();
    const [from, until] = [required(made[4]).created_at, required(made[1]).created_at].map(
      (at) => `${at.slice(0, 16)}:00.000Z`,
    );
    const onWall = (at: string) => new Date(Date.parse(at) + 5.5 * 3_600_000).toISOString().slice(0, 16);
    await time('Made from').fill(onWall(required(from)));
    await time('Made before').fill(onWall(required(until)));
    await show(({ created_at }) => created_at >= required(from) && created_at < required(until));
    await expect
      .poll(address, OFTEN)
      .toBe(`#/decisions?${new URLSearchParams({ since: required(from), until: required(until) })}`);
    await page.reload();
    expect(await time('Made from').inputValue()).toBe(onWall(required(from)));
  });

  test('an address that is handed on shows the same, reloaded too, whatever else it says', async () => {
    await open(`#/decisions?workspace=${ids.Research}&refusal=NO_POLICY_MATCHED&since=yesterday&refused=%E0%A4%A`);
    const wanted = ({ workspace, refusal }: Made) => workspace === 'Research' && refusal === 'NO_POLICY_MATCHED';
    await show(wanted);
    await page.reload();
    await show(wanted);
    await expect.poll(() => control('Workspace').locator(':checked').textContent()).toBe('Research');
    expect(await control('Refused because').inputValue()).toBe('NO_POLICY_MATCHED');
    await page.getByText('Filters: 2').waitFor();
  });

  test('back and forward lead through what was chosen, and a decision that is closed back to it', async () => {
    await open('#/decisions');
    await page.getByText('Filters', { exact: true }).click();
    await control('Workspace').selectOption({ label: 'Support' });
    await show(({ workspace }) => workspace === 'Support');
    await control('Model').selectOption({ label: 'small' });
    await show(({ workspace, model }) => workspace === 'Support' && model === 'small');
    await page.goBack();
    await show(({ workspace }) => workspace === 'Support');
    expect(await control('Model').inputValue()).toBe('');
    await page.goBack();
    await show(() => true);
    await page.goForward();
    await show(({ workspace }) => workspace === 'Support');
    expect(await control('Workspace').inputValue()).toBe(ids.Support);
    await page.locator('.decisions .body .row').first().click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(address, OFTEN).toBe(`#/decisions?workspace=${ids.Support}`);
    await show(({ workspace }) => workspace === 'Support');
  });

  test('a new decision comes in where it is as the filters say, and nowhere else', async () => {
    await open(`#/decisions?workspace=${ids.Research}`);
    await show(({ workspace }) => workspace === 'Research');
    const decide = (workspace: string) => post('/decisions', { workspace_id: ids[workspace], purpose: 'large' });
    for (const workspace of ['Support', 'Research']) {
      const { decision_id, created_at } = await decide(workspace);
      made.unshift({ decision_id, created_at, workspace, model: 'large', refusal: null });
    }
    await show(({ workspace }) => workspace === 'Research');
  });

  test('a policy leads to its decisions, and back', async () => {
    await open(`#/policies/${ids['pol small']}`);
    await page.getByRole('dialog', { name: 'Goes to small' }).getByRole('link', { name: 'Its decisions' }).click();
    await show(({ model }) => model === 'small');
    await expect.poll(address, OFTEN).toBe(`#/decisions?policy=${ids['pol small']}`);
    await page.goBack();
    await page.getByRole('dialog', { name: 'Goes to small' }).waitFor();
    await page.goForward();
    await show(({ model }) => model === 'small');
  });

  test('the keyboard alone opens the filters and chooses', async () => {
    await open('#/decisions');
    await show(() => true);
    await page.getByRole('checkbox').focus();
    for (const key of ['Tab', 'Enter', 'Tab']) await page.keyboard.press(key);
    await expect
      .poll(() => page.locator(':focus').evaluate((at) => at.closest('label')?.textContent))
      .toMatch(/^Workspace/);
    await page.keyboard.type('Sup');
    await page.keyboard.press('Enter');
    await show(({ workspace }) => workspace === 'Support');
    expect(await page.locator(':focus').evaluate((at) => at.closest('label')?.textContent)).toMatch(/^Workspace/);
  });

  test.each([
    ['light', DESK],
    ['dark', PHONE],
  ] as const)('axe objects to none of it, nor is it wider than the window, %s at %o', async (colorScheme, viewport) => {
    await open(`#/decisions?workspace=${ids.Support}&result=refused`, { colorScheme, viewport });
    await show(({ workspace, refusal }) => workspace === 'Support' && refusal !== null);
    await filters().waitFor();
    await page.evaluate(AXE);
    const found = await page.evaluate(() =>
      (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
    );
    expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(viewport.width);
    const boxes = await filters()
      .locator('select, input, button')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().right));
    expect(Math.max(...boxes)).toBeLessThanOrEqual(viewport.width);
  });

  test('its console is quiet', () => {
    expect(watch).toEqual({ problems: [], foreign: [] });
  });
});
