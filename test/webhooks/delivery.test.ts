import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { describeEngines, type Harness, PATIENCE_MS, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { type Receiver, startReceiver, verified } from './receiver.ts';

const patiently = { timeout: PATIENCE_MS, interval: 20 };

describeEngines('the delivery of events', (engine) => {
  let harness: Harness;
  let receiver: Receiver;
  let org: Tenant;
  /** Stands still: nothing is due again before a test says so, however busy the machine is. */
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

  const make = async (body: object = {}, client: Pick<Tenant, 'rest'> = org) => {
    const made = await client.rest('POST', `${org.base}/webhooks`, { url: receiver.url, types: ['role.*'], ...body });
    expect(made.status, made.text).toBe(201);
    const path = `${org.base}/webhooks/${made.body.webhook_id}`;
    const deliveries = async () => (await org.rest('GET', `${path}/deliveries?limit=200`)).body.deliveries;
    return { ...made.body, path, deliveries } as { secret: string; path: string; deliveries: typeof deliveries };
  };
  const happen = async (name: string) => {
    const { status, text } = await org.rest('POST', `${org.base}/roles`, { name, permissions: [] });
    expect(status, text).toBe(201);
  };
  const names = () => receiver.received.map(({ event }) => event.data.changes.name.after as string);
  const arrived = (count: number) =>
    vi.waitFor(() => expect(receiver.received.length).toBeGreaterThanOrEqual(count), patiently);

  test('posts each event as it is listed, signed, and tells of it', async () => {
    const { secret, path, deliveries } = await make();
    await happen('a');
    await arrived(1);
    const [one] = receiver.received;
    const [event] = (await org.rest('GET', `${org.base}/events?types=role.create&limit=1`)).body.events;
    expect(verified(secret, required(one))).toEqual(event);
    expect(required(one).id).toBe(event.event_id);
    expect(() => verified(`whsec_${Buffer.from('another').toString('base64')}`, required(one))).toThrow();
    expect(() => verified(secret, { ...required(one), raw: `${required(one).raw} ` })).toThrow();
    await vi.waitFor(async () => expect(await deliveries()).toHaveLength(1), patiently);
    const [delivery] = await deliveries();
    expect(delivery).toEqual({
      delivery_id: expect.stringMatching(/^whd_/),
      webhook_id: path.split('/').at(-1),
      org_id: org.orgId,
      event_id: event.event_id,
      event_type: 'role.create',
      status: 'delivered',
      tries: 1,
      last_status_code: 204,
      last_error: null,
      last_tried_at: expect.any(String),
      next_try_at: null,
      created_by: null,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    const query = `{ webhook(webhookId: "${delivery.webhook_id}") { deliveries(status: delivered) { totalCount nodes { eventId } } } }`;
    expect((await org.graphql(query)).body.data.webhook.deliveries).toEqual({
      totalCount: 1,
      nodes: [{ eventId: event.event_id }],
    });
  });

  test('what is tried again is told to its own webhook alone, also beside what was just deleted', async () => {
    const body = { organization_id: org.orgId, name: 'Gone' };
    const { workspace_id } = (await org.rest('POST', `${org.base}/workspaces`, body)).body;
    expect((await org.rest('DELETE', `${org.base}/workspaces/${workspace_id}`)).status).toBe(200);
    let isDown = true;
    receiver.behave = () => (isDown ? 500 : 204);
    const roles = await make({ url: `${receiver.url}/roles`, types: ['role.*'] });
    const members = await make({ url: `${receiver.url}/members`, types: ['member.*'] });
    await happen('a');
    const member = { email: 'b@example.com', role: 'Viewer', name: 'b' };
    expect((await org.rest('POST', `${org.base}/members`, member)).status).toBe(201);
    const all = async () => [...(await roles.deliveries()), ...(await members.deliveries())];
    const both = (status: string) =>
      vi.waitFor(async () => expect((await all()).map((one) => one.status)).toEqual([status, status]), patiently);
    await both('pending');
    isDown = false;
    now += 6_000;
    harness.runner.wake();
    await both('delivered');
    const told = receiver.received.map(({ path, event }) => `${path} ${event.type}`).sort();
    const once = ['/members member.create', '/roles role.create'];
    expect([told, (await all()).map(({ tries }) => tries)]).toEqual([once.flatMap((one) => [one, one]), [2, 2]]);
  });

  test('keeps the order of the feed, whoever writes', async () => {
    await make();
    const other = await harness.again();
    await Promise.all(
      Array.from({ length: 30 }, (_, at) =>
        (at % 2 ? other.client(org.token) : org).rest('POST', `${org.base}/roles`, { name: `r${at}`, permissions: [] }),
      ),
    );
    await arrived(30);
    const listed = (await org.rest('GET', `${org.base}/events?types=role.*&limit=30`)).body.events;
    const ids = listed.map(({ event_id }: { event_id: string }) => event_id);
    expect(receiver.received.map(({ id }) => id)).toEqual(ids);
    await other.close();
  });

  test('tries again what has failed on the schedule, while others go on, and fails it in the end', async () => {
    const { deliveries } = await make();
    receiver.behave = ({ event }) => (event.data.changes.name.after === 'bad' ? 500 : 200);
    await happen('bad');
    await happen('good');
    await arrived(2);
    expect(names()).toEqual(['bad', 'good']);
    const bad = async () => (await deliveries()).find(({ status }: { status: string }) => status !== 'delivered');
    const hour = 3_600_000;
    const pauses = [5_000, 60_000, 300_000, 1_800_000, 2 * hour, 6 * hour, 12 * hour, 24 * hour];
    for (const [at, pause] of pauses.entries()) {
      await vi.waitFor(async () => expect(await bad()).toMatchObject({ status: 'pending', tries: at + 1 }), patiently);
      const { last_tried_at, next_try_at, last_status_code, last_error } = await bad();
      expect([last_status_code, last_error]).toEqual([500, 'it answered 500']);
      const waits = Date.parse(next_try_at) - Date.parse(last_tried_at);
      expect(waits).toBeGreaterThanOrEqual(pause);
      expect(waits).toBeLessThanOrEqual(pause * 1.1);
      now += waits;
    }
    await vi.waitFor(async () => expect(await bad()).toMatchObject({ status: 'failed', tries: 9 }), patiently);
    expect(await bad()).toMatchObject({ next_try_at: null });
    expect(names()).toEqual(['bad', 'good', ...Array(8).fill('bad')]);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(2);
  });

  test('delivers once more what a person asks for, under the same id', async () => {
    const { path, deliveries } = await make();
    await happen('a');
    await vi.waitFor(async () => expect(await deliveries()).toHaveLength(1), patiently);
    const [{ delivery_id }] = await deliveries();
    const asked = await org.rest('POST', `${path}/deliveries/${delivery_id}/redeliver`);
    expect([asked.status, asked.body.status], asked.text).toEqual([200, 'pending']);
    await arrived(2);
    await vi.waitFor(
      async () => expect((await deliveries())[0]).toMatchObject({ status: 'delivered', tries: 2 }),
      patiently,
    );
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
    const elsewhere = await make();
    const foreign = await org.rest('POST', `${elsewhere.path}/deliveries/${delivery_id}/redeliver`);
    expect([foreign.status, foreign.body.details.resource_type]).toEqual([404, 'webhook_delivery']);
    await org.rest('PATCH', path, { enabled: false });
    const refused = await org.rest('POST', `${path}/deliveries/${delivery_id}/redeliver`);
    expect([refused.status, refused.body.details.reason]).toEqual([409, 'disabled']);
  });

  test('reaches a receiver that fails half its calls with every event, each in the order of the feed where it succeeds', async () => {
    const { deliveries } = await make();
    const failing = new Set<string>();
    receiver.behave = ({ id }) => {
      if (failing.has(id) || receiver.received.length % 2 === 0) return 200;
      failing.add(id);
      return 503;
    };
    for (let at = 0; at < 20; at += 1) await happen(`r${at}`);
    await arrived(20);
    const first = names().slice(0, 20);
    expect(first).toEqual(Array.from({ length: 20 }, (_, at) => `r${at}`));
    await vi.waitFor(async () => expect(await deliveries()).toHaveLength(20), patiently);
    now += 6_000;
    await vi.waitFor(async () => {
      const status = (await deliveries()).map((one: { status: string }) => one.status);
      expect(status).toEqual(Array(20).fill('delivered'));
    }, patiently);
    expect(receiver.received.length).toBe(20 + failing.size);
  });

  test('is to follow no redirect, and to end where the receiver is gone', async () => {
    const { path, deliveries } = await make();
    receiver.behave = () => [302, { Location: `${receiver.url}/elsewhere` }];
    await happen('a');
    await vi.waitFor(
      async () =>
        expect(await deliveries()).toMatchObject([
          { status: 'pending', last_status_code: 302, last_error: 'it answered 302; redirects are not followed' },
        ]),
      patiently,
    );
    receiver.behave = () => 410;
    await happen('b');
    await vi.waitFor(
      async () => expect((await org.rest('GET', path)).body).toMatchObject({ enabled: false, disabled_reason: 'gone' }),
      patiently,
    );
    const over = await org.rest('GET', `${path}/deliveries?status=failed`);
    expect(over.body).toMatchObject({ total: 1, deliveries: [{ last_status_code: 410, next_try_at: null }] });
    const { events } = (await org.rest('GET', `${org.base}/events?types=webhook.disable`)).body;
    expect(events).toMatchObject([
      { actor_id: 'system', data: { changes: { enabled: { before: true, after: false } } } },
    ]);
    receiver.behave = () => 200;
    await happen('while it is disabled');
    const enabled = await org.rest('PATCH', path, { enabled: true });
    expect(enabled.body).toMatchObject({ enabled: true, disabled_reason: null });
    await happen('c');
    await arrived(3);
    expect([...names(), receiver.received.map(({ path: at }) => at).join('')]).toEqual(['a', 'b', 'c', '///']);
  });

  test('is signed with the old secret too for a while', async () => {
    const { secret, path } = await make();
    const rotated = (await org.rest('POST', `${path}/rotate-secret`, { overlap_seconds: 3_600 })).body.secret;
    await happen('a');
    await arrived(1);
    for (const one of [secret, rotated]) expect(() => verified(one, required(receiver.received[0]))).not.toThrow();
    now += 100_000;
    await org.rest('POST', `${path}/rotate-secret`, { overlap_seconds: 100 });
    now += 101_000;
    await happen('b');
    await arrived(2);
    expect(() => verified(rotated, required(receiver.received[1]))).toThrow();
    await org.rest('POST', `${path}/rotate-secret`, { overlap_seconds: 0 });
    await happen('c');
    await arrived(3);
    expect(receiver.received.map(({ headers }) => required(headers['webhook-signature']).split(' ').length)).toEqual([
      2, 1, 1,
    ]);
  });

  test('tells what whoever set the url may read: its workspaces, no hidden namespace, changes with audit:read', async () => {
    const [seen, hidden] = [await workspace('seen'), await workspace('hidden')];
    const permissions = ['events:read', 'webhooks:*', 'namespaces:read', 'workspaces:read'];
    const limited = await org.as({ permissions, workspace_ids: [seen.id] });
    const plain = await org.as({ permissions });
    const types = ['namespace.*'];
    await make({ types, url: `${receiver.url}/limited` }, limited);
    await make({ types, url: `${receiver.url}/plain` }, plain);
    await make({ types, url: `${receiver.url}/admin` });
    await seen.namespace('open');
    await hidden.namespace('open');
    await seen.namespace('private', true);
    await seen.namespace('end');
    const at = (path: string) => receiver.received.filter((one) => one.path === path).map(({ event }) => event);
    const of = (path: string) => at(path).map(({ workspace_id, data }) => [workspace_id, data.changes?.name?.after]);
    await vi.waitFor(() => expect(receiver.received.length).toBe(9), patiently);
    expect(of('/admin')).toEqual([
      [seen.id, 'open'],
      [hidden.id, 'open'],
      [seen.id, 'private'],
      [seen.id, 'end'],
    ]);
    expect(of('/plain')).toEqual([seen.id, hidden.id, seen.id].map((id) => [id, undefined]));
    expect(of('/limited')).toEqual([seen.id, seen.id].map((id) => [id, undefined]));
  });

  test('is hidden, in totals too, from whom the private namespace is hidden that it tells of', async () => {
    const { path } = await make({ types: ['namespace.*'] });
    const { namespace } = await workspace('all');
    for (const [name, isPrivate] of [
      ['open', false],
      ['private', true],
      ['end', false],
    ] as const)
      await namespace(name, isPrivate);
    const operator = await org.as({ role: 'Operator' });
    const shownTo = async ({ rest, graphql }: Pick<Tenant, 'rest' | 'graphql'>, query = '') => {
      const { total, deliveries } = (await rest('GET', `${path}/deliveries${query}`)).body;
      const ids = deliveries.map((one: { delivery_id: string }) => one.delivery_id) as string[];
      const graph = `{ webhook(webhookId: "${path.split('/').at(-1)}") { deliveries { totalCount nodes { deliveryId } } } }`;
      const list = (await graphql(graph)).body.data.webhook.deliveries;
      expect([total, list.totalCount]).toEqual([ids.length, list.nodes.length]);
      return ids;
    };
    await vi.waitFor(async () => expect(await shownTo(org, '?status=delivered')).toHaveLength(3), patiently);
    const all = await shownTo(org);
    const ids = await shownTo(operator);
    const hidden = all.filter((id) => !ids.includes(id));
    expect([all.length, ids.length, hidden.length]).toEqual([3, 2, 1]);
    expect(await shownTo(operator, '?status=delivered')).toEqual(ids);
    const one = `${path}/deliveries/${hidden[0]}`;
    expect([(await org.rest('GET', one)).status, (await operator.rest('GET', one)).status]).toEqual([200, 404]);
    expect((await operator.rest('POST', `${one}/redeliver`)).status).toBe(404);
  });

  const workspace = async (name: string) => {
    const made = await org.rest('POST', `${org.base}/workspaces`, { name, organization_id: org.orgId });
    const id = made.body.workspace_id as string;
    const ws = `${org.base}/workspaces/${id}`;
    const { environment_id } = (await org.rest('POST', `${ws}/environments`, { name: 'dev' })).body;
    const { app_id } = (await org.rest('POST', `${ws}/apps`, { name: 'a' })).body;
    const namespace = async (called: string, is_private = false) => {
      const one = await org.rest('POST', `${ws}/apps/${app_id}/namespaces`, {
        name: called,
        environment_id,
        is_private,
      });
      expect(one.status, one.text).toBe(201);
    };
    return { id, namespace };
  };
});
