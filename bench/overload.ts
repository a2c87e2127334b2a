/**
 * From a process of its own: calm clients, each of which waits for its answer (nobody is to be refused); then twice of
 * what the server can do (what it still answers, how fast it refuses, and whether it recovers):
 * `node bench/overload.ts [SECONDS] [Q3|Q2|decide]`. The machine's cores are shared by both processes: read ratios.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand, startServer } from '../test/e2e/process.ts';
import { createClient } from '../test/harness.ts';
import { required } from '../test/required.ts';
import { seed } from '../test/seed.ts';

const SECONDS = Number(process.argv[2] ?? 20);
const folder = mkdtempSync(join(tmpdir(), 'switchyard-overload-'));
const env = { DATA_DIR: folder, RATE_LIMIT_PER_MINUTE: '0' };
const { stdout } = await runCommand(['org', 'create', 'Acme'], env);
const { org_id: orgId, token } = JSON.parse(stdout) as { org_id: string; token: string };
const server = await startServer(env);
const CONNECTIONS = 1_000;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, maxFreeSockets: CONNECTIONS });

interface Load {
  name: string;
  path: string;
  body: string;
}

const client = createClient(server.url, token);
const base = `/v1/orgs/${orgId}`;
const seeded = await seed({ ...client, orgId, memberId: '', base, as: () => Promise.reject(new Error('unused')) });
for (let app = 0; app < 9; app += 1) {
  const { body } = await client.rest('POST', `${seeded.workspace}/apps`, { name: `app ${app}` });
  for (let at = 0; at < 10; at += 1)
    await client.rest('POST', `${seeded.workspace}/apps/${body.app_id}/namespaces`, {
      name: `n ${at}`,
      environment_id: seeded.environmentId,
    });
}
for (let at = 0; at < 60; at += 1)
  await client.rest('POST', `${seeded.app}/namespaces`, { name: `n ${at}`, environment_id: seeded.environmentId });
const query = `{app(appId:"${seeded.appId}"){namespaces(first:50){totalCount pageInfo{hasNextPage endCursor} edges{cursor node{id name status createdAt tags}}}}}`;
const nested = `{workspace(workspaceId:"${seeded.workspaceId}"){name apps(first:10){edges{node{name namespaces(first:10){edges{node{name status environment{name}}}}}}}}}`;
const loads: Load[] = [
  { name: 'Q3, 10 apps × 10 namespaces', path: '/graphql', body: JSON.stringify({ query: nested }) },
  { name: 'Q2, a page of 50', path: '/graphql', body: JSON.stringify({ query }) },
  { name: 'decide', path: `${base}/decisions`, body: JSON.stringify({ workspace_id: seeded.workspaceId }) },
];

const residentMiB = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))?.[1]) / 1024;

/** The server's processor time so far: it tells what a request costs, whoever else is at work on this machine. */
const processorMs = () => {
  const [user, system] = readFileSync(`/proc/${server.child.pid}/stat`, 'utf8').split(' ').slice(13);
  return (Number(user) + Number(system)) * 10;
};

function post({ path, body }: Load): Promise<{ status: number; ms: number }> {
  let begin = performance.now();
  return new Promise((resolve) => {
    const ended = (status: number) => resolve({ status, ms: performance.now() - begin });
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const sent = request(server.url + path, { method: 'POST', agent, headers }, (res) => {
      res.resume().on('close', () => ended(res.complete ? required(res.statusCode) : 0));
    });
    sent.on('socket', () => {
      begin = performance.now();
    });
    sent.on('error', () => ended(0)).end(body);
  });
}

/** So many clients, each of which asks again when it is answered: what they get through a second. */
async function closedLoop(
  load: Load,
  clients: number,
): Promise<{ perSecond: number; refused: number; p99: number; costMs: number }> {
  const before = processorMs();
  const until = performance.now() + 4_000;
  const answers: { status: number; ms: number }[] = [];
  const worker = async () => {
    while (performance.now() < until) answers.push(await post(load));
  };
  await Promise.all(Array.from({ length: clients }, worker));
  const served = answers.filter(({ status }) => status < 300).map(({ ms }) => ms);
  const p99 = served.sort((a, b) => a - b)[Math.floor(served.length * 0.99)] ?? 0;
  const costMs = (processorMs() - before) / served.length;
  return { perSecond: served.length / 4, refused: answers.length - served.length, p99, costMs };
}

/** So many a second, whatever comes back. */
async function offer(load: Load, perSecond: number, costMs: number): Promise<void> {
  const before = processorMs();
  const answers: Promise<{ status: number; ms: number }>[] = [];
  const lives: Promise<number>[] = [];
  const begin = performance.now();
  let peak = 0;
  for (let sent = 0; ; ) {
    const elapsed = performance.now() - begin;
    if (elapsed > SECONDS * 1_000) break;
    for (; sent < (elapsed / 1_000) * perSecond; sent += 1) answers.push(post(load));
    if (lives.length < elapsed / 500) {
      const at = performance.now();
      lives.push(fetch(`${server.url}/health/live`).then(() => performance.now() - at));
      peak = Math.max(peak, residentMiB());
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const all = await Promise.all(answers);
  const of = (wanted: (status: number) => boolean) =>
    all
      .filter(({ status }) => wanted(status))
      .map(({ ms }) => ms)
      .sort((a, b) => a - b);
  const [good, refused, other] = [
    of((s) => s === 200 || s === 201),
    of((s) => s === 503),
    of((s) => ![200, 201, 503].includes(s)),
  ];
  const at = (list: number[], share: number) => `${(list[Math.floor(list.length * share)] ?? 0).toFixed(0)} ms`;
  const live = (await Promise.all(lives)).sort((a, b) => a - b);
  process.stdout.write(
    `  offered ${perSecond.toFixed(0)}/s: goodput ${((good.length / SECONDS / perSecond) * 2).toFixed(2)} of the capacity (p50 ${at(good, 0.5)}, p99 ${at(good, 0.99)}), ` +
      `${((good.length * costMs) / (processorMs() - before)).toFixed(2)} of the processor's time for answers, ` +
      `refused ${refused.length} (p50 ${at(refused, 0.5)}, p99 ${at(refused, 0.99)}), other ${other.length}; ` +
      `liveness at most ${at(live, 0.999)}; ${peak.toFixed(0)} MiB\n`,
  );
}

for (const load of loads.filter(({ name }) => name.startsWith(process.argv[3] ?? ''))) {
  process.stdout.write(`${load.name}\n`);
  let most = 0;
  let cost = 0;
  for (const clients of [32, 48]) {
    const { perSecond, refused, p99, costMs } = await closedLoop(load, clients);
    most = Math.max(most, perSecond);
    cost = costMs;
    process.stdout.write(
      `  ${clients} calm clients: ${perSecond.toFixed(0)}/s, ${costMs.toFixed(1)} ms of processor each, p99 ${p99.toFixed(0)} ms, refused ${refused}\n`,
    );
  }
  // Connections as a client's pool holds them: open before the rush.
  for (let at = 0; at < 3; at += 1) await Promise.all(Array.from({ length: CONNECTIONS }, () => post(load)));
  await offer(load, most * 2, cost);
  const after = await closedLoop(load, 32);
  process.stdout.write(
    `  afterwards ${(after.perSecond / most).toFixed(2)} of the capacity, refused ${after.refused}; ${residentMiB().toFixed(0)} MiB\n`,
  );
}
agent.destroy();
server.child.kill('SIGTERM');
await server.exit;
rmSync(folder, { recursive: true, force: true });
