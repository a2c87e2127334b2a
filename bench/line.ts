/**
 * What an access line costs, closer than sockets and other processes let it be seen: `npx node bench/line.ts [R1|R2] [--rounds N]`. One process asks
 * the app for reads by requests that are no more than the app looks at, some with lines and some without, in turns, so that whatever else the
 * machine does meets both. It is told in processor time; of all turns the tenth that was disturbed least, and the median. The lines go
 * into a socket that another process reads.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createApp } from '../src/process/app.ts';
import { accessLines } from '../src/process/observe/access-line.ts';
import { noteOperation } from '../src/process/observe/visit.ts';
import { readConfig } from '../src/process/setup/config.ts';
import { createDeps } from '../src/process/setup/deps.ts';
import { paired } from '../src/words/paired.ts';
import { required } from '../test/required.ts';
import { seedOnce } from './peers/bed.ts';
import { readOptions } from './peers/options.ts';
import { works } from './peers/works.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '100' }, read: { type: 'boolean', default: false } },
});
const ROUNDS = Number(values.rounds);
const WARM_UP = 40_000;
const A_TURN = 1_536;
const AT_ONCE = 32;

/** Starts again with a reader of its standard error. */
async function beRead(): Promise<void> {
  const args = ['--max-semi-space-size=16', ...process.argv.slice(1), '--read'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'pipe'] });
  child.stderr.resume();
  process.exitCode = await new Promise<number | null>((resolve) => child.once('exit', resolve));
}

const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'switchyard-line-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  return made;
};

/** The app on its data, and what to ask it. */
async function setUp() {
  const place = folder();
  const world = await seedOnce(place, readOptions([]).extents.sqlite);
  const env = { DATA_DIR: join(place, 'seed'), RATE_LIMIT_PER_MINUTE: '0', LOG_LEVEL: 'info' };
  const config = readConfig(env);
  const deps = await createDeps(config, env);
  const write = accessLines(deps.log);
  let withLines = false;
  const app = createApp(deps, config, {
    observer: {
      begun: null,
      metrics: null,
      flush: async () => {},
      answered(visit, reply) {
        noteOperation(visit, reply);
        const ms = performance.now() - visit.begunMs;
        if (withLines) write(visit, reply.status, ms);
      },
    },
  });
  const name = positionals[0] ?? 'R1';
  const work = required(works.find((one) => one.name === name));
  const headers = { host: 'localhost', connection: 'keep-alive', authorization: `Bearer ${world.token}` };
  const requests = work.requests(world).map(({ path }) => ({ url: path, method: 'GET', headers, complete: true }));
  const begin = (lines: boolean) => {
    withLines = lines;
  };
  return { name, app, requests, begin };
}

/** As much of a response as is written to; it is sent in the next turn of the event loop. */
class Answer {
  readonly #sent: () => void;
  readonly destroyed = false;
  headersSent = false;
  #close: (() => void)[] = [];
  constructor(sent: () => void) {
    this.#sent = sent;
  }
  writeHead(status: number): void {
    if (status !== 200) throw new Error(`answered with ${status}`);
    this.headersSent = true;
  }
  on(_: 'close', hear: () => void): void {
    this.#close.push(hear);
  }
  end(): void {
    setImmediate(() => {
      for (const hear of this.#close) hear();
      this.#sent();
    });
  }
}

async function measure(): Promise<void> {
  const { name, app, requests, begin } = await setUp();
  let next = 0;
  const ask = async (count: number) => {
    for (let asked = 0; asked < count; asked += AT_ONCE)
      await new Promise<void>((resolve) => {
        let left = AT_ONCE;
        const sent = () => --left === 0 && resolve();
        for (let at = 0; at < AT_ONCE; at += 1, next += 1)
          app.handle(required(requests[next % requests.length]) as never, new Answer(sent) as never);
      });
  };
  const ways = [false, true, false];
  const costs = ways.map((): number[] => []);
  await ask(WARM_UP);
  for (let round = -10; round < ROUNDS; round += 1)
    for (const step of ways.keys()) {
      const at = (step + round + ways.length * 10) % ways.length;
      begin(required(ways[at]));
      const before = process.cpuUsage();
      await ask(A_TURN);
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) required(costs[at]).push((user + system) / A_TURN);
    }
  const quantile = (list: readonly number[], share: number) =>
    required(list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) * share)]);
  process.stdout.write(
    `${name}, ${ROUNDS} turns of ${A_TURN} requests each, load ${required(loadavg()[0]).toFixed(1)}\n`,
  );
  for (const [way, list] of paired(['no lines', 'lines', 'no lines'], costs))
    process.stdout.write(
      `  ${way.padEnd(9)} ${quantile(list, 0.1).toFixed(2)} µs at best, ${quantile(list, 0.5).toFixed(2)} by the median\n`,
    );
  process.exit(0);
}

await (values.read ? measure() : beRead());
