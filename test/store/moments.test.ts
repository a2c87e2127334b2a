import { type Db, MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { complete } from '../../src/store/complete.ts';
import type { Moments } from '../../src/store/moments.ts';
import type { MongoStore } from '../../src/store/mongodb/engine.ts';
import { openMongo } from '../../src/store/mongodb/open.ts';
import { type AnyCollection, type Change, type Doc, tombstones } from '../../src/store/store.ts';
import { freshMongoUri, MONGODB_URI, PATIENCE_MS } from '../harness.ts';
import { required } from '../required.ts';
import { listenIn } from './commands-sent.ts';

const MINUTE_MS = 60_000;
const ORG = 'org_a';
const stamped = collections.filter((one) => one.stamped);
const others = collections.filter((one) => !one.stamped && !one.tells);
const named = (name: string) => required(collections.find((one) => one.name === name));

let count = 0;
const docOf = (from: AnyCollection, orgId = ORG) => {
  count += 1;
  const time = new Date(count).toISOString();
  const base = { id: `id_${count}`, orgId, version: 1, createdAt: time, updatedAt: time, createdBy: null };
  // What some of them are unique by.
  const own = {
    name: `Name ${count}`,
    threadId: `t${count}`,
    email: `${count}@example.com`,
    workspaceId: `ws_${count}`,
  };
  return complete(from, { ...base, ...own } as Doc) as Doc;
};

test('what expires goes without a stamp, so it has none', () => {
  expect(stamped.filter(({ expires }) => expires).map(({ name }) => name)).toEqual([]);
});

/** When what was read of an org has changed last, as a process is told that does not write itself. */
describe.skipIf(!MONGODB_URI)('moments', () => {
  let uri: string;
  let ear: Awaited<ReturnType<typeof listenIn>>;
  let store: MongoStore;
  let writer: MongoStore;
  let client: MongoClient;
  let db: Db;
  let offsetMs = 0;
  let asked = 0;
  let held: Promise<void> | undefined;
  beforeAll(async () => {
    uri = freshMongoUri();
    client = await new MongoClient(uri).connect();
    db = client.db();
    const now = () => new Date(MINUTE_MS + offsetMs).toISOString();
    writer = await openMongo({ uri, collections, now });
    const isOfIt = ({ on, body }: { on: string; body: { find?: string } }) => on === 'numberings' && body.find === on;
    ear = await listenIn(
      uri,
      (sent) => {
        if (isOfIt(sent)) asked += 1;
      },
      (sent) => (isOfIt(sent) ? held : undefined),
    );
    store = await openMongo({ uri: ear.through(uri), collections, now });
    await writer.commit([insert(named('apps'))]);
  });
  afterAll(async () => {
    await Promise.all([store.close(), writer.close()]);
    ear.close();
    await db.dropDatabase();
    await client.close();
  });

  const insert = (from: AnyCollection, orgId?: string): Change => ({
    type: 'insert',
    in: from,
    doc: docOf(from, orgId),
  });
  const now = async (): Promise<Moments> => required(await store.moments(ORG));
  const told = (moments: Moments, lists: readonly AnyCollection[][]) => lists.map((from) => moments.of(from));
  const each = stamped.map((from) => [from]);
  /** The names of those that are told to have changed meanwhile. */
  const changedBy = async (work: () => Promise<unknown>): Promise<string[]> => {
    const before = told(await now(), each);
    await work();
    const after = told(await now(), each);
    return stamped.filter((_, at) => before[at] !== after[at]).map(({ name }) => name);
  };

  test.each(stamped.map((from) => [from.name, from] as const))(
    'of %s are others after each commit that changes one, and after what is loaded or discarded; all others stay',
    async (name, from) => {
      const below = from === tombstones ? stamped.filter(({ ancestors }) => ancestors?.length) : [];
      const expected = [from, ...below].map((one) => one.name).sort();
      const doc = docOf(from);
      const next = { ...doc, version: 2 };
      const works: Record<string, () => Promise<unknown>> = {
        insert: () => writer.commit([{ type: 'insert', in: from, doc }]),
        put: () => writer.commit([{ type: 'put', in: from, doc: next, expected: 1 }]),
        remove: () => writer.commit([{ type: 'remove', in: from, key: doc }]),
        'several at once': () => Promise.all([writer.commit([insert(from)]), writer.commit([insert(from)])]),
        load: () => writer.load(from, [doc]),
        discard: () => writer.discard(from, [doc]),
      };
      for (const [how, work] of Object.entries(works))
        expect([name, how, (await changedBy(work)).sort()]).toEqual([name, how, expected]);
      if (from !== tombstones) return;
      for (const { orgId, id } of await writer.scan(tombstones, null, 100))
        await writer.commit([{ type: 'remove', in: tombstones, key: { orgId, id } }]);
    },
  );

  test('stay while nothing is changed, or something that is not told of, or in another org', async () => {
    expect(await changedBy(() => writer.commit([{ type: 'exists', in: named('apps'), key: existing() }]))).toEqual([]);
    for (const from of others)
      expect([from.name, await changedBy(() => writer.commit([insert(from)]))]).toEqual([from.name, []]);
    expect(await changedBy(() => writer.commit([insert(named('apps'), 'org_b')]))).toEqual([]);
    expect(await changedBy(() => writer.commit([insert(named('apps')), refused]).catch(() => {}))).toEqual([]);
    expect(told(await now(), [others, [named('apps'), ...others.slice(0, 1)]])).toEqual([null, null]);
  });
  const refused: Change = { type: 'exists', in: named('apps'), key: { orgId: ORG, id: 'nowhere' } };
  const existing = () => ({ orgId: ORG, id: 'id_1' });

  test('are others for all after whatever a release that knows none of them tells', async () => {
    const numbering = { _id: `${ORG}/feed` } as never;
    const last = async () => (await db.collection('numberings').findOne(numbering))?.doc.last;
    const replaced = async () => {
      const { stamped: _, doc, ...stored } = required(await db.collection('numberings').findOne(numbering));
      await db.collection('numberings').replaceOne(numbering, { ...stored, doc: { ...doc, last: doc.last + 1 } });
    };
    const before = await last();
    for (let times = 0; times < 2; times += 1)
      expect(await changedBy(replaced)).toEqual(stamped.map(({ name }) => name));
    expect(await last()).toBe(before + 2);
  });

  test('are others after a minute, for what was changed by hand', async () => {
    expect(
      await changedBy(async () => {
        offsetMs += MINUTE_MS;
      }),
    ).toEqual(stamped.map(({ name }) => name));
  });

  test('are asked for once for all who ask in a turn, and for all who ask meanwhile once behind it; nobody is told what was sent before', async () => {
    const before = told(await now(), each);
    const ask = () => Promise.all(Array.from({ length: 40 }, now));
    const { promise, resolve } = Promise.withResolvers<void>();
    [asked, held] = [0, promise];
    const first = ask();
    await expect.poll(() => asked, { timeout: PATIENCE_MS }).toBe(1);
    await writer.commit([insert(named('apps'))]);
    const second = ask();
    held = undefined;
    resolve();
    const [one] = await first;
    expect(told(required(one), each)).toEqual(before);
    for (const moments of await second) expect(told(moments, each)).not.toEqual(before);
    expect(asked).toBe(2);
  });

  test('are told to who asks while another question is not answered at all', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    const stuck = now();
    await expect.poll(() => asked, { timeout: PATIENCE_MS }).toBeGreaterThan(2);
    held = undefined;
    expect(told(await now(), each)).not.toContain(null);
    resolve();
    await stuck;
  });
});
