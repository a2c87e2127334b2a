import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, persist, startHarness } from '../harness.ts';
import { byRest, until } from './following.ts';

const WRITERS = 10;
const EACH = 4;
const READERS = 8;

/** Writers and readers at two servers; each reader drops after so many events and resumes at whichever server. */
describeEngines('readers that drop and resume', (engine) => {
  let servers: Harness[];
  beforeAll(async () => {
    const one = await startHarness(engine);
    servers = [one, await one.again()];
  });
  afterAll(async () => {
    for (const server of servers.toReversed()) await server.close();
  });
  const anyOf = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)]!;

  test('miss nothing, are told nothing twice, and all see one order', async () => {
    const org = await servers[0]!.org();
    const path = `${org.base}/events?types=role.*`;
    const expected = WRITERS * EACH;
    const read = async (): Promise<string[]> => {
      const seen: string[] = [];
      while (seen.length < expected) {
        const following = await byRest(anyOf(servers).url, org, path, seen.at(-1) ?? first);
        const wanted = Math.min(1 + Math.floor(Math.random() * 12), expected - seen.length);
        await until(() => expect(following.ids.length).toBeGreaterThanOrEqual(wanted));
        following.close();
        seen.push(...following.ids);
        expect(following.errors).toEqual([]);
      }
      return seen;
    };
    const [{ event_id: first }] = (await org.rest('GET', `${org.base}/events?limit=1`)).body.events;
    const readers = Array.from({ length: READERS }, read);
    const write = async (writer: number) => {
      const client = servers[writer % 2]!.client(org.token);
      for (let at = 0; at < EACH; at += 1) {
        const key = { 'Idempotency-Key': `${writer}.${at}` };
        const role = { name: `${writer}.${at}`, permissions: [] };
        expect((await persist(() => client.rest('POST', `${org.base}/roles`, role, key))).status).toBe(201);
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
    const { events } = (await org.rest('GET', `${path}&limit=200&after=${first}`)).body;
    const order = events.map(({ event_id }: { event_id: string }) => event_id);
    expect(order).toHaveLength(expected);
    for (const seen of await Promise.all(readers)) expect(seen).toEqual(order);
  });
});
