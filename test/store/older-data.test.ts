import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { rows } from '../../src/catalog/nouns.ts';
import { apps } from '../../src/nouns/apps/model.ts';
import { complete } from '../../src/store/complete.ts';
import type { Clause, Doc, Store } from '../../src/store/store.ts';
import { fold } from '../../src/words/fold.ts';
import { byGraph, until } from '../events/following.ts';
import { COLLIDING, ODD_NAMES } from '../fixtures/0.1.0/content.ts';
import { describeEngines, type Harness, PATIENCE_MS, startHarness } from '../harness.ts';
import { everything, type Older, olderData } from '../older.ts';
import { required } from '../required.ts';

describeEngines('what 0.1.0 stored', (engine) => {
  let older: Older;
  let store: Store;
  let harness: Harness;
  let client: ReturnType<Harness['client']>;
  let org: string;
  let app: string;
  const told: Record<string, unknown>[] = [];
  beforeAll(async () => {
    older = await olderData(engine);
    store = await older.open({ tell: (_, details) => void told.push(details) });
    const { madeAt, orgId, token, workspaceId, appId } = older.made;
    // At the time at which it was left: much of it expires later.
    harness = await startHarness(engine, { deps: { store, now: () => Date.parse(madeAt) + 1_000 } });
    client = harness.client(token);
    org = `/v1/orgs/${orgId}`;
    app = `${org}/workspaces/${workspaceId}/apps/${appId}`;
  });
  afterAll(async () => {
    await harness.close();
    await store.close();
    await older.remove();
  });

  test('every total is what is there, once what was deleted is swept', async () => {
    await vi.waitFor(totalsAgree, { timeout: PATIENCE_MS, interval: 500 });
  });

  async function totalsAgree(): Promise<void> {
    const { orgId } = older.made;
    for (const collection of collections)
      for (const fields of collection.totals ?? []) {
        const groups = new Map<string, Clause[]>();
        for (const doc of (await store.scan(collection, null, 10_000)) as unknown as Record<string, string>[]) {
          if (doc.orgId !== orgId) continue;
          const where = fields.map((field: string): Clause => ({ field, in: [doc[field] ?? null] }));
          groups.set(JSON.stringify(where), where);
        }
        for (const where of groups.values()) {
          const page = await store.page(collection, { orgId, where, order: 'asc', limit: 1_000 });
          expect(await store.counts(collection, [{ orgId, where }]), collection.name).toEqual([page.docs.length]);
        }
      }
  }

  const lists = rows.filter(
    (row) => row.method === 'GET' && row.reply?.kind === 'list' && !row.path.includes('/webhooks'),
  );
  test.each(lists.map((row) => [row.operationId, row] as const))('%s answers', async (_, row) => {
    const { orgId, workspaceId, appId } = older.made;
    const ids: Record<string, string> = { org_id: orgId, workspace_id: workspaceId, app_id: appId };
    const path = row.path.replace(/\{([a-z_]+)\}/g, (_all, name: string) => required(ids[name]));
    const { status, body, text } = await client.rest('GET', `${path}?limit=100`);
    expect(status, text).toBe(200);
    const items = Object.values(body).find(Array.isArray) as unknown[];
    expect(items.length).toBe(Math.min(100, body.total));
    if (row.operationId !== 'list_webhooks') expect(items.length).toBeGreaterThan(0);
  });

  test('its tokens open what they opened', async () => {
    for (const [name, secret] of Object.entries(older.made.secrets))
      expect([name, (await harness.client(secret).rest('GET', '/v1/me')).status]).toEqual([
        name,
        name === 'revoked' ? 401 : 200,
      ]);
  });

  test('a reindex that waited gets its items, and goes on to its end', async () => {
    const { body } = await client.rest('GET', `${app}/namespaces?limit=100`);
    const of = (name: string) => body.namespaces.find((one: { name: string }) => one.name === name);
    const [called, waiting, empty] = [of(COLLIDING[0][0]), of(COLLIDING[0][1]), of(COLLIDING[1][0])];
    const statuses = [called, waiting, empty].map((one) => one.reindex_status);
    expect(statuses).toEqual(['cancelled', 'pending', 'completed']);
    const path = `${app}/namespaces/${waiting.namespace_id}`;
    const jobs = (await client.rest('GET', `${org}/jobs`)).body.jobs as { job_id: string; resource_id: string }[];
    const { job_id } = required(jobs.find(({ resource_id }) => resource_id === waiting.namespace_id));
    const held: { item_id: string; lease: string; subject: { id: string } }[] = [];
    const claim = async () => {
      held.push(...(await client.rest('POST', `${org}/work-items/claim`, { job_id })).body.items);
      return held.map(({ subject }) => subject.id).sort();
    };
    await expect.poll(claim, { timeout: PATIENCE_MS }).toEqual(['Thread-2', 'thread-1', 'thread-2']);
    expect((await client.rest('GET', path)).body.reindex_status).toBe('running');
    expect((await client.rest('DELETE', `${path}/threads/thread-1`)).status).toBe(200);
    const results = held.map(({ item_id, lease }) => ({ item_id, lease, status: 'done' }));
    const told = (await client.rest('POST', `${org}/work-items/report`, { results })).body.results;
    expect(told.filter(({ accepted }: { accepted: boolean }) => accepted)).toHaveLength(2);
    expect((await client.rest('GET', path)).body).toMatchObject({
      reindex_status: 'completed',
      embedding_model_id: 'text-embedding-3-large',
      reindex_progress: { total: 2, done: 2, failed: 0, percent: 100 },
    });
    expect((await client.rest('GET', `${org}/jobs/${job_id}`)).body.status).toBe('completed');
  });

  test('the sources and nodes of a namespace are those that it was made with, a thread that is added too', async () => {
    const { body } = await client.rest('GET', `${app}/namespaces?limit=100&search=Rich`);
    const [rich] = body.namespaces;
    const lists = { source_ids: ['src_1', 'src_2'], node_ids: ['node_1'] };
    expect(rich).toMatchObject(lists);
    const path = `${app}/namespaces/${rich.namespace_id}`;
    expect((await client.rest('POST', `${path}/threads/t`)).body).toMatchObject({ ...lists, thread_ids: ['t'] });
    expect((await client.rest('PUT', path, { source_ids: ['src_2'] })).body.namespace).toMatchObject({
      source_ids: ['src_2'],
      node_ids: ['node_1'],
    });
  });

  test('an open decision is reported, and told to who follows, a latched policy released', async () => {
    const path = `${org}/decisions/${older.made.openDecisionId}`;
    expect((await client.rest('GET', path)).body.status).toBe('open');
    const text = `query ($account: ID, $admitted: Boolean) {
      decisions(providerAccountId: $account, admitted: $admitted, first: 200) { nodes { decisionId } } }`;
    const { provider_account_id: account } = (await client.rest('GET', path)).body;
    const found = await client.graphql(text, { account, admitted: true });
    expect(found.body.data.decisions.nodes).toContainEqual({ decisionId: older.made.openDecisionId });
    const decisions = 'subscription { decisions { cursor node { decisionId status } } }';
    const { events, close } = await byGraph(harness.url, client, decisions);
    expect((await client.rest('POST', `${path}/outcome`, { success: true })).body.status).toBe('reported');
    const reported = { decisionId: older.made.openDecisionId, status: 'reported' };
    await until(() => expect(events).toEqual([{ cursor: expect.any(String), node: reported }]));
    close();
    const { body } = await client.rest('GET', `${org}/router-policies?limit=100`);
    const latched = body.policies.find(({ name }: { name: string }) => name === 'latched');
    expect(latched.enabled).toBe(false);
    const released = await client.rest('PATCH', `${org}/router-policies/${latched.policy_id}`, { enabled: true });
    expect(released.body).toMatchObject({ enabled: true, status: 'active' });
  });

  test.each(COLLIDING)('%s and %s are one name now: both stay, and the name is taken', async (first, second) => {
    const { body } = await client.rest('GET', `${app}/namespaces?limit=100`);
    const of = (name: string) => body.namespaces.find((one: { name: string }) => one.name === name);
    const [elder, younger] = [of(first), of(second)];
    expect(told).toContainEqual({
      collection: 'namespaces',
      older: elder.namespace_id,
      younger: younger.namespace_id,
    });
    const environment_id = younger.environment_id;
    const again = await client.rest('POST', `${app}/namespaces`, { name: fold(first), environment_id });
    expect(again.body.details).toMatchObject({ field: 'name', conflicting_id: elder.namespace_id });

    const path = `${app}/namespaces/${younger.namespace_id}`;
    const edited = await client.rest('PUT', path, { ...younger, description: 'edited' });
    expect(edited.body.namespace, edited.text).toMatchObject({ name: second, description: 'edited' });
    expect((await client.rest('DELETE', `${app}/namespaces/${elder.namespace_id}`)).status).toBe(200);
    const third = await client.rest('POST', `${app}/namespaces`, { name: fold(first), environment_id });
    expect(third.body.details).toMatchObject({ field: 'name', conflicting_id: younger.namespace_id });
    expect((await client.rest('PUT', path, { name: `${second} 2` })).status).toBe(200);
    const free = await client.rest('POST', `${app}/namespaces`, { name: fold(first), environment_id });
    expect(free.status, free.text).toBe(201);
  });

  test.each(['STRASSE', 'straße', 'σοφοσ', 'ΣΟΦΟΣ', 'σοφος'])('a search for %s finds it', async (search) => {
    const { body } = await client.rest('GET', `${app}/namespaces?limit=100&search=${encodeURIComponent(search)}`);
    expect(body.total).toBeGreaterThanOrEqual(ODD_NAMES.length);
  });
});

/** Collections that the older program did not have. */
const SINCE = [
  ...['feed', 'numberings', 'workItems', 'jobCounts', 'namespaceLists'],
  ...['webhooks', 'webhook_secrets', 'webhook_deliveries'],
];

describeEngines('bringing data up to date', (engine) => {
  test('changes no document, and nothing at all a second time', async () => {
    const older = await olderData(engine);
    const first = await older.open();
    const before = await everything(first);
    await first.close();
    const second = await older.open({
      tell: () => {
        throw new Error('the second start found something to say');
      },
    });
    expect(await everything(second)).toEqual(before);
    await second.close();
    await older.remove();
    const empty = Object.entries(before).filter(([name, docs]) => docs.length === 0 && !SINCE.includes(name));
    expect(empty).toEqual([]);
  });

  test('makes what a later noun needs, and what a known one has anew', async () => {
    const older = await olderData(engine);
    await (await older.open()).close();
    const later = { name: 'gadgets', first: { name: '' }, totals: [[]], unique: (doc: Doc) => doc.id };
    const known = {
      ...apps.collection,
      first: { ...required(apps.collection.first), colour: 'grey' },
      columns: ['colour'],
      totals: [['workspaceId'], ['colour']],
    };
    const list = [...collections.filter(({ name }) => name !== 'apps'), known, later];
    const store = await older.open({ collections: list as never });
    const { orgId } = older.made;
    const doc = { id: 'gadget_1', orgId, version: 1, createdAt: '', updatedAt: '', createdBy: null, name: 'x' };
    await store.commit([{ type: 'insert', in: later as never, doc }]);
    expect(await store.get(later as never, doc)).toEqual(doc);
    expect(await store.counts(later as never, [{ orgId, where: [] }])).toEqual([1]);
    const where = [{ field: 'colour', in: ['grey'] }];
    const page = await store.page(known as never, { orgId, where, order: 'asc', limit: 100 });
    expect(page.docs.length).toBeGreaterThan(10);
    expect(page.docs[0]).toEqual(complete(known as never, required(page.docs[0])));
    // What lies below a tombstone counts until it is swept, on an engine that keeps totals.
    const below = (await store.scan(known as never, null, 1_000)).length - page.docs.length;
    const [count] = await store.counts(known as never, [{ orgId, where }]);
    expect([page.docs.length, page.docs.length + below]).toContain(count);
    await store.close();
    // And back: what a program does not know does not keep it from starting.
    await (await older.open()).close();
    await older.remove();
  });
});
