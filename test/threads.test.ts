import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';
import { required } from './required.ts';
import { type Seeded, seed } from './seed.ts';

describeEngines('the threads of a namespace', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  let apps: string;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    seeded = await seed(tenant);
    apps = `${tenant.base}/workspaces/${seeded.workspaceId}/apps/${seeded.appId}/namespaces`;
  });
  afterAll(() => harness.close());

  const create = async (name: string) => {
    const body = { name, environment_id: seeded.environmentId };
    return (await tenant.rest('POST', apps, body)).body.namespace.namespace_id as string;
  };

  test('each reply to many at once shows the list as its own commit left it', async () => {
    const id = await create('Many at once');
    const names = Array.from({ length: 24 }, (_, at) => `t${at}`);
    const added = await Promise.all(names.map((name) => tenant.rest('POST', `${apps}/${id}/threads/${name}`)));
    const lists = added.map(({ body }) => body.thread_ids as string[]).sort((a, b) => a.length - b.length);
    expect(lists.map(({ length }) => length)).toEqual(names.map((_, at) => at + 1));
    for (const [at, list] of lists.entries()) expect(list).toEqual(required(lists.at(-1)).slice(0, at + 1));
    expect(new Set(lists.at(-1))).toEqual(new Set(names));
    const removed = await tenant.rest('DELETE', `${apps}/${id}/threads/t5`);
    expect(removed.body.thread_ids).toEqual(required(lists.at(-1)).filter((name) => name !== 't5'));
  });

  test('an addition under an Idempotency-Key is replayed with the list as it was', async () => {
    const id = await create('Replayed');
    const key = { 'Idempotency-Key': crypto.randomUUID() };
    const add = (name: string, headers = {}) =>
      tenant.rest('POST', `${apps}/${id}/threads/${name}`, undefined, headers);
    await add('first');
    expect((await add('second', key)).body.thread_ids).toEqual(['first', 'second']);
    await add('third');
    expect((await add('second', key)).body.thread_ids).toEqual(['first', 'second']);
  });

  test('whoever does not ask for the ids pays for none of them', async () => {
    const id = await create('Unread');
    for (let at = 0; at < 5; at += 1) await tenant.rest('POST', `${apps}/${id}/threads/t${at}`);
    let pages = 0;
    const { store } = harness.deps;
    const until = store.until.bind(store);
    store.until = (deadline) => {
      const one = until(deadline);
      const read = one.pages.bind(one);
      one.pages = (from, queries) => {
        if (from.name === 'threads') pages += queries.length;
        return read(from, queries);
      };
      return one;
    };
    const input = `input:{namespaceId:"${id}",threadId:"one-more"}`;
    await tenant.graphql(`mutation{addThreadToNamespace(${input}){namespace{namespaceId}}}`);
    expect(pages).toBe(0);
    const shown = await tenant.graphql(`mutation{removeThreadFromNamespace(${input}){namespace{threadIds}}}`);
    expect(shown.body.data.removeThreadFromNamespace.namespace.threadIds).toEqual(['t0', 't1', 't2', 't3', 't4']);
    expect(pages).toBe(1);
    store.until = until;
  });

  test('a thread is seen where its namespace is, by node, by nodes and by the list alike', async () => {
    const id = await create('Turns private');
    await tenant.rest('POST', `${apps}/${id}/threads/a-thread`);
    const seen = 'query($id: ID!){namespace(namespaceId:$id){threads{nodes{id}}}}';
    const thread = (await tenant.graphql(seen, { id })).body.data.namespace.threads.nodes[0].id as string;
    const asked = 'query($id: ID!){node(id:$id){... on Thread{threadId}} nodes(ids:[$id]){... on Thread{threadId}}}';
    const shownTo = async (client: Client) => (await client.graphql(asked, { id: thread })).body.data;
    const there = { node: { threadId: 'a-thread' }, nodes: [{ threadId: 'a-thread' }] };
    const viewer = await tenant.as({ role: 'Viewer' });
    expect(await shownTo(viewer)).toEqual(there);
    await tenant.rest('PUT', `${apps}/${id}`, { is_private: true });
    expect(await shownTo(viewer)).toEqual({ node: null, nodes: [null] });
    expect(await shownTo(tenant)).toEqual(there);
    await tenant.rest('DELETE', `${apps}/${id}`);
    expect(await shownTo(tenant)).toEqual({ node: null, nodes: [null] });
  });
});
