import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PATIENCE_MS } from '../harness.ts';
import { required } from '../required.ts';
import { pythonWithLitellm } from './litellm.ts';
import { type Provider, startProvider } from './provider.ts';
import { type Setting, startSetting } from './setting.ts';

const python = await pythonWithLitellm();

let setting: Setting;
let providers: Provider[];
beforeAll(async () => {
  providers = await Promise.all([startProvider(), startProvider()]);
  setting = await startSetting(providers.length);
  const { tenant } = setting;
  for (const name of ['Alpha', 'Beta', 'Gamma', 'Delta'])
    await tenant.rest('POST', `${tenant.base}/workspaces`, { organization_id: tenant.orgId, name });
});
afterAll(async () => {
  await setting.harness.close();
  await Promise.all(providers.map((provider) => provider.close()));
});

/** The lines that the example prints, as its reader runs it. */
async function run([program, ...args]: [string, ...string[]], env: Record<string, string> = {}): Promise<string[]> {
  const { harness, tenant, context } = setting;
  const keys = providers.flatMap((provider, at) => [
    [`KEY_${at}`, `secret-${at}`],
    [`KEY_${at}_URL`, provider.url],
  ]);
  const at = { SWITCHYARD_URL: harness.url, SWITCHYARD_TOKEN: tenant.token, WORKSPACE_ID: context.workspace_id };
  const litellm = { MODEL: 'm', LITELLM_LOCAL_MODEL_COST_MAP: 'true' };
  const child = spawn(program, args, {
    env: { ...process.env, NODE_OPTIONS: '', ...at, ...litellm, ...Object.fromEntries(keys), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE_MS / 2,
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  expect(code, err).toBe(0);
  return out.trimEnd().split('\n');
}

const runExample = (name: string, env?: Record<string, string>) =>
  run([process.execPath, '--conditions=switchyard-source', `examples/${name}`], env);

test('OpenAI’s SDK behind the client is answered, whole and streamed, though one provider is down', async () => {
  required(providers[0]).behave('error');
  required(providers[1]).behave('ok');
  expect(await runExample('openai-sdk.ts')).toEqual(['answered: Hello, world', 'streamed: Hello, world']);
  const decided = await setting.decisions();
  const served = decided.filter(({ outcome }) => outcome?.success);
  expect(served).toMatchObject(Array(2).fill({ outcome: { input_tokens: 11, output_tokens: 7 } }));
  expect(new Set(decided.map(({ status }) => status))).toEqual(new Set(['reported']));
});

test('an account whose key is not set is passed over by OpenAI’s SDK behind the client', async () => {
  for (const provider of providers) provider.behave('ok');
  for (const without of ['KEY_0', 'KEY_1'])
    expect(await runExample('openai-sdk.ts', { [without]: '' }), without).toEqual([
      'answered: Hello, world',
      'streamed: Hello, world',
    ]);
});

const PAGES = [
  'after page 1: Delta, Gamma',
  'after page 2: Delta, Gamma, Beta, Alpha',
  'after page 3: Delta, Gamma, Beta, Alpha, W',
];

test.each(['apollo-pagination.ts', 'relay-pagination.ts'])('%s has its cache put the pages together', async (name) => {
  expect(await runExample(name)).toEqual(PAGES);
});

test('documents of graphql-codegen’s client preset read and write', async () => {
  const name = (await setting.tenant.graphql('{ viewer { organization { name } } }')).body.data.viewer.organization
    .name;
  const none = ['Delta', 'Gamma', 'Beta', 'Alpha'].map((workspace) => `  ${workspace}: no models`);
  expect(await runExample('graphql-codegen.ts')).toEqual([`${name}: 5 workspaces`, ...none, '  W: m', 'made: example']);
});

test('openapi-fetch pages, changes what it has read, and reads a refusal', async () => {
  expect(await runExample('openapi-fetch.ts')).toEqual([
    'workspaces: Delta, Gamma, Beta, Alpha, W',
    'changed: first',
    'changed again: 412',
    'refused: body.name string_too_short',
  ]);
});

test.skipIf(!python)('LiteLLM is governed by its callback, and goes elsewhere where a provider is down', async () => {
  for (const provider of providers) provider.behave('error', 'ok');
  const before = (await setting.decisions()).length;
  expect(await run([required(python), 'examples/litellm_callback.py'])).toEqual(['answered: Hello, world']);
  const all = await setting.decisions();
  const [served, second, first, ...none] = all.slice(0, all.length - before);
  expect(none).toEqual([]);
  const failed = { success: false, error_class: 'provider_error' };
  expect(first).toMatchObject({ retry_of: null, outcome: failed });
  expect(second).toMatchObject({ retry_of: required(first).decision_id, outcome: failed });
  expect(required(second).provider_account_id).not.toBe(required(first).provider_account_id);
  const used = { success: true, input_tokens: 11, output_tokens: 7 };
  expect(served).toMatchObject({ retry_of: required(second).decision_id, outcome: used });
});
