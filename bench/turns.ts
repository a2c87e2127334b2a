/**
 * Two or more checkouts beside each other, as where one change was made and where it was not:
 * `npx node bench/turns.ts W1 [--rounds N] [--seconds N] [--connections N] ../before .`. Their servers work in turns on copies of the same
 * data, so what else the machine does meets all of them. Told for each: microseconds of processor for an answer, of the thread that
 * answers and of the whole process (the quartile of the rounds that was disturbed least, and the median), answers a second, the 99th percentile, memory at the end. Linux alone.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { required } from '../test/required.ts';
import { GENERATOR } from './load/measure.ts';
import type { Told } from './load/tally.ts';
import { seedOnce } from './peers/bed.ts';
import { say } from './peers/install.ts';
import { readOptions } from './peers/options.ts';
import { residentMiB, type Served, start, startHelper, workedUs } from './peers/processes.ts';
import { works } from './peers/works.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '1' },
    connections: { type: 'string' },
  },
});
const [name, ...checkouts] = positionals;
const work = required(works.find((one) => one.name === name));

interface Side {
  checkout: string;
  server: Served;
  rounds: { thread: number; all: number; rate: number; p99: number }[];
}

const folder = mkdtempSync(join(tmpdir(), 'switchyard-turns-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const load = startHelper(GENERATOR);
const world = await seedOnce(folder, readOptions([]).extents.sqlite);

async function begin(checkout: string, at: number): Promise<Side> {
  const DATA_DIR = join(folder, String(at));
  cpSync(join(folder, 'seed'), DATA_DIR, { recursive: true });
  const env = { DATA_DIR, PORT: '0', RATE_LIMIT_PER_MINUTE: '0', MONGODB_URI: '' };
  const program = join(resolve(checkout), 'bin', 'switchyard.js');
  return { checkout, server: await start(process.execPath, [program, 'serve', '--no-demo'], env), rounds: [] };
}

const threadUs = (pid: number) =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1_000;

const ask = ({ url }: Served, until: { seconds: number } | { amount: number }) =>
  load.ask<Told>({
    url,
    headers: { Authorization: `Bearer ${world.token}`, 'Content-Type': 'application/json' },
    connections: Number(values.connections ?? work.connections ?? 32),
    take: 'endless',
    requests: work.requests(world),
    ...until,
  });

async function round({ server, rounds }: Side): Promise<void> {
  const { pid } = server;
  const [thread, all] = [threadUs(pid), workedUs(pid)];
  const { answered, seconds, answers } = await ask(server, { seconds: Number(values.seconds) });
  rounds.push({
    thread: (threadUs(pid) - thread) / answered,
    all: (workedUs(pid) - all) / answered,
    rate: answered / seconds,
    p99: answers.p99,
  });
}

function line({ checkout, server, rounds }: Side): string {
  const at = (of: keyof (typeof rounds)[0], share: number) => {
    const sorted = rounds.map((one) => one[of]).toSorted((a, b) => a - b);
    return required(sorted[Math.floor((sorted.length - 1) * share)]).toFixed(of === 'rate' ? 0 : 1);
  };
  const us = (of: 'thread' | 'all') => `${at(of, 0.25)} (${at(of, 0.5)}) µs`;
  return `${checkout}: thread ${us('thread')}, process ${us('all')}, ${at('rate', 0.5)} a second, p99 ${at('p99', 0.5)} ms, ${residentMiB(server.pid)?.toFixed(0)} MiB`;
}

const sides: Side[] = [];
for (const [at, checkout] of checkouts.entries()) sides.push(await begin(checkout, at));
for (const { server } of sides) await ask(server, { amount: work.warmUp || 3_072 });
for (let turn = 0; turn < Number(values.rounds); turn += 1)
  for (const step of sides.keys()) await round(required(sides[(step + turn) % sides.length]));
say(`${work.title}; ${values.rounds} rounds, load ${required(loadavg()[0]).toFixed(1)}`);
for (const side of sides) say(line(side));
for (const { server } of sides) await server.stop();
load.stop();
