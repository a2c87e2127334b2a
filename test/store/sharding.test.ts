import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { rows } from '../../src/catalog/nouns.ts';
import { copyAll, differences } from '../../src/process/copy/copy.ts';
import { dropExpired } from '../../src/process/runner/expiry.ts';
import { createGate } from '../../src/process/scheduler/gate.ts';
import { parametersOf } from '../../src/rest/row.ts';
import { checkMongo } from '../../src/store/mongodb/check.ts';
import { indexesOf } from '../../src/store/mongodb/documents.ts';
import { openMongo } from '../../src/store/mongodb/open.ts';
import { openMongoSnapshot } from '../../src/store/mongodb/snapshot.ts';
import { type Harness, MONGODB_URI, openEngine, PATIENCE_MS, startHarness } from '../harness.ts';
import { required } from '../required.ts';
import { seed } from '../seed.ts';
import { listenIn, type Sent } from './commands-sent.ts';
import { EVERYWHERE, SHARDED, strayOf, UNSHARDED } from './shard-keys.ts';

const DAY_MS = 86_400_000;

describe.skipIf(!MONGODB_URI)('what is sent to MongoDB', () => {
  let strays: Set<string>;
  const seen = new Map<string, Set<string>>();
  const everywhere = new Set<string>();
  let ear: Awaited<ReturnType<typeof listenIn>>;
  let harness: Harness;
  let place: string;
  const hear = (sent: Sent) => {
    const stray = strayOf(sent);
    if (stray) strays.add(stray);
    seen.set(sent.name, (seen.get(sent.name) ?? new Set()).add(sent.on));
    for (const [name, { is }] of Object.entries(EVERYWHERE))
      if (SHARDED.includes(sent.on) && is(sent)) everywhere.add(name);
  };
  beforeAll(async () => {
    strays = new Set();
    ear = await listenIn(required(MONGODB_URI), hear);
    const opened = await openEngine('mongodb', undefined, undefined, ear.through);
    place = opened.place;
    harness = await startHarness('mongodb', { opened });
  });
  afterAll(async () => {
    await harness.close();
    ear.close();
  });

  test('goes to the one shard of its org, or is among what is said to ask all: requests by both doors, background work, commands', async () => {
    const tenant = await harness.org();
    const { workspaceId, appId, workspace, app, namespace, modelId } = await seed(tenant);
    const decided = await tenant.rest('POST', `${tenant.base}/decisions`, {
      workspace_id: workspaceId,
      logical_model_id: modelId,
    });
    expect(decided.status).toBe(201);
    const outcome = { success: true, input_tokens: 3 };
    await tenant.rest('POST', `${tenant.base}/decisions/${decided.body.decision_id}/outcome`, outcome);
    const once = { 'Idempotency-Key': 'once' };
    for (let times = 0; times < 2; times += 1)
      expect((await tenant.rest('POST', `${workspace}/apps`, { name: 'Once' }, once)).status).toBe(201);
    const other = await tenant.as({ name: 'Other' });
    await tenant.rest('POST', `${tenant.base}/tokens/${other.tokenId}/rotate`, {});
    await tenant.rest('PATCH', namespace, { description: 'text' });
    await tenant.rest('GET', `${app}/namespaces?search=d`);
    const lists =
      '{viewer{organization{workspaces{totalCount nodes{apps{totalCount nodes{namespaces{totalCount}}}}}}}}';
    expect((await tenant.graphql(lists)).body.errors).toBeUndefined();
    await tenant.rest('POST', `${namespace}/reindex`, { new_embedding_model_id: 'embed-search' });
    await tenant.rest('GET', `${tenant.base}/events?limit=5`);
    const known: Record<string, string> = { org_id: tenant.orgId, workspace_id: workspaceId, app_id: appId };
    for (const { method, path } of rows.filter((row) => row.method === 'GET'))
      if (parametersOf(path).every((name) => known[name])) {
        const got = await tenant.rest(
          method,
          path.replace(/\{(\w+)\}/g, (_, name: string) => required(known[name])),
        );
        expect([path, got.status < 500]).toEqual([path, true]);
      }
    await tenant.rest('DELETE', workspace);
    await expect
      .poll(() => [...(seen.get('delete') ?? [])], { timeout: PATIENCE_MS })
      .toEqual(expect.arrayContaining(['namespaces', 'apps']));
    // All that expires has, and goes.
    harness.clock.offsetMs += 60 * DAY_MS;
    await harness.runner.stop();
    await dropExpired({ ...harness.deps, gate: createGate() });
    expect([...required(seen.get('delete'))]).toContain('idempotency');
    const target = await openEngine('sqlite');
    await copyAll(harness.deps.store, target.store, collections, () => {});
    const back = await openMongo({ uri: place, collections, now: () => new Date().toISOString() });
    await copyAll(target.store, back, collections, () => {});
    expect(await differences(target.store, back, collections)).toEqual([]);
    const moment = await openMongoSnapshot(place);
    for (const collection of collections) await moment.scan(collection, null, 10);
    await Promise.all([moment.close(), back.close(), target.close()]);
    expect((await checkMongo(place, collections)).faults).toEqual([]);
    expect([...strays]).toEqual([]);
    for (const name of ['find', 'aggregate', 'insert', 'update', 'delete', 'createIndexes', 'commitTransaction'])
      expect([...seen.keys()]).toContain(name);
    expect([...everywhere]).toEqual(
      expect.arrayContaining(['scan', 'search for what has expired', 'numbers of check']),
    );
  });

  test('is known where it strays: a write without its org, a unique index of another key, an update of many', () => {
    const wrong: Omit<Sent, 'wave'>[] = [
      { name: 'find', on: 'apps', body: { find: 'apps', filter: { workspaceId: 'x' } } },
      { name: 'find', on: 'apps', body: { find: 'apps', filter: { orgId: { $gt: 'x' } } } },
      { name: 'update', on: 'apps', body: { updates: [{ q: { _id: 'o/a' }, u: {}, upsert: true }] } },
      { name: 'update', on: 'apps', body: { updates: [{ q: { orgId: 'o' }, u: { orgId: 'p' } }] } },
      { name: 'update', on: 'apps', body: { updates: [{ q: { orgId: 'o' }, u: {}, multi: true }] } },
      { name: 'delete', on: 'apps', body: { deletes: [{ q: { _id: 'o/a' }, limit: 1 }] } },
      { name: 'insert', on: 'apps', body: { documents: [{ _id: 'o/a', id: 'a' }] } },
      { name: 'aggregate', on: 'apps', body: { aggregate: 'apps', pipeline: [{ $match: { name: 'x' } }] } },
      {
        name: 'aggregate',
        on: 'apps',
        body: {
          aggregate: 'apps',
          pipeline: [{ $match: { orgId: 'o' } }, { $unionWith: { coll: 'apps', pipeline: [{ $match: {} }] } }],
        },
      },
      { name: 'createIndexes', on: 'apps', body: { indexes: [{ key: { unique: 1 }, unique: true }] } },
      { name: 'mapReduce', on: 'apps', body: {} },
    ];
    for (const one of wrong) expect([one, strayOf(one)]).toEqual([one, expect.any(String)]);
  });
});

test('every sharded collection has an index that begins with the shard key, and no unique one that does not', () => {
  for (const collection of collections.filter(({ name }) => SHARDED.includes(name))) {
    const indexes = indexesOf(collection);
    const first = ({ key }: (typeof indexes)[number]) => Object.keys(key)[0];
    expect([collection.name, indexes.some((one) => first(one) === 'orgId' && !one.options.unique)]).toEqual([
      collection.name,
      true,
    ]);
    expect(indexes.filter((one) => one.options.unique && first(one) !== 'orgId')).toEqual([]);
  }
});

test('the guide names each collection where it belongs', () => {
  const guide = readFileSync('docs/mongodb.md', 'utf8');
  const list = /const sharded = (\[[\s\S]*?\]);?\n/.exec(guide)?.[1] ?? '';
  expect([...list.matchAll(/'(\w+)'/g)].map(([, name]) => name).sort()).toEqual([...SHARDED].sort());
  for (const name of UNSHARDED) expect(guide).toContain(`\`${name}\``);
});
