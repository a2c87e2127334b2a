import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { apps } from '../../src/nouns/apps/model.ts';
import { logicalModels } from '../../src/nouns/logical-models/model.ts';
import { namespaces } from '../../src/nouns/namespaces/model.ts';
import { tokens } from '../../src/nouns/tokens/model.ts';
import { workspaces } from '../../src/nouns/workspaces/model.ts';
import { auditEvents } from '../../src/resource/audit-event.ts';
import { bump } from '../../src/resource/generation.ts';
import type { MongoStore } from '../../src/store/mongodb/engine.ts';
import { openMongo } from '../../src/store/mongodb/open.ts';
import { apply } from '../../src/store/rule.ts';
import {
  type AnyCollection,
  type PageQuery,
  StoreRefused,
  StoreUnavailable,
  tombstones,
} from '../../src/store/store.ts';
import { createSecret } from '../../src/words/secret.ts';
import { freshMongoUri, type Harness, MONGODB_URI, startHarness } from '../harness.ts';
import { required } from '../required.ts';
import { listenIn } from './commands-sent.ts';

const now = () => new Date().toISOString();
const base = (orgId: string, id: string) => ({
  id,
  orgId,
  version: 1,
  createdAt: now(),
  updatedAt: now(),
  createdBy: null,
});

describe.skipIf(!MONGODB_URI)('MongoDB itself', () => {
  let uri: string;
  let store: MongoStore;
  let admin: MongoClient;
  beforeAll(async () => {
    uri = freshMongoUri();
    store = await openMongo({ uri, collections, now });
    admin = await new MongoClient(uri).connect();
  });
  afterAll(async () => {
    await store.close();
    await admin.db().dropDatabase();
    await admin.close();
  });

  const org = { orgId: 'org_x', order: 'desc' as const, limit: 50 };
  const after = { createdAt: '2026-01-01T00:00:00.000Z', id: 'x' };
  const queries: [string, Parameters<MongoStore['explain']>[0], PageQuery, string][] = [
    ['workspaces of an org', workspaces.collection, { ...org, after }, 'list'],
    [
      'namespaces of an app',
      namespaces.collection,
      { ...org, where: [{ field: 'appId', in: ['app_x'] }], after },
      'by_appId',
    ],
    [
      'a search in an app',
      namespaces.collection,
      { ...org, where: [{ field: 'appId', in: ['app_x'] }], search: 'a.b' },
      'by_appId',
    ],
    ['models naming an account', logicalModels.collection, { ...org, ref: 'account:pa_x' }, 'refs'],
    [
      'audit events of a thing',
      auditEvents.collection,
      { ...org, where: [{ field: 'resourceId', in: ['ws_x'] }] },
      'by_resourceId',
    ],
  ];
  test.each(queries)('%s: by an index whose bounds begin with the org', async (_, from, query, name) => {
    const plan = JSON.stringify(await store.explain(from, query));
    expect(plan).toContain('IXSCAN');
    expect(plan).toContain(`"indexName":"${name}"`);
    expect(plan).toMatch(/"keyPattern":\{"orgId":1/);
    expect(plan).not.toContain('COLLSCAN');
  });

  test('a group of commits asks for the tombstones of the orgs in which it names what can lie below one, once, and of no other', async () => {
    const asked: string[] = [];
    const ear = await listenIn(uri, ({ on, body }) => {
      if (on === tombstones.name) asked.push(String(body.filter?.orgId));
    });
    const heard = await openMongo({ uri: ear.through(uri), collections, now });
    const insert = (from: AnyCollection, orgId: string, id: string, fields: object) =>
      heard.commit([{ type: 'insert', in: from, doc: { ...base(orgId, id), ...fields } as never }]);
    const app = (orgId: string, id: string) => insert(apps.collection, orgId, id, { workspaceId: 'ws', name: id });
    const askedBy = async (work: () => Promise<unknown>) => {
      asked.length = 0;
      await work();
      return [...asked].sort();
    };
    expect(await askedBy(() => insert(workspaces.collection, 'org_a', 'ws', { name: 'ws' }))).toEqual([]);
    expect(await askedBy(() => heard.commit([apply(bump, { orgId: '', id: 'g' }, null)]))).toEqual([]);
    expect(await askedBy(() => app('org_a', 'app_1'))).toEqual(['org_a']);
    const none = { orgId: 'org_c', where: [{ field: 'workspaceId', in: ['ws'] }] };
    const group = () =>
      Promise.all([
        ...[app('org_a', 'app_2'), app('org_a', 'app_3')],
        insert(workspaces.collection, 'org_b', 'ws', { name: 'ws' }),
        heard.commit([{ type: 'none', in: apps.collection, query: none }]),
      ]);
    expect(await askedBy(group)).toEqual(['org_a', 'org_c']);
    await heard.close();
    ear.close();
  });

  test('every compound index begins with the org, but for the sweep of what has expired', async () => {
    for (const { name } of collections) {
      const indexes = await admin.db().collection(name).indexes();
      for (const { key } of indexes.filter((index) => index.name !== '_id_' && index.name !== 'expires'))
        expect([name, Object.keys(key)[0]]).toEqual([name, 'orgId']);
    }
  });

  test('what another process changes is heard of at once, by a change stream', async () => {
    const listening = await openMongo({ uri, collections, now });
    const before = listening.changes.epoch();
    const doc = (at: number) => ({
      id: `tok_heard_${at}`,
      orgId: 'org_x',
      version: 1,
      createdAt: now(),
      updatedAt: now(),
      createdBy: null,
      roleId: null,
      memberId: null,
    });
    // The stream takes its time to open.
    for (let at = 0; listening.changes.epoch() === before; at += 1) {
      await store.commit([{ type: 'insert', in: tokens.collection, doc: doc(at) }]);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await listening.close();
  });

  test('a server that cannot be reached refuses the start with one line and no driver message', async () => {
    const failing = openMongo({
      uri: 'mongodb://127.0.0.1:1/?directConnection=true&serverSelectionTimeoutMS=300',
      collections,
      now,
    });
    await expect(failing).rejects.toThrow(StoreRefused);
    await expect(failing).rejects.toThrow(/^MONGODB_URI: the server cannot be reached/);
  });
});

describe.skipIf(!MONGODB_URI)('faults of MongoDB', () => {
  let harness: Harness;
  let admin: MongoClient;
  beforeAll(async () => {
    harness = await startHarness('mongodb', { appName: 'faulty' });
    admin = await new MongoClient(required(MONGODB_URI)).connect();
  });
  afterAll(async () => {
    await admin
      .db('admin')
      .command({ configureFailPoint: 'failCommand', mode: 'off' })
      .catch(() => {});
    await harness.close();
    await admin.close();
  });
  const failing = async (data: object, times: number, work: () => Promise<void>) => {
    await admin
      .db('admin')
      .command({ configureFailPoint: 'failCommand', mode: { times }, data: { appName: 'faulty', ...data } });
    try {
      await work();
    } finally {
      await admin.db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });
    }
  };

  test('a write conflict is retried and succeeds', async () => {
    const tenant = await harness.org();
    await failing(
      { failCommands: ['commitTransaction'], errorCode: 112, errorLabels: ['TransientTransactionError'] },
      2,
      async () => {
        expect((await tenant.rest('POST', `${tenant.base}/roles`, { name: 'Retried', permissions: [] })).status).toBe(
          201,
        );
      },
    );
    expect((await tenant.rest('GET', `${tenant.base}/roles`)).body.total).toBe(5);
  });

  test('a connection cut during a commit: the write happens once', async () => {
    const tenant = await harness.org();
    await failing({ failCommands: ['commitTransaction'], closeConnection: true }, 1, async () => {
      expect((await tenant.rest('POST', `${tenant.base}/roles`, { name: 'Cut', permissions: [] })).status).toBe(201);
    });
    expect((await tenant.rest('GET', `${tenant.base}/roles`)).body.total).toBe(5);
  });

  test('an error of the server is a 503 with Retry-After, never its message; then it recovers by itself', async () => {
    const tenant = await harness.org();
    await tenant.rest('GET', '/v1/me');
    await failing({ failCommands: ['find', 'aggregate'], errorCode: 11600 }, 20, async () => {
      const answer = await tenant.rest('GET', `${tenant.base}/workspaces`);
      expect([answer.status, answer.body.error, answer.headers.get('retry-after')]).toEqual([
        503,
        'SERVICE_UNAVAILABLE',
        '1',
      ]);
      expect(answer.text).not.toMatch(/mongo|interrupted/i);
    });
    expect((await tenant.rest('GET', `${tenant.base}/workspaces`)).status).toBe(200);
  });

  test('the port’s error says whether a write may have happened', () => {
    expect(new StoreUnavailable('x', { maybe: true }).maybe).toBe(true);
    expect(createSecret().token).toMatch(/^mm_tok_/);
  });
});
