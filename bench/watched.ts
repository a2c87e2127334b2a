/**
 * What metrics and access lines cost, each alone and both: `npx node bench/watched.ts [R1|R2|Q1 …] [--starts N] [--rounds N]`. Two servers of the same
 * code differ by a tenth from one start to the next, by what was compiled when: so each is started several times, and all of them work in
 * turns, in short rounds. It is told in processor time, as the kernel counts it; of a server's rounds the quartile that others
 * have disturbed least, of its starts the median. Linux alone.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { paired } from '../src/words/paired.ts';
import { required } from '../test/required.ts';
import { GENERATOR } from './load/measure.ts';
import { seedOnce, startOurs } from './peers/bed.ts';
import { installPeers, say } from './peers/install.ts';
import { readOptions } from './peers/options.ts';
import { type Helper, type Served, startHelper, workedUs } from './peers/processes.ts';
import { type Work, works } from './peers/works.ts';
import type { World } from './peers/world.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { starts: { type: 'string', default: '7' }, rounds: { type: 'string', default: '8' } },
});
const WORKS = positionals.length > 0 ? positionals : ['R1', 'R2', 'Q1'];
const [STARTS, ROUNDS] = [Number(values.starts), Number(values.rounds)];
const SECONDS = 0.4;
const WARM_UP_SECONDS = 3;
const CONNECTIONS = 32;

const WATCHED: Record<string, NodeJS.ProcessEnv> = {
  nothing: { METRICS: 'off', LOG_LEVEL: 'warn' },
  metrics: { LOG_LEVEL: 'warn' },
  'access lines': { METRICS: 'off' },
  both: {},
};
const NAMES = Object.keys(WATCHED);

const quantile = (list: readonly number[], share: number) =>
  required(list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) * share)]);

/** Microseconds of processor for each answer, of each server in a start of its own. */
async function oneStart(work: Work, world: World, load: Helper): Promise<number[]> {
  const servers: Served[] = [];
  try {
    for (const [name, env] of Object.entries(WATCHED)) {
      const DATA_DIR = join(folder, name);
      rmSync(DATA_DIR, { recursive: true, force: true });
      cpSync(join(folder, 'seed'), DATA_DIR, { recursive: true });
      servers.push(await startOurs({ DATA_DIR, ...env }));
    }
    const headers = { Authorization: `Bearer ${world.token}`, 'Content-Type': 'application/json' };
    const asked = { headers, connections: CONNECTIONS, take: 'endless', requests: work.requests(world) };
    const ask = ({ url }: Served, seconds: number) => load.ask<{ answered: number }>({ url, seconds, ...asked });
    for (const server of servers) await ask(server, WARM_UP_SECONDS);
    const costs = servers.map((): number[] => []);
    for (let round = 0; round < ROUNDS; round += 1)
      for (const step of servers.keys()) {
        const at = (step + round) % servers.length;
        const server = required(servers[at]);
        const before = workedUs(server.pid);
        const { answered } = await ask(server, SECONDS);
        required(costs[at]).push((workedUs(server.pid) - before) / answered);
      }
    return costs.map((list) => quantile(list, 0.25));
  } finally {
    for (const server of servers) await server.stop();
  }
}

installPeers();
const folder = mkdtempSync(join(tmpdir(), 'switchyard-watched-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const load = startHelper(GENERATOR);
const world = await seedOnce(folder, readOptions([]).extents.sqlite);
for (const work of works.filter(({ name }) => WORKS.includes(name))) {
  const starts: number[][] = [];
  for (let at = 0; at < STARTS; at += 1) starts.push(await oneStart(work, world, load));
  say(
    `\n${work.title}; ${STARTS} starts, ${ROUNDS} rounds of ${SECONDS} s each, load ${required(loadavg()[0]).toFixed(1)}`,
  );
  const costs = NAMES.map((_, at) => starts.map((costs) => required(costs[at])));
  const unwatched = quantile(required(costs[0]), 0.5);
  for (const [name, list] of paired(NAMES, costs)) {
    const cost = quantile(list, 0.5);
    const range = `${quantile(list, 0).toFixed(0)}–${quantile(list, 1).toFixed(0)}`;
    say(`  ${name.padEnd(14)} ${cost.toFixed(1).padStart(6)} µs (${range})  ${(cost / unwatched).toFixed(2)} ×`);
  }
}
load.stop();
