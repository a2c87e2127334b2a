import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, persist, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { type Receiver, startReceiver } from '../webhooks/receiver.ts';
import { byRest, until } from './following.ts';

/** The full size is `SWITCHYARD_ROUNDS=5`: 50 writers of 20 events, 8 servers with 8 readers each. */
const ROUNDS = Number(process.env.SWITCHYARD_ROUNDS ?? 1);
const isFull = ROUNDS > 1;
const WRITERS = isFull ? 50 : 10;
const SERVERS = isFull ? 8 : 2;
const EACH = 4 * ROUNDS;
const READERS = 8;

/** Writers and readers at some servers; each reader drops after so many events and resumes at whichever server. */
describeEngines('readers that drop and resume', (engine) => {
  let servers: Harness[];
  let receiver: Receiver;
  /** Moved on by the test alone, so that what has failed is due when it says so. */
  let aheadMs = 0;
  beforeAll(async () => {
    const now = () => Date.now() + aheadMs;
    const one = await startHarness(engine, { deps: { allowPrivateAddresses: true, now } });
    servers = [one];
    while (servers.length < SERVERS) servers.push(await one.again());
    receiver = await startReceiver();
  });
  afterAll(async () => {
    for (const server of servers.toReversed()) await server.close();
    await receiver.close();
  });
  const anyOf = <T>(items: readonly T[]): T => required(items[Math.floor(Math.random() * items.length)]);
  const expected = WRITERS * EACH;

  async function read(org: Tenant, path: string, first: string): Promise<string[]> {
    const seen: string[] = [];
    while (seen.length < expected) {
      const following = await byRest(anyOf(servers).url, org, path, seen.at(-1) ?? first);
      const wanted = Math.min(1 + Math.floor(Math.random() * 12 * ROUNDS), expected - seen.length);
      await until(() => expect(following.ids.length).toBeGreaterThanOrEqual(wanted));
      following.close();
      seen.push(...following.ids);
      expect(following.errors).toEqual([]);
    }
    return seen;
  }

  async function write(org: Tenant, writer: number): Promise<void> {
    const client = required(servers[writer % SERVERS]).client(org.token);
    for (let at = 0; at < EACH; at += 1) {
      const key = { 'Idempotency-Key': `${writer}.${at}` };
      const role = { name: `${writer}.${at}`, permissions: [] };
      expect((await persist(() => client.rest('POST', `${org.base}/roles`, role, key))).status).toBe(201);
    }
  }

  async function listed(org: Tenant, path: string, first: string): Promise<string[]> {
    const order: string[] = [];
    for (let after = first; ; after = required(order.at(-1))) {
      const { events, has_more } = (await org.rest('GET', `${path}&limit=200&after=${after}`)).body;
      order.push(...events.map(({ event_id }: { event_id: string }) => event_id));
      if (!has_more) return order;
    }
  }

  test('miss nothing, are told nothing twice, and all see one order; nor does a webhook whose receiver fails half its calls', async () => {
    const org = await required(servers[0]).org();
    const path = `${org.base}/events?types=role.*`;
    const accepted = new Set<string>();
    /** How often each has been tried, in the order of the first tries. */
    const tries = new Map<string, number>();
    receiver.behave = ({ id }) => {
      tries.set(id, (tries.get(id) ?? 0) + 1);
      if (required(tries.get(id)) < 3 && Math.random() < 0.6) return 503;
      accepted.add(id);
      return 204;
    };
    const hook = await org.rest('POST', `${org.base}/webhooks`, { url: receiver.url, types: ['role.*'] });
    expect(hook.status, hook.text).toBe(201);
    const [{ event_id: first }] = (await org.rest('GET', `${org.base}/events?limit=1`)).body.events;
    const begun = performance.now();
    const readers = Array.from({ length: READERS * (isFull ? SERVERS : 1) }, () => read(org, path, first));
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(org, writer)));
    const order = await listed(org, path, first);
    expect(order).toHaveLength(expected);
    for (const seen of await Promise.all(readers)) expect(seen).toEqual(order);
    const readMs = performance.now() - begun;

    const deliveries = `${org.base}/webhooks/${hook.body.webhook_id}/deliveries`;
    const count = async (status: string) =>
      (await org.rest('GET', `${deliveries}?status=${status}&limit=1`)).body.total as number;
    await expect
      .poll(
        async () => {
          if ((await count('pending')) > 0) aheadMs += 6_000;
          return [await count('delivered'), await count('failed')];
        },
        { timeout: 600_000, interval: 200 },
      )
      .toEqual([expected, 0]);
    expect(accepted).toEqual(new Set(order));
    // What fails is tried again on its own: first tries keep the order of the feed.
    expect([...tries.keys()]).toEqual(order);
    if (isFull)
      process.stdout.write(
        `${engine}: ${expected} events, ${WRITERS} writers, ${SERVERS} servers, ${readers.length} readers: ` +
          `0 missed, 0 repeated, one order after ${(readMs / 1_000).toFixed(1)} s; webhook: ${receiver.received.length} calls, ` +
          `${accepted.size} events accepted, ${((performance.now() - begun) / 1_000).toFixed(1)} s\n`,
      );
  });
});
