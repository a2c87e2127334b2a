import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Client, describeEngines, type Harness, PATIENCE_MS, startHarness } from '../harness.ts';
import { required } from '../required.ts';

interface Received {
  event_id: string;
  type: string;
  resource_type: string;
  resource_id: string;
  data: Record<string, unknown>;
}

describeEngines('the feed', (engine) => {
  let one: Harness;
  let two: Harness;
  beforeAll(async () => {
    one = await startHarness(engine);
    two = await one.again();
  });
  afterAll(async () => {
    await two.close();
    await one.close();
  });
  const workspace = (client: Client, orgId: string, name: string) =>
    client.rest('POST', `/v1/orgs/${orgId}/workspaces`, { name, organization_id: orgId });
  const list = async (client: Client, orgId: string, query = '') =>
    (await client.rest('GET', `/v1/orgs/${orgId}/events${query}`)).body;

  test('is listed behind a cursor to its end, by type, thing and workspace', async () => {
    const org = await one.org();
    const made = (await workspace(org, org.orgId, 'a')).body.workspace_id;
    // Its bucket is made meanwhile, which is an event as well.
    const ready = async () => (await list(org, org.orgId, '?types=workspace.update')).total;
    await vi.waitFor(async () => expect(await ready()).toBe(1), { timeout: PATIENCE_MS });
    expect((await org.rest('PUT', `${org.base}/workspaces/${made}`, { name: 'b' })).status).toBe(200);
    const all = await list(org, org.orgId);
    expect(all).toMatchObject({ has_more: false, next_cursor: null, total: all.events.length });
    const walked: Received[] = [all.events[0]];
    for (let after = required(walked[0]).event_id; ; ) {
      const page = await list(org, org.orgId, `?limit=2&after=${after}`);
      walked.push(...page.events);
      expect(page.next_cursor).toBe(page.has_more ? page.events.at(-1).event_id : null);
      if (!page.has_more) break;
      after = page.next_cursor;
    }
    expect(walked).toEqual(all.events);
    const types = async (query: string) => (await list(org, org.orgId, query)).events.map(({ type }: Received) => type);
    expect(await types('?limit=2')).toEqual(all.events.slice(-2).map(({ type }: Received) => type));
    expect(await types(`?workspace_id=${made}&types=workspace.*`)).toContain('workspace.update');
    expect(await types('?types=member.*,token.create')).toEqual(['member.create', 'token.create']);
    expect(await types(`?resource_type=workspace&resource_id=${made}&types=workspace.create`)).toEqual([
      'workspace.create',
    ]);
    const { data } = await org
      .graphql(
        `{ events(resourceId: "${made}", types: ["workspace.create"]) { totalCount nodes { resource { ... on Workspace { name } } } } }`,
      )
      .then(({ body }) => body);
    expect(data.events).toEqual({ totalCount: 1, nodes: [{ resource: { name: 'b' } }] });
  });

  test('refuses a cursor that is too old, or no event of the org, by both doors', async () => {
    const [org, other] = [await one.org(), await one.org()];
    const [first] = (await list(org, org.orgId, '?limit=1')).events;
    const told = async (after: string) => {
      const { status, body } = await org.rest('GET', `${org.base}/events?after=${after}`);
      const answer = await org.graphql(`{ events(after: "${after}") { endCursor } }`);
      expect(answer.body.errors[0].extensions.details.detail[0].msg).toBe(body.detail[0].msg);
      return [status, body.detail[0].loc, body.detail[0].msg];
    };
    const unknown = 'Value error, it is the id of no event of this organization';
    expect(await told((await list(other, other.orgId, '?limit=1')).events[0].event_id)).toEqual([
      422,
      ['query', 'after'],
      unknown,
    ]);
    expect(await told('nonsense')).toEqual([422, ['query', 'after'], unknown]);
    one.clock.offsetMs = 7 * 24 * 3_600_000 + 1_000;
    const old = 'Value error, events are kept for 7 days, and this one is older';
    expect(await told(first.event_id)).toEqual([422, ['query', 'after'], old]);
    expect((await list(org, org.orgId)).events).toEqual([]);
    one.clock.offsetMs = 0;
    for (const types of ['a.b.c', 'namespace', 'namespace.*,x*', ''])
      expect((await org.rest('GET', `${org.base}/events?types=${types}`)).status, types).toBe(422);
  });

  test('shows changes to those who may read the audit, a workspace to those who see it, and nothing without events:read', async () => {
    const org = await one.org();
    const [a, b] = [(await workspace(org, org.orgId, 'a')).body, (await workspace(org, org.orgId, 'b')).body];
    const viewer = await org.as({ role: 'Viewer', workspace_ids: [a.workspace_id] });
    const seen = await list(viewer, org.orgId);
    expect(seen.events.length).toBeGreaterThan(0);
    for (const event of seen.events) expect(event.workspace_id).toBe(a.workspace_id);
    // The workspace's bucket may become ready between the events and their total.
    const uncounted = async () => {
      const { events, total } = await list(viewer, org.orgId);
      return total - events.length;
    };
    await expect.poll(uncounted, { timeout: PATIENCE_MS }).toBe(0);
    for (const { data } of seen.events) expect(data).not.toHaveProperty('changes');
    const own = await list(org, org.orgId, `?resource_id=${b.workspace_id}&types=workspace.create`);
    expect(own.events[0].data.changes.name).toEqual({ before: null, after: 'b' });
    const none = await org.as({ permissions: ['workspaces:read'] });
    const answer = await none.rest('GET', `${org.base}/events`);
    expect([answer.status, answer.body.details]).toEqual([403, { required_permission: 'events:read' }]);
  });

  test('of a namespace that is private shows nothing to others, when it is gone neither', async () => {
    const org = await one.org();
    const { workspace_id } = (await workspace(org, org.orgId, 'w')).body;
    const ws = `${org.base}/workspaces/${workspace_id}`;
    const { environment_id } = (await org.rest('POST', `${ws}/environments`, { name: 'dev' })).body;
    const { app_id } = (await org.rest('POST', `${ws}/apps`, { name: 'a' })).body;
    const spaces = `${ws}/apps/${app_id}/namespaces`;
    const viewer = await org.as({ role: 'Viewer' });
    const made = await org.rest('POST', spaces, { name: 'n', environment_id });
    expect(made.status, made.text).toBe(201);
    const path = `${spaces}/${(made.body.namespace ?? made.body).namespace_id}`;
    const shown = async (client: Client) => {
      const { events, total } = await list(client, org.orgId, '?types=namespace.*');
      expect(total).toBe(events.length);
      return events.map(({ type }: Received) => type);
    };
    expect(await shown(viewer)).toEqual(['namespace.create']);
    expect((await org.rest('PUT', path, { is_private: true })).status).toBe(200);
    expect(await shown(viewer)).toEqual([]);
    expect(await shown(org)).toEqual(['namespace.create', 'namespace.update']);
    expect((await org.rest('DELETE', path)).status).toBe(200);
    expect(await shown(viewer)).toEqual(['namespace.create']);
    expect(await shown(org)).toEqual(['namespace.create', 'namespace.update', 'namespace.delete']);
  });
});
