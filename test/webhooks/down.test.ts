import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { untried, webhookDeliveries } from '../../src/nouns/webhook-deliveries/model.ts';
import { feedEvents, KEPT_MS } from '../../src/resource/feed-event.ts';
import { describeEngines, type Harness, PATIENCE_MS, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const patiently = { timeout: PATIENCE_MS, interval: 20 };
/** As many deliveries of one webhook may wait to be tried again. */
const WAITING_MAX = 1_000;
const AT_ONCE = 250;
/** Longer than a receiver rests; the longest pause of the schedule is a day. */
const IDLE_MS = 3 * 3_600_000;

describeEngines('a receiver that is down', (engine) => {
  let harness: Harness;
  let receiver: Receiver;
  let org: Tenant;
  /** Stands still: nothing is due again before a test says so. */
  let now = Date.now();
  beforeAll(async () => {
    harness = await startHarness(engine, { deps: { allowPrivateAddresses: true, now: () => now } });
  });
  afterAll(() => harness.close());
  beforeEach(async () => {
    now = Date.now();
    receiver = await startReceiver();
    org = await harness.org();
  });
  afterEach(() => receiver.close());

  const make = async (name: string) => {
    const made = await org.rest('POST', `${org.base}/webhooks`, { url: `${receiver.url}/${name}`, types: ['role.*'] });
    expect(made.status, made.text).toBe(201);
    const id = made.body.webhook_id as string;
    const total = async (status: string) =>
      (await org.rest('GET', `${org.base}/webhooks/${id}/deliveries?status=${status}&limit=1`)).body.total as number;
    return { id, total };
  };
  const happen = async (name: string) =>
    expect((await org.rest('POST', `${org.base}/roles`, { name, permissions: [] })).status).toBe(201);
  const told = (path: string) =>
    receiver.received.filter((one) => one.path === `/${path}`).map(({ event }) => event.data.changes.name.after);
  /** What came of a call may be noted after the clock has moved: whoever rests since then is waited for. */
  const idle = async () => {
    const before = receiver.received.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (receiver.received.length === before) now += IDLE_MS;
  };
  const whileIdle = async (holds: () => Promise<boolean> | boolean) => {
    while (!(await holds())) await idle();
  };
  const arrived = (path: string, names: string[]) =>
    vi.waitFor(() => expect(told(path).slice(-names.length)).toEqual(names), patiently);

  test('rests between tries, keeps nobody else waiting, and gets what it missed when it is back, in its order', async () => {
    const [down, up] = [await make('down'), await make('up')];
    let isDown = true;
    receiver.behave = ({ path }) => (path === '/down' && isDown ? 500 : 204);
    const names = Array.from({ length: 60 }, (_, at) => `r${at}`);
    for (const name of names) await happen(name);
    await arrived('up', names);
    await vi.waitFor(() => expect(told('down').length).toBe(20), patiently);
    expect(told('down')).toEqual(names.slice(0, 20));
    // A day of it, hour by hour: what goes on elsewhere is told at once, and the tries of what is new stay few.
    for (let hour = 0; hour < 24; hour += 1) {
      now += 3_600_000;
      await happen(`hour ${hour}`);
      await arrived('up', [`hour ${hour}`]);
    }
    await vi.waitFor(async () => expect(await up.total('delivered')).toBe(84), patiently);
    expect(await down.total('delivered')).toBe(0);
    isDown = false;
    // Whoever was told may be told again, where its answer was noted late: the first time counts.
    const all = [...new Set(told('up'))];
    const tried = new Set(told('down'));
    const missed = all.filter((name) => !tried.has(name));
    expect(missed.length).toBeGreaterThan(0);
    now += 24 * 3_600_000 * 1.1;
    await whileIdle(async () => (await down.total('delivered')) === 84);
    const came = [...new Set(told('down'))].filter((name) => missed.includes(name));
    expect(came).toEqual(missed);
  });

  test('has a thousand deliveries wait at most: beyond, what is new stays in the feed, and is told when it is back', async () => {
    const down = await make('down');
    receiver.behave = () => 500;
    await happen('first');
    await vi.waitFor(async () => expect(await down.total('pending')).toBe(1), patiently);
    const { store } = harness.deps;
    const [event] = await store.numbered(feedEvents.collection, {
      ...{ orgId: org.orgId, where: [{ field: 'kind', in: ['role.create'] }] },
      ...{ after: 0, before: Number.MAX_SAFE_INTEGER, order: 'desc', limit: 1 },
    });
    const later = new Date(now + 2 * KEPT_MS).toISOString();
    for (let at = 1; at < WAITING_MAX; at += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, WAITING_MAX - at) }, (_, nth) => ({
        ...untried(down.id, { ...required(event), id: `evt_${at + nth}` }, new Date(now).toISOString()),
        nextTryAt: later,
      }));
      await store.commit(some.map((doc) => ({ type: 'insert', in: webhookDeliveries.collection, doc })));
    }
    expect(await down.total('pending')).toBe(WAITING_MAX);
    await happen('a');
    await happen('b');
    await arrived('down', ['a']);
    for (let tries = 0; tries < 3; tries += 1) {
      const before = told('down').filter((name) => name === 'a').length;
      await whileIdle(() => told('down').filter((name) => name === 'a').length > before);
    }
    expect(told('down')).not.toContain('b');
    expect(await down.total('pending')).toBe(WAITING_MAX);
    receiver.behave = () => 204;
    await whileIdle(async () => (await down.total('delivered')) === 3);
    expect(told('down')).toContain('b');
  });

  test('for longer than events are kept is told no more of those, and all that is younger', async () => {
    const down = await make('down');
    receiver.behave = () => 500;
    for (let at = 0; at < 25; at += 1) await happen(`old ${at}`);
    await vi.waitFor(async () => expect(await down.total('pending')).toBe(20), patiently);
    now += KEPT_MS + 1_000;
    receiver.behave = () => 204;
    await happen('young');
    await whileIdle(async () => (await down.total('delivered')) === 1 && (await down.total('pending')) === 0);
    expect(new Set(told('down').slice(20))).toEqual(new Set(['young']));
  });
});
