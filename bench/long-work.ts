/** What the background runner keeps up with: `npx node bench/long-work.ts [workspaces]`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand, startServer } from '../test/e2e/process.ts';
import { type Client, createClient, persist } from '../test/harness.ts';

const WORKSPACES = Number(process.argv[2] ?? 5_000);
const CLIENTS = 32;

const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'));
const server = await startServer({ DATA_DIR: folder, RATE_LIMIT_PER_MINUTE: '0' });
const line = (name: string, value: number, unit: string) =>
  process.stdout.write(`  ${name.padEnd(64)} ${value.toFixed(value < 100 ? 1 : 0).padStart(8)} ${unit}\n`);
const seconds = (since: number) => (performance.now() - since) / 1_000;

interface Org {
  client: Client;
  orgId: string;
}
async function openOrg(name: string): Promise<Org> {
  const { stdout } = await runCommand(['org', 'create', name], { DATA_DIR: folder });
  const { org_id, token } = JSON.parse(stdout);
  return { client: createClient(server.url, token), orgId: org_id };
}
async function create({ client, orgId }: Org, name: string): Promise<string> {
  const body = { organization_id: orgId, name };
  const made = await persist(() => client.rest('POST', `/v1/orgs/${orgId}/workspaces`, body));
  return made.body.workspace_id;
}
/** From its creation to its bucket. */
async function firstBucket(org: Org, name: string): Promise<number> {
  const begun = performance.now();
  const id = await create(org, name);
  const read = () => org.client.rest('GET', `/v1/orgs/${org.orgId}/workspaces/${id}`);
  while ((await persist(read)).body.bucket_status !== 'ready') await sleep(50);
  return seconds(begun);
}
async function shared(many: number, work: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const client = async () => {
    while (next < many) await work(next++);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}
async function* pages({ client, orgId }: Org) {
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = `limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
    const { body } = await persist(() => client.rest('GET', `/v1/orgs/${orgId}/workspaces?${query}`));
    yield body.workspaces as { bucket_status: string }[];
    cursor = body.next_cursor;
  }
}
async function pendingOf(org: Org): Promise<number> {
  let pending = 0;
  for await (const page of pages(org)) pending += page.filter((one) => one.bucket_status !== 'ready').length;
  return pending;
}

const many = await openOrg('Many');
const other = await openOrg('Other');
process.stdout.write(`\n${WORKSPACES} workspaces by ${CLIENTS} clients, on SQLite\n`);
const begun = performance.now();
const waits: number[] = [];
let isOver = false;
const beside = (async () => {
  for (let at = 0; !isOver; at += 1) {
    waits.push(await firstBucket(other, `Other ${at}`));
    await sleep(500);
  }
})();
await shared(WORKSPACES, (at) => create(many, `Many ${at}`));
line('all created after', seconds(begun), 's');
let pending = await pendingOf(many);
line('of them without a bucket then', pending, '');
while (pending > 0) {
  await sleep(200);
  pending = await pendingOf(many);
}
line('the last bucket ready after (at most 60)', seconds(begun), 's');
isOver = true;
await beside;
line('longest wait of another org for a bucket meanwhile (at most 5)', Math.max(...waits), 's');

/** What adding threads costs beside what is there already. */
async function addThreads(name: string, { sources, threads }: { sources: number; threads: number }): Promise<void> {
  const { client, orgId } = other;
  const at = `/v1/orgs/${orgId}/workspaces/${place.workspaceId}/apps/${place.appId}/namespaces`;
  const source_ids = Array.from({ length: sources }, (_, index) => `source-${index}`);
  const made = await client.rest('POST', at, { name, environment_id: place.environmentId, source_ids });
  const { namespace_id } = made.body.namespace;
  const add = (thread: string) =>
    client.graphql(
      'mutation($n: String!, $t: String!){addThreadToNamespace(input:{namespaceId:$n,threadId:$t}){namespace{id}}}',
      { n: namespace_id, t: thread },
    );
  await shared(threads, (index) => persist(() => add(`before-${index}`)));
  const byGraph = performance.now();
  await shared(200, (index) => persist(() => add(`graph-${index}`)));
  line(`${name}: 200 threads by 32 clients, by the graph`, seconds(byGraph), 's');
  const byRest = performance.now();
  await shared(200, (index) => persist(() => client.rest('POST', `${at}/${namespace_id}/threads/rest-${index}`)));
  line(`${name}: 200 threads by 32 clients, by REST`, seconds(byRest), 's');
}
async function openPlace(): Promise<{ workspaceId: string; appId: string; environmentId: string }> {
  const base = `/v1/orgs/${other.orgId}`;
  const workspaceId = await create(other, 'Threads');
  const below = `${base}/workspaces/${workspaceId}`;
  const app = await other.client.rest('POST', `${below}/apps`, { name: 'Threads' });
  const environments = await other.client.rest('GET', `${below}/environments`);
  return { workspaceId, appId: app.body.app_id, environmentId: environments.body.environments[0].environment_id };
}
const place = await openPlace();
await addThreads('nothing there', { sources: 0, threads: 0 });
await addThreads('10,000 sources', { sources: 10_000, threads: 0 });
await addThreads('5,000 threads', { sources: 0, threads: 5_000 });
server.child.kill('SIGTERM');
await server.exit;
rmSync(folder, { recursive: true, force: true });
