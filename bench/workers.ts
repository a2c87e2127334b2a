/**
 * What one request costs with one process and with several, parent and sharing of limits included: `npx node bench/workers.ts [workers] [writes a second] [reads|creates]`.
 * It is told in processor time, as the kernel counts it for each process, so that others on the machine count less; and what
 * follows of it for throughput where there is a core for each: the first cost divided by the busiest worker's. The load is made of
 * plain sockets, at a fifth of what a request costs the server, and stays on another core. Linux alone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import http, { Agent } from 'node:http';
import { connect } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand, startServer } from '../test/e2e/process.ts';
import { childrenOf } from '../test/e2e/teams.ts';
import { required } from '../test/required.ts';
import { workedUs } from './peers/processes.ts';

const WORKERS = Number(process.argv[2] ?? 2);
/** Beside the reads: each writes the organization anew, and lets go of what other processes keep of the file. */
const WRITES = Number(process.argv[3] ?? 0);
const CREATES = process.argv[4] === 'creates';
const CONNECTIONS = 64;
/** Until then a process still compiles what it is asked for again and again: each of several is asked less. */
const WARM_UP = CREATES ? 5_000 : 30_000;
const REQUESTS = CREATES ? 4_000 : 15_000;
const ROUNDS = 7;

const folder = mkdtempSync(join(tmpdir(), 'switchyard-workers-'));
const org = JSON.parse((await runCommand(['org', 'create', 'Acme'], { DATA_DIR: folder })).stdout);
const headers = { Authorization: `Bearer ${org.token}`, 'Content-Type': 'application/json' };
const toBegin = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
let sent = 0;

/** A read, or a durable create of what has a name of its own. */
function request(place: string): string {
  if (!CREATES) return `GET ${place} HTTP/1.1\r\nHost: x\r\n${toBegin.join('')}\r\n`;
  const body = JSON.stringify({ name: `${process.pid} ${sent++}` });
  return `POST ${place} HTTP/1.1\r\nHost: x\r\n${toBegin.join('')}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** What is asked for: roles, or apps in a workspace of this run. */
async function placeAt(url: string): Promise<string> {
  const base = `/v1/orgs/${org.org_id}`;
  if (!CREATES) return `${base}/roles`;
  const body = JSON.stringify({ organization_id: org.org_id, name: `Workspace ${performance.now()}` });
  const made = await fetch(`${url}${base}/workspaces`, { method: 'POST', headers, body });
  const { workspace_id } = (await made.json()) as { workspace_id: string };
  return `${base}/workspaces/${workspace_id}/apps`;
}

/** One request after the other on each connection; of an answer only its status and its length are read. */
async function load(url: string, place: string, requests: number): Promise<void> {
  let left = requests;
  const connection = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', noDelay: true });
      const next = () => (left-- > 0 ? socket.write(request(place)) : socket.destroy());
      let missing = 0;
      socket.on('connect', next).on('error', reject).on('close', resolve);
      socket.on('data', (data) => {
        if (missing === 0) {
          const head = data.toString('latin1', 0, 1_200);
          if (!head.startsWith('HTTP/1.1 20')) return reject(new Error(head));
          missing = head.indexOf('\r\n\r\n') + 4 + Number(required(/content-length: (\d+)/i.exec(head))[1]);
        }
        missing -= data.length;
        if (missing === 0) next();
      });
    });
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
}

/** Until it is stopped. */
function write(url: string): () => void {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const one = () => {
    const sent = http.request(`${url}/v1/orgs/${org.org_id}`, { method: 'PATCH', agent, headers });
    sent.on('response', (res) => res.resume()).on('error', () => {});
    sent.end(JSON.stringify({ description: String(performance.now()) }));
  };
  const timer = WRITES > 0 ? setInterval(one, 1_000 / WRITES) : undefined;
  return () => {
    clearInterval(timer);
    agent.destroy();
  };
}

interface Round {
  perRequestUs: number;
  parentUs: number;
  /** Of all that the workers did, what the busiest had to do: half of it, of two, at best. */
  busiest: number;
  perSecond: number;
}

async function serving(workers: number) {
  const env = { DATA_DIR: folder, RATE_LIMIT_PER_MINUTE: '10000000' };
  const server = await startServer(env, ['serve', '--no-demo', '--workers', String(workers)]);
  const parent = required(server.child.pid);
  const pids = workers === 1 ? [parent] : childrenOf(parent);
  const place = await placeAt(server.url);
  await load(server.url, place, WARM_UP * workers);
  const round = async (): Promise<Round> => {
    const [before, parentBefore, begun] = [pids.map(workedUs), workedUs(parent), performance.now()];
    const stopWriting = write(server.url);
    await load(server.url, place, REQUESTS);
    stopWriting();
    const seconds = (performance.now() - begun) / 1_000;
    const worked = pids.map((pid, at) => workedUs(pid) - required(before[at]));
    const sum = worked.reduce((a, b) => a + b, 0);
    return {
      perRequestUs: sum / REQUESTS,
      parentUs: workers === 1 ? 0 : (workedUs(parent) - parentBefore) / REQUESTS,
      busiest: Math.max(...worked) / sum,
      perSecond: REQUESTS / seconds,
    };
  };
  const stop = async () => {
    server.child.kill('SIGTERM');
    await server.exit;
  };
  return { round, stop };
}

const median = (list: number[]) => required(list.sort((a, b) => a - b)[Math.floor(list.length / 2)]);
const [one, many] = [await serving(1), await serving(WORKERS)];
const rounds: [Round[], Round[]] = [[], []];
for (let at = 0; at < ROUNDS; at += 1) {
  rounds[0].push(await one.round());
  rounds[1].push(await many.round());
}
const of = (which: 0 | 1, name: keyof Round) => median(rounds[which].map((round) => round[name]));
const perBusiest = of(1, 'perRequestUs') * of(1, 'busiest');
// The parent needs a core, too, which is one of the workers' where there are no more.
const perCore = (of(1, 'perRequestUs') + of(1, 'parentUs')) / WORKERS;
process.stdout.write(`${availableParallelism()} cores, ${CONNECTIONS} connections, ${CREATES ? 'durable creates' : 'reads'}, ${WRITES} other writes a second
1 worker:  ${of(0, 'perRequestUs').toFixed(0)} µs of processor per request, ${of(0, 'perSecond').toFixed(0)} a second
${WORKERS} workers: ${of(1, 'perRequestUs').toFixed(0)} µs, the parent ${of(1, 'parentUs').toFixed(0)} µs, the busiest does ${(of(1, 'busiest') * 100).toFixed(0)} %, ${of(1, 'perSecond').toFixed(0)} a second
where there is a core for each: ${(of(0, 'perRequestUs') / Math.max(perBusiest, perCore)).toFixed(2)} ×\n`);
await Promise.all([one.stop(), many.stop()]);
rmSync(folder, { recursive: true, force: true });
