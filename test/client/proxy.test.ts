import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Harness, startHarness } from '../harness.ts';
import { required } from '../required.ts';
import { type Provider, startProvider } from './provider.ts';
import { arrange } from './setting.ts';

let harness: Harness;
let providers: Provider[];
let proxy: ChildProcess;
let url: string;
let set: Awaited<ReturnType<typeof arrange>>;
beforeAll(async () => {
  harness = await startHarness();
  providers = await Promise.all([startProvider(), startProvider(), startProvider()]);
  const keys = providers.flatMap((provider, at) => [
    [`KEY_${at}`, `secret-${at}`],
    [`KEY_${at}_URL`, provider.url],
  ]);
  proxy = spawn(process.execPath, ['--conditions=switchyard-source', 'examples/proxy.ts'], {
    env: { ...process.env, ...Object.fromEntries(keys), SWITCHYARD_URL: harness.url, PORT: '0', SILENCE_MS: '2000' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(required(proxy.stdout), 'data')) as [Buffer];
  url = line.toString().trim();
});
afterAll(async () => {
  const ended = once(proxy, 'exit');
  proxy.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  await Promise.all(providers.map((provider) => provider.close()));
  await harness.close();
});
beforeEach(async () => {
  set = await arrange(harness, providers.length);
  for (const provider of providers) provider.behave('ok');
});

/** As any SDK of OpenAI's asks. */
const ask = (body: object = {}, { token = set.tenant.token, signal = null as AbortSignal | null } = {}) =>
  fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'X-Workspace-Id': set.context.workspace_id },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hello' }], ...body }),
    signal,
  });

test('governs whoever asks in OpenAI’s protocol: by the caller’s token, with the org’s key and model', async () => {
  const answered = await ask();
  expect(answered.status).toBe(200);
  expect(await answered.json()).toMatchObject({ model: 'gpt-4o-2024-11-20', usage: { total_tokens: 18 } });
  await expect
    .poll(set.decisions, { timeout: 60_000 })
    .toMatchObject([{ outcome: { success: true, input_tokens: 11, output_tokens: 7 } }]);
  const asked = required(providers.flatMap(({ requests }) => requests).at(-1));
  expect(asked.key).toMatch(/^secret-\d$/);
  expect((await ask({}, { token: 'mm_tok_none' })).status).toBe(401);
  const refused = await ask({ model: 'none' });
  expect([refused.status, await refused.json()]).toMatchObject([404, { error: { type: 'switchyard' } }]);
});

test('an outage of two providers out of three fails no request, streamed or not', async () => {
  let served = 0;
  for (const outage of ['error', 'busy', 'cut', 'hang', 'overloaded'] as const) {
    set = await arrange(harness, providers.length);
    required(providers[0]).behave(outage);
    required(providers[1]).behave(outage === 'hang' ? 'error' : outage);
    for (const stream of outage === 'hang' ? [false] : [false, true]) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => ask({ stream })));
      const texts = await Promise.all(answers.map((answer) => answer.text()));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(texts.every((one) => one.includes(stream ? '[DONE]' : 'Hello, world'))).toBe(true);
      served += answers.length;
    }
    const open = async () => (await set.decisions()).filter(({ status }) => status === 'open').length;
    await expect.poll(open, { timeout: 60_000 }).toBe(0);
  }
  expect(served).toBe(72);
});

test('a caller that goes away is reported, and the provider let go', async () => {
  for (const provider of providers) provider.behave('hang');
  const gone = new AbortController();
  const answered = await ask({ stream: true }, { signal: gone.signal });
  gone.abort();
  await expect(text(answered.body as never)).rejects.toThrow();
  const classes = async () => (await set.decisions()).map(({ outcome }) => outcome?.error_class);
  await expect.poll(classes, { timeout: 60_000 }).toEqual(['aborted']);
  await expect.poll(() => providers.map(({ open }) => open()), { timeout: 60_000 }).toEqual([0, 0, 0]);
});
