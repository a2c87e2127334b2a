import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { type Role, roles } from '../../src/nouns/roles/model.ts';
import { copyAll, differences } from '../../src/process/copy/copy.ts';
import { openMongo } from '../../src/store/mongodb/open.ts';
import { openSqlite } from '../../src/store/sqlite/engine.ts';
import { type Store, StoreConflict } from '../../src/store/store.ts';
import { fold } from '../../src/words/fold.ts';
import { COLLIDING } from '../fixtures/0.1.0/content.ts';
import { describeEngines, type EngineName, freshMongoUri, MONGODB_URI, startHarness } from '../harness.ts';
import { type Older, olderData } from '../older.ts';
import { required } from '../required.ts';

const now = () => new Date().toISOString();
const { collection } = roles;

async function pairOf(store: Store, orgId: string, names: readonly [string, string]): Promise<[Role, Role]> {
  const { docs } = await store.page(collection, { orgId, order: 'asc', limit: 1_000 });
  return names.map((name) => required(docs.find((role) => role.name === name))) as [Role, Role];
}

function roleOf(orgId: string, name: string): Role {
  const [id, at] = [`role_${crypto.randomUUID()}`, now()];
  const fields = { permissions: [], builtIn: false, version: 1, createdAt: at, updatedAt: at, createdBy: null };
  return { ...fields, id, orgId, name };
}

/** Whose name it is, as the store tells whoever wants it. */
async function takenBy(store: Store, doc: Role): Promise<unknown> {
  const error = await store.commit([{ type: 'insert', in: collection, doc }]).catch((error: unknown) => error);
  return error instanceof StoreConflict ? error.detail : error;
}

describeEngines('names of 0.1.0 that are one now', (engine) => {
  let older: Older;
  let store: Store;
  beforeAll(async () => {
    older = await olderData(engine);
    store = await older.open();
  });
  afterAll(async () => {
    await store.close();
    await older.remove();
  });

  test.each(COLLIDING)('%s is the older one’s; %s keeps its role where it is sent back', async (...names) => {
    const { orgId, token, madeAt } = older.made;
    const [elder, younger] = await pairOf(store, orgId, names);
    expect(await store.getUnique(collection, orgId, fold(elder.name))).toEqual(elder);
    const harness = await startHarness(engine, { deps: { store, now: () => Date.parse(madeAt) + 1_000 } });
    const client = harness.client(token);
    const bodies = {
      tokens: { name: 'held', role: younger.id },
      members: { email: `${younger.id}@example.com`, role: younger.id },
    };
    for (const [list, body] of Object.entries(bodies)) {
      const made = await client.rest('POST', `/v1/orgs/${orgId}/${list}`, body);
      const path = required(made.headers.get('location'));
      const given = await client.rest('GET', path);
      expect(given.body.role, given.text).toBe(younger.name);
      const again = await client.rest('PATCH', path, given.body);
      expect([again.text, again.headers.get('etag')]).toEqual([given.text, given.headers.get('etag')]);
    }
    await harness.close();
  });

  test.each(COLLIDING)('%s or %s removed while a third is made: never two more', async (...names) => {
    const { orgId } = older.made;
    const [elder, younger] = await pairOf(store, orgId, names);
    const remove = (key: Role) => store.commit([{ type: 'remove', in: collection, key }]);
    const [, taken] = await Promise.all([remove(younger), takenBy(store, roleOf(orgId, elder.name))]);
    expect(taken).toBe(elder.id);
  });
});

const both = [
  ['sqlite', 'mongodb'],
  ['mongodb', 'sqlite'],
] as const;
describe.skipIf(!MONGODB_URI).each(both)('what is copied from %s to %s', (from, to) => {
  let older: Older;
  let place: Awaited<ReturnType<typeof newPlace>>;
  beforeAll(async () => {
    older = await olderData(from);
    place = await newPlace(to);
  });
  afterAll(async () => {
    await older.remove();
    await place.remove();
  });

  const copy = async (change: (source: Store) => Promise<unknown>) => {
    const source = await older.open();
    await change(source);
    const loaded = await place.open();
    await copyAll(source, loaded, collections, () => {});
    expect(await differences(source, loaded, collections)).toEqual([]);
    await loaded.close();
    await source.close();
  };

  test('keeps names that became one as they are, for whoever opens it', async () => {
    await copy(async () => {});
    const store = await place.open();
    const { orgId } = older.made;
    for (const names of COLLIDING) {
      const [elder, younger] = await pairOf(store, orgId, names);
      expect(await store.getUnique(collection, elder.orgId, fold(elder.name))).toEqual(elder);
      const removal = store.commit([{ type: 'remove', in: collection, key: elder }]);
      expect(await takenBy(store, roleOf(orgId, elder.name))).toBe(younger.id);
      await removal;
      expect(await takenBy(store, roleOf(orgId, elder.name))).toBe(younger.id);
    }
    await store.close();
  });

  test('is made equal again, whatever was removed and renamed meanwhile on either side', async () => {
    const [one, two, three] = ['one', 'two', 'three'].map((name) => roleOf(older.made.orgId, name)) as [
      Role,
      Role,
      Role,
    ];
    await copy((source) => source.commit([one, two, three].map((doc) => ({ type: 'insert', in: collection, doc }))));
    const rename = (source: Store, doc: Role, name: string, expected: number) => {
      const renamed: Role = { ...doc, name, version: expected + 1 };
      return source.commit([{ type: 'put', in: collection, doc: renamed, expected }]);
    };
    await copy(async (source) => {
      await source.commit([{ type: 'remove', in: collection, key: three }]);
      await rename(source, one, 'three', 1);
      await rename(source, two, 'one', 1);
      await rename(source, one, 'two', 2);
    });
    const store = await place.open();
    for (const [name, holder] of Object.entries({ one: two.id, two: one.id }))
      expect(await takenBy(store, roleOf(older.made.orgId, name))).toBe(holder);
    await store.commit([{ type: 'insert', in: collection, doc: three }]);
    await store.close();
  });
});

async function newPlace(engine: EngineName) {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-place-'));
  const uri = engine === 'mongodb' ? freshMongoUri() : '';
  return {
    open: async (): Promise<Store> =>
      uri
        ? openMongo({ uri, collections, now })
        : openSqlite({ file: join(folder, 'switchyard.db'), collections, now }),
    async remove() {
      rmSync(folder, { recursive: true, force: true });
      if (!uri) return;
      const client = new MongoClient(uri);
      await client.db().dropDatabase();
      await client.close();
    },
  };
}
