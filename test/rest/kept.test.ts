import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { type Seeded, seed } from '../seed.ts';

const NODE = `query ($id: ID!) { namespace(namespaceId: $id) {
  namespace_id: namespaceId name description status tags threadIds isPrivate updatedAt version etag } }`;

/** What is read again and again is answered from memory, and still is what is stored, whichever of two servers changed it. */
describeEngines('one namespace, read by both doors of two servers', (engine) => {
  let servers: Harness[];
  let tenant: Tenant;
  let seeded: Seeded;
  let clients: Client[];
  beforeAll(async () => {
    const one = await startHarness(engine);
    tenant = await one.org();
    seeded = await seed(tenant);
    servers = [await one.again(), one];
    clients = [required(servers[0]).client(tenant.token), tenant];
  });
  afterAll(async () => {
    for (const server of servers) await server.close();
  });

  const who = fc.constantFrom(0, 1);
  const word = fc.constantFrom('a', 'b', 'ü', '😀');
  const change = fc.oneof(
    fc.record({ description: fc.option(word) }),
    fc.record({ tags: fc.array(word, { maxLength: 3 }) }),
    fc.record({ status: fc.constantFrom('active', 'archived') }),
    fc.record({ source_ids: fc.uniqueArray(word, { maxLength: 3 }) }),
    fc.record({ add: word }),
    fc.record({ remove: word }),
  );
  const step = fc.record({ by: who, change });

  const changeBy = (client: Client, change: Record<string, unknown>) => {
    const thread = (name: unknown) => `${seeded.namespace}/threads/${encodeURIComponent(String(name))}`;
    if ('add' in change) return client.rest('POST', thread(change.add));
    if ('remove' in change) return client.rest('DELETE', thread(change.remove));
    return client.rest('PUT', seeded.namespace, change);
  };

  const readBy = async (client: Client) => {
    const one = await client.rest('GET', seeded.namespace);
    const again = await client.rest('GET', seeded.namespace);
    expect([again.text, again.headers.get('etag')]).toEqual([one.text, one.headers.get('etag')]);
    const list = await client.rest('GET', `${seeded.app}/namespaces`);
    const node = await client.graphql(NODE, { id: seeded.namespaceId });
    const [listed] = list.body.namespaces;
    expect(listed).toEqual(one.body);
    expect(Object.keys(listed)).toEqual(Object.keys(one.body));
    const { namespace } = node.body.data;
    expect(namespace.etag).toBe(one.headers.get('etag'));
    const { name, description, status, tags, thread_ids, is_private, updated_at } = one.body;
    expect(namespace).toMatchObject({ name, description, status, tags, threadIds: thread_ids });
    expect(namespace).toMatchObject({ isPrivate: is_private, updatedAt: updated_at });
    return one;
  };

  test('is what the last change has answered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 8 }), async (steps) => {
        for (const { by, change } of steps) {
          const before = await readBy(required(clients[1 - by]));
          const changed = await changeBy(required(clients[by]), change);
          expect([200, 201, 404]).toContain(changed.status);
          const shown = changed.body.namespace ?? (changed.body.namespace_id ? changed.body : null);
          for (const client of clients) {
            const after = await readBy(client);
            if (shown) expect(after.body).toEqual(shown);
            const known = { 'If-None-Match': required(before.headers.get('etag')) };
            const again = await client.rest('GET', seeded.namespace, undefined, known);
            const isSame = before.headers.get('etag') === after.headers.get('etag');
            expect([200, 304]).toContain(again.status);
            if (!isSame) expect([again.status, again.body]).toEqual([200, after.body]);
          }
        }
      }),
      { numRuns: engine === 'sqlite' ? 6 : 1 },
    );
  });

  test('is shown to nobody who may not see it, however often others have read it', async () => {
    const created = await tenant.rest('POST', `${seeded.app}/namespaces`, {
      name: 'Mine',
      environment_id: seeded.environmentId,
      is_private: true,
    });
    const path = `${seeded.app}/namespaces/${created.body.namespace.namespace_id}`;
    const [member, elsewhere, unread] = [
      await tenant.as({ role: 'Viewer' }),
      await tenant.as({ role: 'Admin', workspace_ids: [(await seed(tenant, 'Other')).workspaceId] }),
      await tenant.as({ permissions: ['apps:read'] }),
    ];
    const stranger = await required(servers[1]).org();
    const answers = async () => {
      const asked = [tenant, member, elsewhere, unread, stranger].map((client) => client.rest('GET', path));
      const wrong = tenant.rest('GET', path.replace(seeded.appId, 'app_none'));
      return (await Promise.all([...asked, wrong])).map(({ status }) => status);
    };
    for (let times = 0; times < 3; times += 1) expect(await answers()).toEqual([200, 404, 404, 403, 404, 404]);
    expect((await tenant.rest('DELETE', path)).status).toBe(200);
    expect((await tenant.rest('GET', path)).status).toBe(404);
  });
});
