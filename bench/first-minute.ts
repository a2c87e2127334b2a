/**
 * A newcomer's first minute, from a clone to the first request that the proxy routes: `npx node bench/first-minute.ts`.
 * The download of packages is named, as it is the network's; the provider is one of its own. Without Chromium the console is left out.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startProvider } from '../test/client/provider.ts';
import { CHROMIUM, launch } from '../test/e2e/chromium.ts';
import { required } from '../test/required.ts';

const URL = 'http://127.0.0.1:4871';
const root = fileURLToPath(new globalThis.URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'switchyard-minute-'));
const clone = join(folder, 'switchyard');

const line = (name: string, ms: number) =>
  void process.stdout.write(`${name.padEnd(44)} ${(ms / 1000).toFixed(1).padStart(6)} s\n`);

async function lap<T>(name: string, work: () => Promise<T> | T): Promise<T> {
  const begin = performance.now();
  const done = await work();
  line(name, performance.now() - begin);
  return done;
}

const readToken = () => readFileSync(join(clone, 'data', 'demo-token'), 'utf8').trim();

async function ask(query: string): Promise<{ data: { viewer: { organization: { workspaces: Workspaces } } } } | null> {
  try {
    const headers = { Authorization: `Bearer ${readToken()}`, 'Content-Type': 'application/json' };
    const answer = await fetch(`${URL}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
    return answer.ok ? ((await answer.json()) as Awaited<ReturnType<typeof ask>>) : null;
  } catch {
    return null;
  }
}
interface Workspaces {
  nodes: { workspaceId: string }[];
}

async function firstAnswer() {
  for (;;) {
    const answer = await ask('{viewer{organization{workspaces(first: 1){nodes{workspaceId}}}}}');
    if (answer) return required(answer.data.viewer.organization.workspaces.nodes[0]).workspaceId;
    await sleep(50);
  }
}

/** What the browser itself says of the first paint, and how long until accounts are there to read. */
async function openConsole(): Promise<void> {
  const browser = await launch();
  const page = await browser.newPage();
  const begin = performance.now();
  await page.goto(`${URL}/console#token=${readToken()}`);
  await page.getByText('OpenAI main').first().waitFor();
  line('the console: the accounts are there after', performance.now() - begin);
  line(
    'the console: first contentful paint',
    required(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime)),
  );
  await browser.close();
}

async function routeThroughProxy(workspaceId: string): Promise<ChildProcess> {
  const provider = await startProvider();
  const names = ['OPENAI_API_KEY', 'vault:llm/azure-eu', 'ANTHROPIC_API_KEY', 'MISTRAL_API_KEY'];
  const addresses = Object.fromEntries(names.map((name) => [`${name}_URL`, provider.url]));
  const proxy = spawn(process.execPath, ['--conditions=switchyard-source', 'examples/proxy.ts'], {
    cwd: clone,
    env: { ...process.env, ...addresses, SWITCHYARD_URL: URL, PORT: '0', WORKSPACE_ID: workspaceId },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [address] = (await once(proxy.stdout, 'data')) as [Buffer];
  const answer = await fetch(`${address.toString().trim()}/chat/completions`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${readToken()}` },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }] }),
  });
  if (!answer.ok) throw new Error(`the proxy answered ${answer.status}: ${await answer.text()}`);
  await provider.close();
  return proxy;
}

await lap('git clone', () => void execFileSync('git', ['clone', '--quiet', root, clone]));
await lap('npm install (with the download)', () => void execFileSync('npm', ['install', '--silent'], { cwd: clone }));
const server = spawn('npm', ['start', '--silent'], {
  cwd: clone,
  env: { ...process.env, PORT: '4871', NODE_ENV: '' },
  stdio: 'ignore',
  detached: true,
});
try {
  const workspaceId = await lap('npm start to the first answered query', firstAnswer);
  if (CHROMIUM) await openConsole();
  const proxy = await lap('the proxy to the first routed request', () => routeThroughProxy(workspaceId));
  proxy.kill('SIGTERM');
  await once(proxy, 'exit');
} finally {
  process.kill(-required(server.pid), 'SIGTERM');
  await sleep(1_500);
  rmSync(folder, { recursive: true, force: true });
}
