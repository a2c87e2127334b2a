import { afterAll, beforeAll, expect, test } from 'vitest';
import { collections } from '../src/catalog/collections.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';
import { type Meter, metered } from './metered.ts';
import { required } from './required.ts';
import { type Seeded, seed } from './seed.ts';

describeEngines('the lists of a namespace', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  const many = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}-${at}`);
  const create = async (name: string, lists: { source_ids?: string[]; node_ids?: string[] }) => {
    const body = { name, environment_id: seeded.environmentId, ...lists };
    const made = await tenant.rest('POST', `${seeded.app}/namespaces`, body);
    expect(made.body.namespace).toMatchObject(lists);
    return {
      id: made.body.namespace.namespace_id as string,
      path: `${seeded.app}/namespaces/${made.body.namespace.namespace_id}`,
    };
  };
  const changesOf = async (id: string) =>
    (await tenant.rest('GET', `${tenant.base}/audit-events?resource_id=${id}`)).body.events.map(
      ({ action, changes }: { action: string; changes: object }) => [action, changes],
    );

  test('cost a thread that comes or goes nothing, however long they are', async () => {
    const costOf = async (name: string, length: number) => {
      const { id, path } = await create(name, { source_ids: many('s', length), node_ids: many('n', length) });
      const real = harness.deps.store;
      const meter: Meter = { calls: 0, chars: 0 };
      harness.deps.store = metered(real, meter);
      try {
        const input = { namespaceId: id, threadId: 't1' };
        const query = (verb: string) =>
          `mutation ($input: ${verb}Input!) { ${verb}(input: $input) { namespace { id } } }`;
        for (const verb of ['AddThreadToNamespace', 'RemoveThreadFromNamespace']) {
          const field = required(verb[0]).toLowerCase() + verb.slice(1);
          const { body } = await tenant.graphql(query(verb).replace(`{ ${verb}(`, `{ ${field}(`), { input });
          expect(body.errors).toBeUndefined();
        }
      } finally {
        harness.deps.store = real;
      }
      expect((await tenant.rest('GET', path)).body.source_ids).toHaveLength(length);
      return meter.chars;
    };
    const [few, lots] = [await costOf('few', 1), await costOf('lots', 10_000)];
    expect(few).toBeGreaterThan(500);
    // The two lists have some 170,000 characters; what else a process asks meanwhile has few.
    expect(lots - few).toBeLessThan(20_000);
  });

  test('lie in the namespace as long as they are short, and apart from then on', async () => {
    const [noun, apart] = ['namespaces', 'namespaceLists'].map((wanted) =>
      required(collections.find(({ name }) => name === wanted)),
    );
    const places = async (id: string) => {
      const at = { orgId: tenant.orgId, id };
      const own = await harness.deps.store.get(required(noun), at);
      return [own && 'sourceIds' in own, (await harness.deps.store.get(required(apart), at)) !== null];
    };
    const shown = async (path: string) => {
      const { source_ids, node_ids } = (await tenant.rest('GET', path)).body;
      return { source_ids, node_ids };
    };
    const { id, path } = await create('Short', { source_ids: ['a'], node_ids: ['n'] });
    expect(await places(id)).toEqual([true, false]);
    const steps = [
      [{ source_ids: [], node_ids: [] }, [false, false]],
      [{ source_ids: [], node_ids: ['n'] }, [true, false]],
      [{ source_ids: many('s', 8), node_ids: many('n', 8) }, [true, false]],
      [{ source_ids: many('s', 8), node_ids: many('n', 9) }, [false, true]],
      [{ source_ids: ['a'], node_ids: ['n'] }, [false, true]],
      [{ source_ids: [], node_ids: [] }, [false, true]],
    ] as const;
    for (const [lists, where] of steps) {
      expect((await tenant.rest('PUT', path, lists)).body.namespace).toMatchObject(lists);
      expect((await tenant.rest('POST', `${path}/threads/t`)).body).toMatchObject(lists);
      expect([await shown(path), await places(id)]).toEqual([lists, where]);
    }
    const long = await create('One long id', { source_ids: ['x'.repeat(1_025)] });
    expect(await places(long.id)).toEqual([false, true]);
  });

  test('are fields like others: shown, replaced, unchanged, told of and taken away', async () => {
    const { id, path } = await create('Fields', { source_ids: ['a', 'b'], node_ids: ['n'] });
    const first = await tenant.rest('GET', path);
    const same = await tenant.rest('PUT', path, first.body);
    expect(same.headers.get('etag')).toBe(first.headers.get('etag'));
    const changed = await tenant.rest('PUT', path, { source_ids: ['b', 'c'] }, { 'Idempotency-Key': 'lists' });
    expect(changed.body.namespace).toMatchObject({ source_ids: ['b', 'c'], node_ids: ['n'] });
    expect(changed.headers.get('etag')).not.toBe(first.headers.get('etag'));
    expect((await tenant.rest('PUT', path, { node_ids: [] })).body.namespace).toMatchObject({
      source_ids: ['b', 'c'],
      node_ids: [],
    });
    const { data } = (await tenant.graphql(`{ namespace(namespaceId: "${id}") { sourceIds nodeIds } }`)).body;
    expect(data.namespace).toEqual({ sourceIds: ['b', 'c'], nodeIds: [] });
    const listed = (await tenant.rest('GET', `${seeded.app}/namespaces?search=Fields`)).body.namespaces;
    expect(listed).toMatchObject([{ source_ids: ['b', 'c'], node_ids: [] }]);
    expect((await tenant.rest('DELETE', path)).status).toBe(200);
    const [gone, , update, made] = await changesOf(id);
    expect(gone).toMatchObject(['namespace.delete', { source_ids: { before: ['b', 'c'], after: null } }]);
    expect(update).toEqual(['namespace.update', { source_ids: { before: ['a', 'b'], after: ['b', 'c'] } }]);
    expect(made).toMatchObject(['namespace.create', { node_ids: { before: null, after: ['n'] } }]);
    const kept = required(collections.find(({ name }) => name === 'namespaceLists'));
    const left = async () => (await harness.deps.store.scan(kept, null, 100)).map((doc) => doc.id);
    await expect.poll(left, { timeout: 60_000 }).not.toContain(id);
  });

  test('that an older program stored in the namespace, however long, are read there, and move with its next change', async () => {
    const { id, path } = await create('Older', {});
    const before = { sourceIds: many('x', 20), nodeIds: ['m'] };
    const older = () =>
      harness.rewrite('namespaces', { orgId: tenant.orgId, id }, ({ listsVersion: _, ...doc }) => ({
        ...doc,
        ...before,
      }));
    await older();
    const again = await harness.again();
    try {
      const client = again.client(tenant.token);
      const shown = { source_ids: before.sourceIds, node_ids: ['m'] };
      const read = await client.rest('GET', path);
      expect(read.body).toMatchObject(shown);
      const same = await client.rest('PUT', path, shown);
      expect(same.headers.get('etag')).toBe(read.headers.get('etag'));
      const key = { 'Idempotency-Key': 'older' };
      for (const _ of [1, 2]) {
        const added = await client.rest('POST', `${path}/threads/t`, undefined, key);
        expect(added.body).toMatchObject({ ...shown, thread_ids: ['t'] });
      }
      expect((await client.rest('GET', path)).body).toMatchObject({ ...shown, thread_ids: ['t'] });
      const added = { thread_id: { before: null, after: 't' } };
      expect((await changesOf(id))[0]).toEqual(['namespace.add_thread', added]);
      const stored = await again.deps.store.get(required(collections.find(({ name }) => name === 'namespaces')), {
        orgId: tenant.orgId,
        id,
      });
      expect(stored).not.toHaveProperty('sourceIds');
      const begun = await client.rest('POST', `${path}/reindex`, { new_embedding_model_id: seeded.embeddingId });
      expect(begun.body.reindex_progress).toMatchObject({ total: 21 });
    } finally {
      await again.close();
    }
  });
});
