import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { leaveAdoption } from '../../src/process/runner/adopt.ts';
import { generations } from '../../src/resource/generation.ts';
import { collectionsBelow } from '../../src/resource/subtree.ts';
import { tasks } from '../../src/resource/task.ts';
import type { Findings } from '../../src/store/findings.ts';
import { checkMongo } from '../../src/store/mongodb/check.ts';
import { indexesOf, type Stored } from '../../src/store/mongodb/documents.ts';
import { checkDatabase, checkSqlite } from '../../src/store/sqlite/check.ts';
import { openSqlite } from '../../src/store/sqlite/engine.ts';
import { columnsOf, indexSql, quote } from '../../src/store/sqlite/schema.ts';
import { type AnyCollection, type Change, StoreRefused } from '../../src/store/store.ts';
import { runCommand } from '../e2e/process.ts';
import { describeEngines, type Harness, MONGODB_URI, type Opened, openEngine, startHarness } from '../harness.ts';
import { required } from '../required.ts';
import { seed } from '../seed.ts';
import { feed, filled } from './filled.ts';

describeEngines('a store that is in use', (engine) => {
  let opened: Opened;
  let harness: Harness;
  beforeAll(async () => {
    opened = await openEngine(engine);
    harness = await startHarness(engine, { opened });
    await filled(harness);
  });
  afterAll(() => harness.close());

  const look = async () =>
    engine === 'sqlite' ? checkSqlite(opened.place, collections) : checkMongo(opened.place, collections);

  test('is found as it should be, in figures, also while it is written to', async () => {
    const tenant = await harness.org('Busy');
    let isDone = false;
    const load = (async () => {
      for (let n = 0; !isDone; n += 1) {
        const { body } = await tenant.rest('POST', `${tenant.base}/workspaces`, {
          organization_id: tenant.orgId,
          name: `W ${n}`,
        });
        if (n % 2) await tenant.rest('DELETE', `${tenant.base}/workspaces/${body.workspace_id}`);
      }
    })();
    for (let times = 0; times < 2; times += 1) {
      const findings = await look();
      expect(findings).toMatchObject({ faults: [], found: 0, documents: { orgs: expect.any(Number) } });
      expect(findings.documents.apps).toBeGreaterThanOrEqual(2);
    }
    isDone = true;
    await load;
  });

  test('is found so at every step of a sweep, which takes what lies between before what lies below', async () => {
    await harness.runner.stop();
    for (const field of ['workspaceId', 'appId']) {
      const tenant = await harness.org(`Swept by ${field}`);
      const { workspace, workspaceId, app, appId, namespace } = await seed(tenant);
      for (const thread of ['one', 'two']) await tenant.rest('POST', `${namespace}/threads/${thread}`);
      const [path, value] = field === 'appId' ? [app, appId] : [workspace, workspaceId];
      expect((await tenant.rest('DELETE', path)).status).toBeLessThan(300);
      for (const collection of collectionsBelow(field)) {
        const swept: Change = { type: 'sweep', in: collection, orgId: tenant.orgId, field, value, limit: 100 };
        await harness.deps.store.commit([swept]);
        expect([field, collection.name, (await look()).faults]).toEqual([field, collection.name, []]);
      }
    }
  });

  test('is found so while jobs of an older program have yet to be looked for', async () => {
    await harness.runner.stop();
    const { store } = harness.deps;
    await store.commit([{ type: 'remove', in: generations, key: { orgId: '', id: 'jobs adopted' } }]);
    await leaveAdoption(harness.deps);
    expect(await store.get(tasks, { orgId: '', id: 'task_adopt_jobs' })).not.toBeNull();
    expect((await look()).faults).toEqual([]);
  });
});

describe('the command', () => {
  test('says what there is, and exits 1 where something is wrong', async () => {
    const opened = await openEngine('sqlite');
    const harness = await startHarness('sqlite', { opened });
    await filled(harness);
    const env = { DATA_DIR: opened.place.replace(/\/[^/]+$/, ''), MONGODB_URI: '' };
    const well = await runCommand(['check', '--json'], env);
    expect([well.code, JSON.parse(well.stdout)]).toMatchObject([0, { ok: true, faults: [], documents: { orgs: 1 } }]);
    const db = new DatabaseSync(opened.place);
    db.exec('UPDATE totals SET n = n + 1');
    db.close();
    const ill = await runCommand(['check'], env);
    expect([ill.code, ill.stdout]).toEqual([1, expect.stringMatching(/^fault: apps: the total .* is \d+, not \d+$/m)]);
    await harness.close();
  });

  test('says what it can of a file that is torn, or none of a database', async () => {
    const opened = await openEngine('sqlite');
    const harness = await startHarness('sqlite', { opened });
    await filled(harness);
    await harness.runner.stop();
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-torn-'));
    const file = join(folder, 'switchyard.db');
    const db = new DatabaseSync(opened.place);
    db.prepare('VACUUM INTO ?').run(file);
    db.close();
    const whole = new DatabaseSync(file);
    const page = Number(
      required(whole.prepare("SELECT rootpage FROM sqlite_master WHERE name = 'roles'").get()).rootpage,
    );
    const size = Number(required(whole.prepare('PRAGMA page_size').get()).page_size);
    whole.close();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(7, (page - 1) * size, page * size));
    const env = { DATA_DIR: folder, MONGODB_URI: '' };
    const torn = await runCommand(['check', '--json'], env);
    const told = JSON.parse(torn.stdout);
    expect([torn.code, told.ok, told.documents.orgs]).toEqual([1, false, 1]);
    expect(told.faults).toContainEqual(
      expect.objectContaining({ collection: 'roles', what: expect.stringContaining('it cannot be read') }),
    );
    writeFileSync(file, 'no database '.repeat(500));
    const none = await runCommand(['check'], env);
    expect([none.code, none.stdout]).toEqual([1, 'fault: the file: it cannot be read: file is not a database\n']);
    expect(none.stderr).toMatch(/^switchyard: 1 fault in .*\n$/);
    rmSync(folder, { recursive: true });
    await harness.close();
  });
});

describe('what is planted in a file of SQLite', () => {
  let opened: Opened;
  let harness: Harness;
  let db: DatabaseSync;
  beforeAll(async () => {
    opened = await openEngine('sqlite');
    harness = await startHarness('sqlite', { opened });
    await filled(harness);
    await harness.runner.stop();
    db = new DatabaseSync(opened.place);
  });
  afterAll(async () => {
    db.close();
    await harness.close();
  });

  const withPlanted = (sql: string): Findings => {
    db.exec(`BEGIN; ${sql}`);
    try {
      return checkDatabase(db, collections);
    } finally {
      db.exec('ROLLBACK');
    }
  };
  const isFilled = ({ name }: AnyCollection) => db.prepare(`SELECT 1 FROM ${quote(name)}`).get() !== undefined;

  test('nothing: all is well, and every collection holds something', () => {
    expect(withPlanted('').faults).toEqual([]);
    expect(collections.filter((one) => !isFilled(one)).map(({ name }) => name)).toEqual([]);
  });

  test('is found: any column of any collection', () => {
    for (const collection of collections.filter(isFilled)) {
      const own = ['version', 'createdAt', ...(collection.unique ? ['uniq'] : []), ...columnsOf(collection)];
      for (const column of own) {
        const { found } = withPlanted(`UPDATE ${quote(collection.name)} SET ${quote(column)} = 'other'
          WHERE rowid = (SELECT min(rowid) FROM ${quote(collection.name)})`);
        expect([collection.name, column, found > 0]).toEqual([collection.name, column, true]);
      }
      const broken = withPlanted(`UPDATE ${quote(collection.name)} SET doc = '{'`);
      expect(broken.faults.some(({ what }) => what === 'its document is not JSON')).toBe(true);
    }
  });

  test('is found: any index, table or searched text that is gone', () => {
    for (const collection of collections) {
      for (const name of Object.keys(indexSql(collection)))
        expect([name, withPlanted(`DROP INDEX ${quote(name)}`).found]).toEqual([name, 1]);
      if (!collection.search || !isFilled(collection)) continue;
      const texts = quote(`${collection.name}_fts`);
      expect(withPlanted(`DELETE FROM ${texts}`).found).toBeGreaterThan(0);
      expect(withPlanted(`INSERT INTO ${texts} (rowid, scope, a, b) VALUES (99999, 'x', 'y', 'z')`).found).toBe(1);
    }
  });

  test('is found: a parent, an organization, a reference, a total or a number that is not there, or too many', () => {
    for (const collection of collections.filter(isFilled))
      for (const { field, in: above } of collection.ancestors ?? []) {
        const { faults } = withPlanted(`DELETE FROM ${quote(above)}`);
        expect(faults.some(({ collection: of, what }) => of === collection.name && what.startsWith(field))).toBe(true);
      }
    for (const sql of [
      'DELETE FROM orgs',
      'DELETE FROM refs',
      "INSERT INTO refs VALUES ('o', 'apps', 'x:y', 'now', 'z')",
      'UPDATE totals SET n = n - 1',
      'DELETE FROM totals',
      `INSERT INTO totals VALUES ('o', '["apps",["workspaceId","none"]]', 1)`,
      "UPDATE numberings SET doc = json_set(doc, '$.last', 0)",
      `UPDATE ${quote(feed.name)} SET doc = json_set(doc, '$.${feed.numbered}', 1), ${quote(required(feed.numbered))} = 1`,
    ])
      expect([sql, withPlanted(sql).found > 0]).toEqual([sql, true]);
  });

  test('of another version is not judged', () => {
    expect(() => withPlanted("UPDATE described SET derived = '{}'")).toThrow('start a server of this version once');
  });
});

describe.skipIf(!MONGODB_URI)('what is planted in a database of MongoDB', () => {
  let opened: Opened;
  let harness: Harness;
  let client: MongoClient;
  beforeAll(async () => {
    opened = await openEngine('mongodb');
    harness = await startHarness('mongodb', { opened });
    await filled(harness);
    await harness.runner.stop();
    client = await new MongoClient(opened.place).connect();
  });
  afterAll(async () => {
    await client.close();
    await harness.close();
  });
  const look = (collection: AnyCollection) => checkMongo(opened.place, [collection]);

  test('is found: any field beside a document of any collection, and an index that is gone', async () => {
    for (const collection of collections) {
      const of = client.db().collection<Stored>(collection.name);
      const whole = await of.findOne();
      if (!whole) continue;
      const beside = Object.keys(whole).filter((name) => !['_id', 'doc', 'fence', 'stamped'].includes(name));
      await of.updateOne({ _id: whole._id }, { $set: Object.fromEntries(beside.map((name) => [name, 'other'])) });
      const told = (await look(collection)).faults.map(({ what }) => what.replace('unique key', 'unique'));
      for (const name of beside)
        expect(told, collection.name).toContainEqual(expect.stringContaining(`its ${name} is`));
      await of.updateOne({ _id: whole._id }, { $set: { doc: 'other' as never } });
      expect((await look(collection)).faults[0]?.what).toBe('it holds no document');
      await of.replaceOne({ _id: whole._id }, whole as never);
      const { options } = required(indexesOf(collection)[0]);
      await of.dropIndex(required(options.name));
      expect((await look(collection)).faults.map(({ what }) => what)).toEqual([`its index ${options.name} is missing`]);
      await of.createIndex(required(indexesOf(collection)[0]).key, options);
    }
  });

  test('is found: a parent that is gone, and a number beyond what was counted', async () => {
    const apps = required(collections.find(({ name }) => name === 'apps'));
    const workspaces = client.db().collection<Stored>('workspaces');
    const all = await workspaces.find().toArray();
    await workspaces.deleteMany({});
    expect((await look(apps)).faults[0]?.what).toMatch(/^workspaceId: there is no ws_/);
    await workspaces.insertMany(all as never);
    expect((await look(apps)).found).toBe(0);
    const numberings = client.db().collection<Stored>('numberings');
    await numberings.updateMany({}, { $set: { 'doc.last': 0 } });
    expect((await look(feed)).faults[0]?.what).toContain('beyond what has been counted');
  });
});

describe('a folder that cannot be written to', () => {
  /** Nothing is denied to root. */
  function asReader<T>(work: () => T): T {
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(54_321);
    try {
      return work();
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  }
  let folder: string;
  let file: string;
  beforeEach(async () => {
    const opened = await openEngine('sqlite');
    const harness = await startHarness('sqlite', { opened });
    await seed(await harness.org());
    await harness.runner.stop();
    folder = mkdtempSync(join(tmpdir(), 'switchyard-shut-'));
    file = join(folder, 'switchyard.db');
    for (const end of ['', '-wal']) copyFileSync(opened.place + end, file + end);
    await harness.close();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const shut = (names: readonly string[]) => {
    for (const name of names) chmodSync(name, 0o444);
    chmodSync(folder, 0o555);
  };

  test('is checked as one that can', async () => {
    await openSqlite({ file, collections, now: () => '' }).close();
    shut([file]);
    const { faults, documents } = asReader(() => checkSqlite(file, collections));
    expect([faults, documents.workspaces]).toEqual([[], 1]);
    chmodSync(folder, 0o755);
    expect(readdirSync(folder)).toEqual(['switchyard.db']);
  });

  test('with a log in it is refused, not found to be faulty', () => {
    shut([file, `${file}-wal`]);
    expect(() => asReader(() => checkSqlite(file, collections))).toThrow(StoreRefused);
    chmodSync(folder, 0o755);
    const { found, documents } = checkSqlite(file, collections);
    expect([found, documents.workspaces]).toEqual([0, 1]);
  });
});
