/**
 * Whether what is asked costs the same beside a thousand rows and beside a million, on SQLite: the first and the last page of
 * an app's namespaces, their total, a search that finds one of them, and a decision beside as many decisions:
 * `npx node bench/scale.ts [LARGEST] [SECONDS]`. A server for each size on data of its own, in turns, so that noise meets all alike; each
 * question is asked in other letters every time, since what is asked again would come from memory. Prints processor
 * time of a request, memory afterwards, and how long a start takes until it is ready.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collections } from '../src/catalog/collections.ts';
import { decisions } from '../src/nouns/decisions/model.ts';
import { namespaces } from '../src/nouns/namespaces/model.ts';
import { openSqlite } from '../src/store/sqlite/engine.ts';
import type { Collection, Doc } from '../src/store/store.ts';
import { BIN, runCommand } from '../test/e2e/process.ts';
import { createClient } from '../test/harness.ts';
import { required } from '../test/required.ts';
import { type Seeded, seed } from '../test/seed.ts';
import { processorMs, residentMiB, type Served, start } from './peers/processes.ts';
import { range } from './peers/world.ts';

const LARGEST = Number(process.argv[2] ?? 1_000_000);
const SECONDS = Number(process.argv[3] ?? 1);
const SIZES = [1_000, 10_000, 100_000, 1_000_000].filter((size) => size <= LARGEST);
const ROUNDS = 5;
const BATCH = 10_000;
const STARTS = 3;
const CLIENTS = 8;
/** Rounds that are not counted: most of what is asked often has been compiled by then. */
const WARM_UP = 2;

const folder = mkdtempSync(join(tmpdir(), 'switchyard-scale-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const placeOf = (size: number) => join(folder, String(size));
const say = (line: string) => void process.stdout.write(`${line}\n`);

const open = (DATA_DIR: string) =>
  start(process.execPath, [BIN, 'serve', '--no-demo'], {
    PORT: '0',
    RATE_LIMIT_PER_MINUTE: '0',
    MONGODB_URI: '',
    DATA_DIR,
  });

const { token, orgId, seeded } = await makeSmallest();
for (const [at, size] of SIZES.entries()) {
  const before = at === 0 ? 1 : required(SIZES[at - 1]);
  const from = at === 0 ? join(folder, 'seed') : placeOf(before);
  cpSync(from, placeOf(size), { recursive: true });
  await grow(placeOf(size), before, size);
}

/** A world with one of everything. */
async function makeSmallest(): Promise<{ token: string; orgId: string; seeded: Seeded }> {
  const DATA_DIR = join(folder, 'seed');
  const { stdout } = await runCommand(['org', 'create', 'Scale', '--json'], { DATA_DIR });
  const { org_id: orgId, token } = JSON.parse(stdout) as { org_id: string; token: string };
  const server = await open(DATA_DIR);
  const client = createClient(server.url, token);
  const base = `/v1/orgs/${orgId}`;
  const seeded = await seed({ ...client, orgId, memberId: '', base, as: () => Promise.reject(new Error('unused')) });
  const { body } = await client.rest('POST', `${base}/decisions`, { workspace_id: seeded.workspaceId });
  // What is reported expires no more: nothing works on the copies in the background.
  await client.rest('POST', `${base}/decisions/${body.decision_id}/outcome`, { success: true });
  await server.stop();
  return { token, orgId, seeded };
}

/** Copies of the first of each, older than it, straight into the store: to create them would take an hour. */
async function grow(place: string, before: number, size: number): Promise<void> {
  const begin = performance.now();
  const store = openSqlite({ file: join(place, 'switchyard.db'), collections, now: () => new Date().toISOString() });
  const copy = async <D extends Doc>(into: Collection<D>, made: (first: D, at: number) => D) => {
    const first = required(store.scan(into, null, 1)[0]);
    for (let at = before; at < size; at += BATCH)
      await store.load(
        into,
        range(Math.min(BATCH, size - at)).map((more) => made(first, at + more)),
      );
  };
  const createdAt = (at: number) => new Date(1.7e12 + at * 1_000).toISOString();
  await copy(namespaces.collection, (first, at) => ({
    ...first,
    id: `ns_${String(at).padStart(26, '0')}`,
    name: `Namespace ${at}`,
    description: at === 500 ? 'Where the needle is.' : 'What the support team knows of orders and refunds.',
    createdAt: createdAt(at),
  }));
  await copy(decisions.collection, (first, at) => ({
    ...first,
    id: `dec_${String(at).padStart(26, '0')}`,
    createdAt: createdAt(at),
  }));
  await store.close();
  say(`${size.toLocaleString('en')} rows of each: loaded in ${((performance.now() - begin) / 1_000).toFixed(0)} s`);
}

type Client = ReturnType<typeof createClient>;
let letters = 0;

const list = (what: string) => async (client: Client) => {
  letters += 1;
  const query = `{ app(appId: "${seeded.appId}") { namespaces${what} } } # ${letters}`;
  const { body } = await client.graphql(query);
  if (body.errors) throw new Error(JSON.stringify(body.errors));
};

const works: Record<string, (client: Client) => Promise<unknown>> = {
  'first page': list('(first: 50) { nodes { id name status createdAt tags } pageInfo { hasNextPage endCursor } }'),
  'last page': list('(last: 50) { nodes { id name status createdAt tags } pageInfo { hasPreviousPage startCursor } }'),
  total: list('{ totalCount }'),
  search: list('(search: "needle") { totalCount nodes { id name } }'),
  async decide(client) {
    const { status } = await client.rest('POST', `/v1/orgs/${orgId}/decisions`, { workspace_id: seeded.workspaceId });
    if (status !== 201) throw new Error(`a decision was answered with ${status}`);
  },
};

const startMs = await inTurns(STARTS, async (size) => {
  const begin = performance.now();
  const server = await open(placeOf(size));
  await fetch(`${server.url}/health/ready`);
  const ms = performance.now() - begin;
  await server.stop();
  return ms;
});
const servers = new Map<number, Served>();
for (const size of SIZES) servers.set(size, await open(placeOf(size)));
const rows: string[][] = [];
for (const [name, work] of Object.entries(works)) {
  const round = async (size: number) => {
    const { url, pid } = required(servers.get(size));
    const client = createClient(url, token);
    const begun = required(processorMs(pid) ?? undefined);
    let answered = 0;
    const until = performance.now() + SECONDS * 1_000;
    const worker = async () => {
      for (; performance.now() < until; answered += 1) await work(client);
    };
    await Promise.all(range(CLIENTS).map(worker));
    return ((required(processorMs(pid) ?? undefined) - begun) * 1_000) / answered;
  };
  await inTurns(WARM_UP, round);
  rows.push([name, ...relative(await inTurns(ROUNDS, round), 'µs')]);
}
rows.push(['start until ready', ...relative(startMs, 'ms')]);
rows.push([
  'memory afterwards',
  ...SIZES.map((size) => `${residentMiB(required(servers.get(size)).pid)?.toFixed(0)} MiB`),
]);
for (const server of servers.values()) await server.stop();
say(`\n| | ${SIZES.map((size) => size.toLocaleString('en')).join(' | ')} |\n| --- |${' --- |'.repeat(SIZES.length)}`);
for (const row of rows) say(`| ${row.join(' | ')} |`);

/** Rounds of all sizes in turns; of each the median. */
async function inTurns(rounds: number, measure: (size: number) => Promise<number>): Promise<number[]> {
  const found = SIZES.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1)
    for (const [at, size] of SIZES.entries()) required(found[at]).push(await measure(size));
  return found.map((list) => required(list.sort((a, b) => a - b)[Math.floor(list.length / 2)]));
}

/** Beside the smallest. */
function relative(figures: readonly number[], unit: string): string[] {
  const [first = 1] = figures;
  return figures.map((one, at) => `${one.toFixed(0)} ${unit}${at === 0 ? '' : `, ${(one / first).toFixed(2)} ×`}`);
}
