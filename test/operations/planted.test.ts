import { DatabaseSync } from 'node:sqlite';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import type { Findings } from '../../src/store/findings.ts';
import { checkMongo } from '../../src/store/mongodb/check.ts';
import { indexesOf, type Stored } from '../../src/store/mongodb/documents.ts';
import { checkDatabase } from '../../src/store/sqlite/check.ts';
import { quote } from '../../src/store/sqlite/schema.ts';
import { describeEngines, type Harness, type Opened, openEngine, startHarness } from '../harness.ts';
import { required } from '../required.ts';
import { feed, filled } from './filled.ts';

type Rows = Record<string, unknown>;
/** The collections as they lie, by other means than the product's: what is planted is taken away again. */
interface Garden {
  rows(collection: string): Promise<Rows[]>;
  /** With `doc` as an object. */
  set(collection: string, of: Rows, to: Rows): Promise<void>;
  remove(collection: string, of: Rows): Promise<void>;
  drop(collection: string, index: string): Promise<void>;
  dropWhole(collection: string): Promise<void>;
}

type Plant = [name: string, told: RegExp, plant: (garden: Garden) => Promise<void>];

const first = async (garden: Garden, collection: string) => required((await garden.rows(collection))[0]);
const places = async (garden: Garden) =>
  (await garden.rows(feed.name)).sort((one, two) => Number(one.place) - Number(two.place));

const PLANTS: Plant[] = [
  [
    'a document that is none',
    /not JSON|holds no document/,
    async (g) => g.set('apps', await first(g, 'apps'), { doc: 'no document' }),
  ],
  [
    'a column of another value',
    /its (column )?workspaceId is/,
    async (g) => g.set('apps', await first(g, 'apps'), { workspaceId: 'other' }),
  ],
  [
    'a key that is not its own',
    /its unique key is/,
    async (g) => g.set('workspaces', await first(g, 'workspaces'), { unique: 'other' }),
  ],
  [
    'a parent that is gone',
    /workspaceId: there is no ws_/,
    async (g) => g.remove('workspaces', await first(g, 'workspaces')),
  ],
  [
    'an organization that is gone',
    /no such organization|orgId: there is no org_/,
    async (g) => g.remove('orgs', await first(g, 'orgs')),
  ],
  [
    'two parents that do not agree',
    /appId: app_\w+ has another workspaceId/,
    async (g) => {
      const namespace = await first(g, 'namespaces');
      const app = required((await g.rows('apps')).find(({ id }) => id === namespace.appId));
      await g.set('apps', app, { workspaceId: 'ws_other', doc: { ...(app.doc as Rows), workspaceId: 'ws_other' } });
    },
  ],
  [
    'a number that is missing',
    /the number 3 is missing/,
    async (g) => g.remove(feed.name, required((await places(g)).find(({ place }) => place === 3))),
  ],
  [
    'numbers that are missing at the end',
    /the number \d+ is missing/,
    async (g) => g.remove(feed.name, required((await places(g)).at(-1))),
  ],
  [
    'a number that is given twice',
    /the number 2 is given more than once/,
    async (g) => {
      const third = required((await places(g)).find(({ place }) => place === 3));
      await g.set(feed.name, third, { place: 2, doc: { ...(third.doc as Rows), place: 2 } });
    },
  ],
  [
    'a number beyond what has been counted',
    /is beyond what has been counted/,
    async (g) => {
      const counted = await first(g, 'numberings');
      await g.set('numberings', counted, { doc: { ...(counted.doc as Rows), last: 1 } });
    },
  ],
  [
    'an index that is gone',
    /its index list is missing|lacks what this statement makes/,
    async (g) => g.drop('apps', 'list'),
  ],
  [
    'a collection that is gone',
    /apps.*(it cannot be read|is missing)|it lacks what this statement makes/,
    async (g) => g.dropWhole('apps'),
  ],
];

describeEngines('each of the faults that are planted', (engine) => {
  let opened: Opened;
  let harness: Harness;
  beforeAll(async () => {
    opened = await openEngine(engine);
    harness = await startHarness(engine, { opened });
    await filled(harness);
    await harness.runner.stop();
  });
  afterAll(() => harness.close());

  /** What a check finds beside what is planted: another fault, far from it, is found all the same. */
  const FAR: Plant[2] = async (garden) => garden.set('roles', await first(garden, 'roles'), { createdAt: 'other' });
  const findings = async (plant: Plant[2]): Promise<Findings> =>
    engine === 'sqlite' ? inFile(opened.place, plant) : inDatabase(opened.place, plant);

  test.each(PLANTS)('is found, and the rest is looked at all the same: %s', async (_, told, plant) => {
    const { faults } = await findings(async (garden) => {
      await plant(garden);
      await FAR(garden);
    });
    const sentences = faults.map(({ collection, what }) => `${collection}: ${what}`);
    expect(sentences).toContainEqual(expect.stringMatching(told));
    expect(sentences).toContainEqual(expect.stringMatching(/^roles: its (column )?createdAt is "other"/));
  });

  test('nothing is found where nothing is planted, nor where what has expired is gone', async () => {
    expect((await findings(async () => {})).faults).toEqual([]);
    const expired = await findings(async (garden) => {
      const all = await places(garden);
      for (const { place, ...of } of all.slice(0, 4)) {
        const purgeAt = '2020-01-01T00:00:00.000Z';
        if (place === 2) await garden.remove(feed.name, of);
        else await garden.set(feed.name, of, { purgeAt, doc: { ...(of.doc as Rows), purgeAt } });
      }
    });
    expect(expired.faults).toEqual([]);
  });
});

async function inFile(file: string, plant: Plant[2]): Promise<Findings> {
  const db = new DatabaseSync(file);
  const column = (name: string) => quote({ unique: 'uniq', orgId: 'org' }[name] ?? name);
  db.exec('BEGIN');
  try {
    await plant({
      rows: async (name) =>
        db
          .prepare(`SELECT rowid, * FROM ${quote(name)}`)
          .all()
          .map((row) => ({ ...row, doc: JSON.parse(String(row.doc)) })),
      set: async (name, { rowid }, to) => {
        for (const [field, value] of Object.entries(to))
          db.prepare(`UPDATE ${quote(name)} SET ${column(field)} = ? WHERE rowid = ?`).run(
            typeof value === 'object' ? JSON.stringify(value) : (value as string),
            rowid as number,
          );
      },
      remove: async (name, { rowid }) => {
        db.prepare(`DELETE FROM ${quote(name)} WHERE rowid = ?`).run(rowid as number);
      },
      drop: async (name, index) => db.exec(`DROP INDEX ${quote(`${name}_${index}`)}`),
      dropWhole: async (name) => db.exec(`DROP TABLE ${quote(name)}`),
    });
    return checkDatabase(db, collections);
  } finally {
    db.exec('ROLLBACK');
    db.close();
  }
}

/** What was there before is put back: a database has no way to look at what is not committed. */
async function inDatabase(uri: string, plant: Plant[2]): Promise<Findings> {
  const client = await new MongoClient(uri).connect();
  const of = (name: string) => client.db().collection<Stored>(name);
  const undo: (() => Promise<unknown>)[] = [];
  const putBack = (name: string, whole: Rows) => async () =>
    of(name).replaceOne({ _id: whole._id as string }, whole as never, { upsert: true });
  try {
    await plant({
      rows: (name) => of(name).find().toArray(),
      set: async (name, whole, to) => {
        undo.push(putBack(name, required(await of(name).findOne({ _id: whole._id as string }))));
        await of(name).updateOne({ _id: whole._id as string }, { $set: to as never });
      },
      remove: async (name, whole) => {
        undo.push(putBack(name, required(await of(name).findOne({ _id: whole._id as string }))));
        await of(name).deleteOne({ _id: whole._id as string });
      },
      drop: async (name, index) => {
        const { key, options } = required(
          indexesOf(required(collections.find((one) => one.name === name))).find((one) => one.options.name === index),
        );
        undo.push(() => of(name).createIndex(key, options));
        await of(name).dropIndex(index);
      },
      dropWhole: async (name) => {
        const all = await of(name).find().toArray();
        const collection = required(collections.find((one) => one.name === name));
        undo.push(async () => {
          for (const { key, options } of indexesOf(collection)) await of(name).createIndex(key, options);
          await of(name).insertMany(all);
        });
        await of(name).drop();
      },
    });
    return await checkMongo(uri, collections);
  } finally {
    for (const one of undo.toReversed()) await one();
    await client.close();
  }
}
