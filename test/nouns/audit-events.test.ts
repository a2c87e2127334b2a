import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditEvents } from '../../src/resource/audit-event.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { type Seeded, seed } from '../seed.ts';
import { shownByGraph } from './life.ts';

interface Audited {
  event_id: string;
  action: string;
}

describeEngines('audit events', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  const list = async (query: string, client = tenant) =>
    (await client.rest('GET', `${client.base}/audit-events?${query}`)).body;
  const actions = (events: Audited[]) => events.map(({ action }) => action);

  test('each change of a thing leaves one, the last first, with what was and what is; both doors show the same', async () => {
    await tenant.rest('PATCH', seeded.app, { description: 'one' });
    await tenant.rest('PATCH', seeded.app, { description: 'two' }, { 'X-Request-Id': 'asked-for' });
    const { events, total } = await list(`resource_id=${seeded.appId}`);
    expect([total, actions(events)]).toEqual([3, ['app.update', 'app.update', 'app.create']]);
    expect(events[0]).toMatchObject({
      actor_id: tenant.memberId,
      resource_type: 'app',
      resource_id: seeded.appId,
      workspace_id: seeded.workspaceId,
      request_id: 'asked-for',
      changes: { description: { before: 'one', after: 'two' } },
      counts: null,
    });
    expect(events[0]).toMatchObject((await shownByGraph(tenant, auditEvents, events[0].event_id)) ?? {});
  });

  test('a thread that comes or goes is named, in the audit and in the feed; one that is there already leaves none', async () => {
    const body = { name: 'Threads', environment_id: seeded.environmentId };
    const { namespace_id } = (await tenant.rest('POST', `${seeded.app}/namespaces`, body)).body.namespace;
    const thread = `${seeded.app}/namespaces/${namespace_id}/threads/t1`;
    for (const method of ['POST', 'POST', 'DELETE']) expect((await tenant.rest(method, thread)).status).toBe(200);
    const expected = [{ thread_id: { before: 't1', after: null } }, { thread_id: { before: null, after: 't1' } }];
    const { events } = await list(`resource_id=${namespace_id}&limit=2`);
    expect(events.map(({ changes }: { changes: object }) => changes)).toEqual(expected);
    const told = await tenant.rest(
      'GET',
      `${tenant.base}/events?types=namespace.*&resource_id=${namespace_id}&limit=2`,
    );
    const changes = told.body.events.map(({ data }: { data: { changes: object } }) => data.changes);
    expect(changes.reverse()).toEqual(expected);
  });

  test('filters hold together: action, actor, kind, and since when until when', async () => {
    const of = `resource_type=app&action=app.create&actor_id=${tenant.memberId}`;
    const [first] = (await list(of)).events;
    expect((await list(`${of}&since=${first.at}`)).total).toBe(1);
    expect((await list(`${of}&until=${first.at}`)).total).toBe(0);
    expect((await list('resource_type=app&action=app.create&actor_id=nobody')).total).toBe(0);
  });

  test('it says how much went with what was deleted, and stays when that is gone; others see none of it', async () => {
    const { namespace_id } = (
      await tenant.rest('POST', `${seeded.app}/namespaces`, { name: 'Gone', environment_id: seeded.environmentId })
    ).body.namespace;
    await tenant.rest('POST', `${seeded.app}/namespaces/${namespace_id}/threads/t1`);
    expect([200, 204]).toContain((await tenant.rest('DELETE', `${seeded.app}/namespaces/${namespace_id}`)).status);
    const { events } = await list(`resource_id=${namespace_id}`);
    expect(events[0]).toMatchObject({ action: 'namespace.delete', counts: { threads: 1 } });
    const other = await harness.org('others');
    expect((await list(`resource_id=${namespace_id}`, other)).total).toBe(0);
    expect(await shownByGraph(other, auditEvents, events[0].event_id)).toBeNull();
  });
});
