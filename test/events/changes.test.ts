import { afterAll, beforeAll, expect, test } from 'vitest';
import { feedEvent, feedEvents } from '../../src/resource/feed-event.ts';
import type { AnyCollection, Doc, Store } from '../../src/store/store.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { byGraph, byRest, type Following, until } from './following.ts';

interface Told extends Record<string, unknown> {
  event_id: string;
  data: Record<string, unknown>;
}

/** The same store, which notes how many documents of a collection each read of many asks for. */
function noting(store: Store, name: string, noted: number[]): Store {
  return new Proxy(store, {
    get(target, method) {
      const value = Reflect.get(target, method) as unknown;
      if (typeof value !== 'function') return value;
      if (method === 'until') return (...args: []) => noting(value.apply(target, args), name, noted);
      return (...args: [AnyCollection, readonly unknown[]]) => {
        if (method === 'getMany' && args[0].name === name) noted.push(args[1].length);
        return value.apply(target, args);
      };
    },
  });
}

const APPS = 30;

describeEngines('what an event has changed', (engine) => {
  let harness: Harness;
  let org: Tenant;
  let apps: string;
  const asked: number[] = [];
  beforeAll(async () => {
    const first = await startHarness(engine);
    harness = await first.again({ store: noting(first.deps.store, 'audit', asked) });
    const { close } = harness;
    harness.close = async () => {
      await close();
      await first.close();
    };
    org = await harness.org();
    const { body } = await org.rest('POST', `${org.base}/workspaces`, { name: 'w', organization_id: org.orgId });
    apps = `${org.base}/workspaces/${body.workspace_id}/apps`;
    const create = (_: unknown, at: number) => org.rest('POST', apps, { name: `app ${at}`, tags: [`tag-${at}`] });
    for (const { status } of await Promise.all(Array.from({ length: APPS }, create))) expect(status).toBe(201);
    const [made] = (await org.rest('GET', apps)).body.apps;
    expect((await org.rest('PATCH', `${apps}/${made.app_id}`, { description: 'told' })).status).toBe(200);
    expect((await org.rest('DELETE', `${apps}/${made.app_id}`)).status).toBe(204);
  });
  afterAll(() => harness.close());

  const page = async (client: Pick<Tenant, 'rest'> = org, query = 'types=app.*'): Promise<Told[]> =>
    (await client.rest('GET', `${org.base}/events?limit=200&${query}`)).body.events;

  test('is stored in its audit event alone, and told by both', async () => {
    const audit = (await org.rest('GET', `${org.base}/audit-events?limit=200`)).body.events as Record<
      string,
      unknown
    >[];
    const told = (await page(org, '')).filter(({ event_id }) => audit.some((one) => one.event_id === event_id));
    expect(told.length).toBeGreaterThanOrEqual(APPS + 4);
    const of = ({ event_id, changes, counts }: Record<string, unknown>) => [event_id, { changes, counts }];
    expect(Object.fromEntries(told.map(({ event_id, data }) => [event_id, data]))).toEqual(
      Object.fromEntries(audit.map(of)),
    );
    const stored = await harness.deps.store.scan<Doc>(feedEvents.collection, null, 1_000);
    expect(stored.filter((doc) => JSON.stringify(doc).includes('tag-'))).toEqual([]);
  });

  test('is told by streams of both doors as by pages, and by none without audit:read', async () => {
    const all = await page();
    const viewer = await org.as({ role: 'Viewer' });
    const [before] = await page(org, 'types=workspace.create');
    const query = `subscription { events(after: "${before?.event_id}", types: ["app.*"]) { event_id: eventId data } }`;
    const streams: Following[] = [];
    for (const client of [org, viewer]) {
      streams.push(await byRest(harness.url, client, `${org.base}/events?types=app.*`, before?.event_id));
      streams.push(await byGraph(harness.url, client, query));
    }
    const haveAll = (count: number) =>
      until(() => expect(streams.map(({ ids }) => ids.length)).toEqual(streams.map(() => count)));
    await haveAll(all.length);
    // What has been is read in one way, what comes in another.
    expect((await org.rest('POST', apps, { name: 'last', tags: ['tag-last'] })).status).toBe(201);
    await haveAll(all.length + 1);
    const told = streams.map(({ events }) => events.map((event) => event.data ?? event));
    for (const stream of streams) stream.close();
    const [rest, graph, ...others] = told;
    const paged = (await page()).map(({ data }) => data);
    expect([rest, graph]).toEqual([paged, paged]);
    expect(JSON.stringify(others)).not.toContain('tag-');
  });

  test('is read for all events of a page together, and for nobody who may not read it', async () => {
    asked.length = 0;
    const all = await page();
    expect(asked.reduce((a, b) => a + b, 0)).toBe(all.length);
    if (engine === 'mongodb') expect(asked).toEqual([all.length]);
    asked.length = 0;
    await page(await org.as({ role: 'Viewer' }));
    expect(asked).toEqual([]);
  });

  test('is told of an event that was stored with it', async () => {
    const changes = { name: { before: null, after: 'older' } };
    const one = { orgId: org.orgId, id: harness.deps.ids.next('evt_'), createdAt: new Date().toISOString() };
    const happened = { kind: 'app.create', resourceType: 'app', resourceId: 'app_older' };
    const { doc } = feedEvent({ ...one, createdBy: null }, { ...happened, data: { changes, counts: null } });
    const { isAudited: _, ...older } = doc;
    await harness.deps.store.commit([{ type: 'insert', in: feedEvents.collection, doc: older }]);
    expect((await page(org, 'resource_id=app_older')).map(({ data }) => data)).toEqual([{ changes, counts: null }]);
  });
});
