/**
 * What one request costs with one process and with several, parent and sharing of limits included: `node bench/workers.ts [workers]`.
 * Where cores are free, throughput grows as the first line divided by the last: wall clock is told too, but the load takes
 * a core of its own, so that it says little on a small machine. Linux alone.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand, startServer } from '../test/e2e/process.ts';

const WORKERS = Number(process.argv[2] ?? 2);
const CONNECTIONS = 32;
const REQUESTS = 6_000;
const ROUNDS = 5;
/** A tick of the kernel's clock, as it counts what a process works. */
const TICK_US = 10_000;

const folder = mkdtempSync(join(tmpdir(), 'switchyard-workers-'));
const org = JSON.parse((await runCommand(['org', 'create', 'Acme'], { DATA_DIR: folder })).stdout);

function statOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
}

const workedUs = (pid: number) => (Number(statOf(pid)[11]) + Number(statOf(pid)[12])) * TICK_US;

function childrenOf(pid: number): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return all.map(Number).filter((one) => {
    try {
      return Number(statOf(one)[1]) === pid;
    } catch {
      return false;
    }
  });
}

async function load(url: string): Promise<void> {
  const headers = { Authorization: `Bearer ${org.token}` };
  let left = REQUESTS;
  const one = (agent: Agent) =>
    new Promise<void>((resolve, reject) => {
      get(`${url}/v1/orgs/${org.org_id}/roles`, { agent, headers }, (res) => {
        if (res.statusCode !== 200) reject(new Error(`${res.statusCode}`));
        res.resume().on('end', resolve);
      }).on('error', reject);
    });
  const connection = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (left-- > 0) await one(agent);
    agent.destroy();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
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
  const parent = server.child.pid!;
  const pids = workers === 1 ? [parent] : childrenOf(parent);
  await load(server.url);
  const round = async (): Promise<Round> => {
    const [before, parentBefore, begun] = [pids.map(workedUs), workedUs(parent), performance.now()];
    await load(server.url);
    const seconds = (performance.now() - begun) / 1_000;
    const worked = pids.map((pid, at) => workedUs(pid) - before[at]!);
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

const median = (list: number[]) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)]!;
const [one, many] = [await serving(1), await serving(WORKERS)];
const rounds: [Round[], Round[]] = [[], []];
for (let at = 0; at < ROUNDS; at += 1) {
  rounds[0].push(await one.round());
  rounds[1].push(await many.round());
}
const of = (which: 0 | 1, name: keyof Round) => median(rounds[which].map((round) => round[name]));
const perBusiest = of(1, 'perRequestUs') * of(1, 'busiest');
process.stdout.write(`${availableParallelism()} cores, ${CONNECTIONS} connections
1 worker:  ${of(0, 'perRequestUs').toFixed(0)} µs of processor per request, ${of(0, 'perSecond').toFixed(0)} a second
${WORKERS} workers: ${of(1, 'perRequestUs').toFixed(0)} µs, the parent ${of(1, 'parentUs').toFixed(0)} µs, the busiest does ${(of(1, 'busiest') * 100).toFixed(0)} %, ${of(1, 'perSecond').toFixed(0)} a second
where cores are free: ${(of(0, 'perRequestUs') / perBusiest).toFixed(2)} ×\n`);
await Promise.all([one.stop(), many.stop()]);
rmSync(folder, { recursive: true, force: true });
