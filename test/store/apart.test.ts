import { type ClientSession, MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { auditEvents } from '../../src/resource/audit-event.ts';
import { feedEvents } from '../../src/resource/feed-event.ts';
import type { MongoStore } from '../../src/store/mongodb/engine.ts';
import { openMongo } from '../../src/store/mongodb/open.ts';
import type { Doc } from '../../src/store/store.ts';
import { freshMongoUri, MONGODB_URI } from '../harness.ts';

const AT = '2026-01-01T00:00:00.000Z';

/** One server writes to one organization without an end; another server has commits for that one, and for others. */
describe.skipIf(!MONGODB_URI)('an organization that somebody else writes to', () => {
  let store: MongoStore;
  let client: MongoClient;
  let session: ClientSession;
  beforeAll(async () => {
    const uri = freshMongoUri();
    store = await openMongo({ uri, collections, now: () => AT, patienceMs: 300_000 });
    client = await new MongoClient(uri).connect();
    session = client.startSession();
    await Promise.all(['busy', 'a', 'b'].map((orgId) => write(orgId, 'first')));
  });
  afterAll(async () => {
    await session.endSession();
    await client.db().dropDatabase();
    await Promise.all([client.close(), store.close()]);
  });

  const write = (orgId: string, id: string) => {
    const base = { id, orgId, version: 1, createdAt: AT, updatedAt: AT, createdBy: null };
    const what = {
      action: 'app.create',
      at: AT,
      actorId: null,
      resourceType: 'app',
      resourceId: id,
      workspaceId: null,
    };
    const doc = { ...base, ...what, requestId: 'r', changes: {} } as Doc;
    return store.commit([{ type: 'insert', in: auditEvents.collection, doc }]);
  };
  test('holds back no commit of another one, in the same group or behind it; its own are made in their order once it can', async () => {
    session.startTransaction();
    const hot = { _id: 'busy/feed', orgId: 'busy' };
    await client
      .db()
      .collection<{ _id: string }>('numberings')
      .updateOne(hot, { $inc: { fence: 1 } }, { session });
    let made = 0;
    const ids = Array.from({ length: 70 }, (_, at) => `own_${at + 10}`);
    const own = ids.map((id) => write('busy', id).then(() => (made += 1)));
    for (const id of ['second', 'third', 'fourth']) await Promise.all([write('a', id), write('b', id)]);
    own.push(write('busy', 'own_99').then(() => (made += 1)));
    await write('a', 'fifth');
    expect(made).toBe(0);
    await session.abortTransaction();
    await Promise.all(own);
    const told = { orgId: 'busy', after: 0, before: 1_000, order: 'asc', limit: 100 } as const;
    const events = await store.numbered(feedEvents.collection, told);
    expect(events.map(({ resourceId }) => resourceId)).toEqual(['first', ...ids, 'own_99']);
  });
});
