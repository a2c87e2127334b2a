import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, openEngine, startHarness, type Tenant } from '../harness.ts';
import { seed } from '../seed.ts';
import { byGraph, byRest, type Following, until } from './following.ts';
import { watched } from './watched.ts';

const READERS = 200;
const PER_TOKEN = 20;

/** What a wave of events reads; what looks for more, or for work, does so by other calls. */
function readsOf({ numbered = 0, getMany = 0, pages = 0, counts = 0 }: Record<string, number>): number {
  return numbered + getMany + pages + counts;
}

/** Whatever changes what somebody may read, at whichever server: streams at the other one hear of it. */
describeEngines('the rights of a stream', (engine) => {
  let one: Harness;
  let two: Harness;
  let calls: Record<string, number>;
  beforeAll(async () => {
    const opened = await openEngine(engine);
    const { store, calls: counted } = watched(opened.store);
    calls = counted;
    one = await startHarness(engine, { opened: { ...opened, store } });
    two = await one.again();
  });
  afterAll(async () => {
    await two.close();
    await one.close();
  });
  const all = 'subscription { events { eventId resourceId } }';
  /** One stream by each door at each server. */
  const followAll = async (org: Tenant, token: string): Promise<Following[]> => {
    const at = async ({ url, client }: Harness) => [
      await byRest(url, client(token), `${org.base}/events`),
      await byGraph(url, client(token), all),
    ];
    return [...(await at(one)), ...(await at(two))];
  };
  const ended = async (streams: Following[], code: string) => {
    for (const { errors } of streams) await until(() => expect(errors[0]).toEqual({ code }));
  };
  const workspace = async (org: Tenant, name: string): Promise<string> => {
    const made = await org.rest('POST', `${org.base}/workspaces`, { name, organization_id: org.orgId });
    return made.body.workspace_id;
  };

  test('end with a token that is revoked, and with its member', async () => {
    const org = await one.org();
    const [viewer, other] = [await org.as({ role: 'Viewer' }), await org.as({ role: 'Viewer' })];
    const [streams, others] = [await followAll(org, viewer.token), await followAll(org, other.token)];
    expect((await org.rest('DELETE', `${org.base}/tokens/${viewer.tokenId}`)).status).toBeLessThan(300);
    await ended(streams, 'AUTHENTICATION_FAILED');

    const made = await org.rest('POST', `${org.base}/members`, {
      email: 'ada@example.com',
      name: 'Ada',
      role: 'Viewer',
    });
    expect(made.status, made.text).toBe(201);
    const ada = await org.as({ member_id: made.body.member_id });
    const hers = await followAll(org, ada.token);
    expect((await org.rest('DELETE', `${org.base}/members/${made.body.member_id}`)).status).toBeLessThan(300);
    await ended(hers, 'AUTHENTICATION_FAILED');
    const id = await workspace(org, 'after');
    for (const { errors, close, events } of others) {
      await until(() => expect(events.map((event) => event.resource_id ?? event.resourceId)).toContain(id));
      expect(errors).toEqual([]);
      close();
    }
  });

  test('end with a token that expires, without anything being told, and with a secret that is rotated away', async () => {
    const org = await one.org();
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const brief = await org.as({ role: 'Viewer', expires_at: inAnHour });
    const rotated = await org.as({ role: 'Viewer' });
    const streams = await followAll(org, brief.token);
    const old = await followAll(org, rotated.token);
    const path = `${org.base}/tokens/${rotated.tokenId}/rotate`;
    const { status, body, text } = await org.rest('POST', path, { overlap_seconds: 600 });
    expect(status, text).toBe(200);
    const fresh = await followAll(org, body.token);
    for (const harness of [one, two]) harness.clock.offsetMs = 700_000;
    await ended(old, 'AUTHENTICATION_FAILED');
    for (const { errors } of [...streams, ...fresh]) expect(errors).toEqual([]);
    for (const harness of [one, two]) harness.clock.offsetMs = 3_700_000;
    await ended(streams, 'AUTHENTICATION_FAILED');
    for (const harness of [one, two]) harness.clock.offsetMs = 0;
    for (const { errors, close } of fresh) {
      expect(errors).toEqual([]);
      close();
    }
  });

  test('end where they are narrowed, and go on where they are widened', async () => {
    const org = await one.org();
    const role = { name: 'Watcher', permissions: ['events:read', 'workspaces:read'] };
    const { body } = await org.rest('POST', `${org.base}/roles`, role);
    const [a, b] = [await workspace(org, 'a'), await workspace(org, 'b')];
    const watcher = await org.as({ role: 'Watcher' });
    const [here, wide] = [
      await org.as({ role: 'Viewer', workspace_ids: [a, b] }),
      await org.as({ role: 'Viewer', workspace_ids: [a] }),
    ];
    const [watching, limited, widened] = [
      await followAll(org, watcher.token),
      await followAll(org, here.token),
      await followAll(org, wide.token),
    ];
    const change = async (path: string, fields: object) => {
      const answer = await org.rest('PATCH', org.base + path, fields);
      expect(answer.status, answer.text).toBe(200);
    };
    await change(`/tokens/${wide.tokenId}`, { workspace_ids: [a, b] });
    await change(`/tokens/${here.tokenId}`, { workspace_ids: [b] });
    await ended(limited, 'FORBIDDEN');
    await change(`/roles/${body.role_id}`, { permissions: ['events:read'] });
    await ended(watching, 'FORBIDDEN');
    expect((await org.rest('PUT', `${org.base}/workspaces/${b}`, { description: 'seen' })).status).toBe(200);
    for (const { events, errors, close } of widened) {
      await until(() => expect(events.map((event) => event.resource_id ?? event.resourceId)).toContain(b));
      expect(errors).toEqual([]);
      close();
    }
  });

  test('show nothing more of a namespace that is made private, from the next event on', async () => {
    const org = await one.org();
    const ws = `${org.base}/workspaces/${await workspace(org, 'w')}`;
    const { environment_id } = (await org.rest('POST', `${ws}/environments`, { name: 'dev' })).body;
    const { app_id } = (await org.rest('POST', `${ws}/apps`, { name: 'a' })).body;
    const spaces = `${ws}/apps/${app_id}/namespaces`;
    const made = await org.rest('POST', spaces, { name: 'n', environment_id });
    const path = `${spaces}/${(made.body.namespace ?? made.body).namespace_id}`;
    const viewer = await org.as({ role: 'Viewer' });
    const streams = await followAll(org, viewer.token);
    const own = await followAll(org, org.token);
    const idsOf = ({ events }: Following) => events.map((event) => event.resource_id ?? event.resourceId);
    const told = (stream: Following) => idsOf(stream).filter((id) => path.endsWith(String(id)));
    const change = async (fields: object) => expect((await org.rest('PUT', path, fields)).status).toBe(200);
    await change({ name: 'public' });
    for (const stream of [...streams, ...own]) await until(() => expect(told(stream)).toHaveLength(1));
    await change({ is_private: true });
    await change({ name: 'hidden' });
    const last = await workspace(org, 'last');
    for (const stream of own) await until(() => expect(told(stream)).toHaveLength(3));
    for (const stream of streams) {
      await until(() => expect(idsOf(stream)).toContain(last));
      expect(told(stream)).toHaveLength(1);
    }
    for (const { close } of [...streams, ...own]) close();
  });

  test('show nothing of what is done to a job that is hidden with its namespace, in totals neither', async () => {
    const org = await one.org();
    const seeded = await seed(org);
    const body = { environment_id: seeded.environmentId, source_ids: ['one'], embedding_model_id: seeded.embeddingId };
    const cancelled: string[] = [];
    const viewer = await org.as({ role: 'Viewer' });
    const streams = await followAll(org, viewer.token);
    const own = await followAll(org, org.token);
    for (const is_private of [true, false]) {
      const made = await org.rest('POST', `${seeded.app}/namespaces`, { ...body, name: `n ${is_private}`, is_private });
      const path = `${seeded.app}/namespaces/${made.body.namespace.namespace_id}/reindex`;
      await org.rest('POST', path, { new_embedding_model_id: seeded.embeddingId });
      const { jobs } = (await org.rest('GET', `${org.base}/jobs?limit=1`)).body;
      cancelled.push(jobs[0].job_id);
      expect((await org.rest('POST', `${org.base}/jobs/${jobs[0].job_id}/cancel`)).status).toBe(200);
    }
    const told = ({ events }: Following) =>
      events.map((event) => event.resource_id ?? event.resourceId).filter((id) => cancelled.includes(String(id)));
    for (const stream of own) await until(() => expect(new Set(told(stream))).toEqual(new Set(cancelled)));
    // The hidden one was first: whoever has heard of the other would have heard of it.
    for (const stream of streams) {
      await until(() => expect(told(stream)).toContain(cancelled[1]));
      expect(told(stream)).not.toContain(cancelled[0]);
    }
    for (const client of [one.client(viewer.token), two.client(viewer.token)])
      for (const query of ['types=job.*', 'resource_type=job', `resource_id=${cancelled[0]}`, '']) {
        const { total, events } = (await client.rest('GET', `${org.base}/events?limit=200&${query}`)).body;
        expect([query, total]).toEqual([query, events.length]);
        const ids = events.map((event: { resource_id: string }) => event.resource_id);
        expect([query, ids.includes(cancelled[0])]).toEqual([query, false]);
      }
    for (const { close } of [...streams, ...own]) close();
  });

  test('and what is shown of one event are read a handful of times for hundreds of readers', async () => {
    const org = await one.org();
    const apps = `${org.base}/workspaces/${await workspace(org, 'w')}/apps`;
    const { app_id } = (await org.rest('POST', apps, { name: 'zeroth' })).body;
    const name = (to: string) => two.client(org.token).rest('PATCH', `${apps}/${app_id}`, { name: to });
    const query =
      'subscription { events(types: ["app.*"]) { eventId resource { id ... on App { name workspace { name } } } } }';
    const streams: Following[] = [];
    for (let at = 0; at < READERS / PER_TOKEN; at += 1) {
      const { token } = await org.as({ role: 'Viewer' });
      const some = Array.from({ length: PER_TOKEN }, () => byGraph(one.url, one.client(token), query));
      streams.push(...(await Promise.all(some)));
    }
    // Each has asked once more who it is before it is given anything.
    await name('first');
    for (const { events } of streams) await until(() => expect(events).toHaveLength(1));
    const before = readsOf(calls);
    await name('second');
    for (const { events } of streams) await until(() => expect(events).toHaveLength(2));
    expect(readsOf(calls) - before).toBeLessThan(12);
    for (const { events, close } of streams) {
      expect(events[1]).toMatchObject({ resource: { name: 'second', workspace: { name: 'w' } } });
      close();
    }
  });
});
