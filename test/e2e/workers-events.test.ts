import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { byGraph, byRest, type Following, until as untilHolds } from '../events/following.ts';
import { type Client, createClient, describeEngines, freshMongoUri } from '../harness.ts';
import { required } from '../required.ts';
import { type Receiver, startReceiver } from '../webhooks/receiver.ts';
import { type Running, runCommand, startServer } from './process.ts';
import { childrenOf, isAlive, times, until } from './teams.ts';

const STREAMS = 3;
const MADE = 12;

describeEngines('events of several workers', (engine) => {
  let folder: string;
  let server: Running;
  let receiver: Receiver;
  let client: Client;
  let base: string;
  let streams: Following[];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-workers-'));
    const uri: Record<string, string> = engine === 'mongodb' ? { MONGODB_URI: freshMongoUri() } : {};
    const env = { DATA_DIR: folder, ALLOW_PRIVATE_ADDRESSES: 'true', ...uri };
    const { org_id, token } = JSON.parse((await runCommand(['org', 'create', 'Acme'], env)).stdout);
    server = await startServer(env, ['serve', '--no-demo', '--workers', '2']);
    receiver = await startReceiver();
    client = createClient(server.url, token);
    base = `/v1/orgs/${org_id}`;
    streams = [];
  });
  afterEach(async () => {
    for (const { close } of streams) close();
    server.child.kill('SIGTERM');
    await server.exit;
    await receiver.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** By a connection of its own, so that every other one is made at every other worker. */
  const send = (name: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = {
        Authorization: `Bearer ${client.token}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': name,
      };
      request(`${server.url}${base}/workspaces`, { method: 'POST', agent: false, headers }, (res) => {
        res.resume().on('end', () => resolve(res.statusCode));
      })
        .on('error', reject)
        .end(JSON.stringify({ name, organization_id: base.split('/').at(-1) }));
    });
  /** A busy machine may be too slow for the deadline of a request, of which the commit may go on. */
  const make = async (name: string) => {
    let status = await send(name);
    while (status === 503 || status === 409) status = await send(name);
    expect(status).toBe(201);
  };
  const makeAll = async (from: number) => {
    for (let at = from; at < from + MADE; at += 1) await make(`w${at}`);
  };
  const path = () => `${base}/events?types=workspace.create`;
  const listed = async (): Promise<string[]> =>
    (await client.rest('GET', `${path()}&limit=200`)).body.events.map((one: { event_id: string }) => one.event_id);
  const follow = async (after?: string) => {
    const made = await Promise.all(times(STREAMS, () => byRest(server.url, client, path(), after)));
    streams.push(...made);
    return made;
  };

  test('every stream, and a webhook, is told each once and in order, whoever has made it', async () => {
    const hook = await client.rest('POST', `${base}/webhooks`, { url: receiver.url, types: ['workspace.create'] });
    expect(hook.status, hook.text).toBe(201);
    await follow();
    const query = 'subscription { events(types: ["workspace.create"]) { eventId } }';
    streams.push(...(await Promise.all(times(STREAMS, () => byGraph(server.url, client, query)))));
    await makeAll(0);
    const all = await listed();
    expect(all).toHaveLength(MADE);
    for (const { ids } of streams) await untilHolds(() => expect(ids).toEqual(all));
    await untilHolds(() => expect(receiver.received.map(({ id }) => id)).toEqual(all));
  });

  test('a worker that dies ends its streams, which go on at another behind what they have seen', async () => {
    await follow();
    await makeAll(0);
    const before = await listed();
    for (const { ids } of streams) await untilHolds(() => expect(ids).toEqual(before));
    const [killed] = childrenOf(required(server.child.pid));
    process.kill(required(killed), 'SIGKILL');
    await until(() => !isAlive(required(killed)));
    await makeAll(MADE);
    await untilHolds(() => expect(streams.some(({ errors }) => errors.length > 0)).toBe(true));
    const all = await listed();
    const ended = streams.filter(({ errors }) => errors.length > 0);
    for (const { ids, errors } of streams) if (errors.length === 0) await untilHolds(() => expect(ids).toEqual(all));
    expect(ended.length).toBeLessThan(STREAMS);
    for (const { ids } of ended) expect(ids).toEqual(before);
    for (const { ids } of await follow(before.at(-1))) await untilHolds(() => expect(ids).toEqual(all.slice(MADE)));
  });
});
