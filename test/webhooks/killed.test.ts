import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { openMongo } from '../../src/store/mongodb/open.ts';
import { openSqlite } from '../../src/store/sqlite/engine.ts';
import { runCommand, startServer } from '../e2e/process.ts';
import { createClient, describeEngines, freshMongoUri, type Opened, PATIENCE_MS, startHarness } from '../harness.ts';
import { startReceiver } from './receiver.ts';

const EVENTS = 30;
/** Whoever is killed holds the lease of the webhook for half a minute: for the next server that is over. */
const LATER_MS = 60_000;

describeEngines('a server that is killed while it delivers', (engine) => {
  test('loses nothing: the next one tells all that is left in its order, and at most what was under way again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-killed-'));
    const uri = engine === 'mongodb' ? freshMongoUri() : undefined;
    const env = { DATA_DIR: folder, ALLOW_PRIVATE_ADDRESSES: 'true', RATE_LIMIT_PER_MINUTE: '0' };
    const place: Record<string, string> = uri === undefined ? env : { ...env, MONGODB_URI: uri };
    const { org_id, token } = JSON.parse((await runCommand(['org', 'create', 'Killed'], place)).stdout);
    const receiver = await startReceiver();
    const server = await startServer(place);
    const [client, base] = [createClient(server.url, token), `/v1/orgs/${org_id}`];
    const hook = await client.rest('POST', `${base}/webhooks`, { url: receiver.url, types: ['role.*'] });
    expect(hook.status, hook.text).toBe(201);
    const [{ event_id: begin }] = (await client.rest('GET', `${base}/events?types=webhook.create`)).body.events;
    const killedAt = 5 + Math.floor(Math.random() * 15);
    receiver.behave = (_, nth) => {
      if (nth !== killedAt) return 204;
      server.child.kill('SIGKILL');
      return 'hang';
    };
    const kept: string[] = [];
    for (let at = 0; at < EVENTS; at += 1) {
      const made = client.rest('POST', `${base}/roles`, { name: `r${at}`, permissions: [] });
      const answer = await made.catch(() => null);
      if (answer?.status === 201) kept.push(answer.body.role_id);
      // What is told must not be ahead of the writes for ever: the last ones wait until it is killed.
      if (at === EVENTS - 5) await vi.waitFor(() => expect(server.child.killed).toBe(true), { timeout: PATIENCE_MS });
    }
    await server.exit;
    const now = () => Date.now() + LATER_MS;
    const opened = await openLater(folder, uri, () => new Date(now()).toISOString());
    const harness = await startHarness(engine, { opened, deps: { now, allowPrivateAddresses: true } });
    try {
      const later = harness.client(token);
      const { events } = (await later.rest('GET', `${base}/events?types=role.*&limit=200&after=${begin}`)).body;
      const order: string[] = events.map(({ event_id }: { event_id: string }) => event_id);
      const things = events.map(({ resource_id }: { resource_id: string }) => resource_id);
      expect(kept.filter((id) => !things.includes(id))).toEqual([]);
      const told = () => receiver.received.map(({ id }) => id);
      await vi.waitFor(() => expect([...new Set(told())]).toEqual(order), { timeout: PATIENCE_MS });
      // What the first one had begun when it died, nobody knows the end of; all behind it is told once.
      for (const id of order.slice(killedAt)) expect(told().filter((one) => one === id)).toHaveLength(1);
      const places = told()
        .slice(killedAt)
        .map((id) => order.indexOf(id));
      expect(places).toEqual(places.toSorted((a, b) => a - b));
    } finally {
      await Promise.all([harness.close(), receiver.close()]);
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

async function openLater(folder: string, uri: string | undefined, now: () => string): Promise<Opened> {
  const store =
    uri === undefined
      ? openSqlite({ file: join(folder, 'switchyard.db'), collections, now })
      : await openMongo({ uri, collections, now, patienceMs: PATIENCE_MS });
  const never = () => Promise.reject(new Error('not asked for here'));
  return { store, place: uri ?? folder, rewrite: never, again: never, close: () => store.close() };
}
