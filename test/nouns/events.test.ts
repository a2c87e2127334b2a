import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { type Seeded, seed } from '../seed.ts';

describeEngines('events', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  const eventsOf = async (id: string) =>
    (await tenant.rest('GET', `${tenant.base}/events?resource_id=${encodeURIComponent(id)}`)).body.events;

  test('what happens to a thing is told in its order, by both doors', async () => {
    expect((await tenant.rest('PATCH', seeded.app, { description: 'told' })).status).toBe(200);
    const events = await eventsOf(seeded.appId);
    const common = { resource_type: 'app', resource_id: seeded.appId, workspace_id: seeded.workspaceId };
    expect(events).toMatchObject([
      { ...common, type: 'app.create', actor_id: tenant.memberId },
      { ...common, type: 'app.update', data: { changes: { description: { before: null, after: 'told' } } } },
    ]);
    const { body } = await tenant.graphql(`{ events(resourceId: "${seeded.appId}") { totalCount nodes {
      event_id: eventId at type resource_type: resourceType resource_id: resourceId workspace_id: workspaceId
      actor_id: actorId request_id: requestId data } } }`);
    expect(body.data.events).toEqual({ totalCount: 2, nodes: events });
  });

  test('a change that changes nothing, or is refused, is no event', async () => {
    const before = await eventsOf(seeded.appId);
    expect((await tenant.rest('PATCH', seeded.app, {})).status).toBe(200);
    expect((await tenant.rest('PATCH', seeded.app, { name: '' })).status).toBe(422);
    expect((await tenant.rest('PATCH', seeded.app, { description: 'x' }, { 'If-Match': '"99"' })).status).toBe(412);
    expect(await eventsOf(seeded.appId)).toEqual(before);
  });

  test('nothing of it is told to others', async () => {
    const other = await harness.org('others');
    const { body } = await other.rest('GET', `${other.base}/events?resource_id=${seeded.appId}`);
    expect([body.total, body.events]).toEqual([0, []]);
  });
});
