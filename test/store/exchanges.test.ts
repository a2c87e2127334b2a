import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { apps } from '../../src/nouns/apps/model.ts';
import { indexesOf } from '../../src/store/mongodb/documents.ts';
import type { MongoStore } from '../../src/store/mongodb/engine.ts';
import { openMongo } from '../../src/store/mongodb/open.ts';
import { type Change, type Doc, tombstones } from '../../src/store/store.ts';
import {
  type Answer,
  type Client,
  freshMongoUri,
  type Harness,
  MONGODB_URI,
  openEngine,
  PATIENCE_MS,
  startHarness,
  type Tenant,
} from '../harness.ts';
import { ask, inOtherLetters, type Question } from '../other-letters.ts';
import { required } from '../required.ts';
import { type Seeded, seed } from '../seed.ts';
import { listenIn, type Sent } from './commands-sent.ts';

const now = () => new Date().toISOString();
const base = { version: 1, createdAt: 't', updatedAt: 't', createdBy: null };
const READS = ['find', 'aggregate'];
/** What is asked for at once is sent before any of it is answered, however busy the machine is. */
const TURNS = 10;
const turns = async () => {
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise(setImmediate);
};
/** Whoever asks is looked up twice a second, whatever is asked. */
const WHO = ['credentials', 'tokens', 'members', 'roles', 'token_uses'];

describe.skipIf(!MONGODB_URI)('what is asked of MongoDB', () => {
  let uri: string;
  let ear: Awaited<ReturnType<typeof listenIn>>;
  let store: MongoStore;
  let other: MongoStore;
  let heard: Sent[];
  beforeAll(async () => {
    heard = [];
    uri = freshMongoUri();
    other = await openMongo({ uri, collections, now });
    ear = await listenIn(uri, (sent) => void heard.push(sent), turns);
    store = await openMongo({ uri: ear.through(uri), collections, now });
    const doc = (id: string) => ({ ...base, orgId: 'org_a', id, name: id, workspaceId: `ws_${id}` });
    const docs = Array.from({ length: 30 }, (_, at) => doc(`app_${at + 10}`));
    await other.commit(docs.map((doc) => ({ type: 'insert', in: apps.collection, doc })));
  });
  afterEach(() => {
    heard = [];
  });
  afterAll(async () => {
    await Promise.all([store.close(), other.close()]);
    ear.close();
  });

  /** Of what the test asks for: others read the description of the data, and changes as they come. */
  const isRead = ({ name, on }: Sent) => READS.includes(name) && ['apps', 'tombstones'].includes(on);
  const key = (at: number) => ({ orgId: 'org_a', id: `app_${at + 10}` });
  const reads = () => heard.filter(isRead).map(({ on }) => on);

  test('goes by one command where it is asked for in one turn, and each is answered its own', async () => {
    const ask = (at: number) => store.until(performance.now() + 60_000).get(apps.collection, key(at));
    const found = await Promise.all(Array.from({ length: 40 }, (_, at) => ask(at)));
    expect(found.map((doc) => doc?.id ?? null)).toEqual(
      Array.from({ length: 40 }, (_, at) => (at < 30 ? key(at).id : null)),
    );
    // Whether any of it lies below a tombstone is told by the same command.
    expect(reads()).toEqual(['apps']);
  });

  test('what lies below a tombstone that another process has made is absent, by the one command that looks for it', async () => {
    const get = (at: number) => store.get(apps.collection, key(at));
    const there = await get(5);
    const mark = { ...base, orgId: 'org_a', id: 'ws_app_15', field: 'workspaceId', sweptAt: null };
    await other.commit([{ type: 'insert', in: tombstones, doc: mark }]);
    heard = [];
    const gets = Promise.all([get(4), get(5), get(6)]);
    const page = store.page(apps.collection, { orgId: 'org_a', order: 'asc', limit: 1 });
    expect((await gets).map((doc) => doc?.id)).toEqual(['app_14', undefined, 'app_16']);
    await page;
    // One look for all that was asked for in the turn; the page is asked for again, as its tombstones are others.
    expect(reads()).toEqual(['apps', 'apps', 'apps']);
    await other.commit([{ type: 'remove', in: tombstones, key: mark }]);
    expect(await get(5)).toBe(there);
  });

  test('is asked for anew each time: what is as it was is the same object, what another process has changed is another', async () => {
    const get = async (at: number) => required(await store.get(apps.collection, key(at)));
    const [one, two] = [await get(1), await get(2)];
    expect(() => Object.assign(one, { name: 'mine' })).toThrow(TypeError);
    const doc = { ...one, name: 'changed', version: 2 };
    await other.commit([{ type: 'put', in: apps.collection, doc, expected: 1 }]);
    expect(await get(1)).toEqual(doc);
    expect(await get(2)).toBe(two);
    const page = await store.page(apps.collection, { orgId: 'org_a', order: 'asc', limit: 3 });
    expect(page.docs).toEqual([await get(0), doc, two]);
    expect(page.docs[2]).toBe(two);
    const pages = await store.pages(
      apps.collection,
      [0, 1, 2].map((at) => ({
        ...{ orgId: 'org_a', order: 'asc', limit: 3 },
        where: [{ field: 'workspaceId', in: [`ws_${key(at).id}`] }],
      })),
    );
    expect(pages.map(({ docs }) => docs)).toEqual([[await get(0)], [doc], [two]]);
    expect(required(pages[2]).docs[0]).toBe(two);
  });

  test('leaves out what lies below a tombstone that another process has made, and one that went is none', async () => {
    const ids = async () =>
      (await store.page(apps.collection, { orgId: 'org_a', order: 'asc', limit: 2 })).docs.map(({ id }) => id);
    const waves = () => new Set(heard.filter(isRead).map(({ wave }) => wave)).size;
    const mark = { ...base, orgId: 'org_a', id: 'ws_app_10', field: 'workspaceId', sweptAt: null };
    expect(await ids()).toEqual(['app_10', 'app_11']);
    await other.commit([{ type: 'insert', in: tombstones, doc: mark }]);
    expect(await ids()).toEqual(['app_11', 'app_12']);
    heard = [];
    expect(await ids()).toEqual(['app_11', 'app_12']);
    // Known from before, it is proven beside the page.
    expect([waves(), reads().sort()]).toEqual([1, ['apps', 'tombstones']]);
    await other.commit([{ type: 'remove', in: tombstones, key: mark }]);
    expect(await ids()).toEqual(['app_10', 'app_11']);
  });

  const insert = (id: string, name = id): Change => {
    const doc = { ...base, orgId: 'org_b', id, name, workspaceId: 'ws' } as Doc;
    return { type: 'insert', in: apps.collection, doc };
  };
  /** Of commits: what is asked without a session may be somebody else's. */
  const commands = () => heard.filter(({ body, on }) => body.txnNumber !== undefined || on === 'apps');

  test('commits of one turn take as many commands as one of them, and look up nothing of what they take', async () => {
    const takenBy = async (count: number) => {
      heard = [];
      const events = Array.from({ length: count }, (_, at) => insert(`app_${count}_${at}`));
      await Promise.all(events.map((change) => store.commit([change])));
      return commands().map(({ name, on }) => `${name} ${on}`.trim());
    };
    await takenBy(2);
    const one = await takenBy(1);
    expect(one).toEqual(['update numberings', 'insert apps', 'commitTransaction']);
    expect(await takenBy(50)).toEqual(one);
  });

  test('whoever takes what is not free is told by whom it is held, after one look by the index of the keys; the others of its turn are not refused', async () => {
    await other.commit([insert('app_held', 'Held')]);
    heard = [];
    const answers = await Promise.allSettled([
      store.commit([insert('app_free')]),
      store.commit([insert('app_late', 'Held')]),
      store.commit([insert('app_held')]),
    ]);
    expect(answers).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { kind: 'unique', detail: 'app_held' } },
      { status: 'rejected', reason: { kind: 'exists', detail: 'app_held' } },
    ]);
    const looks = heard.filter(({ on, body }) => on === 'apps' && body.filter?.unique);
    const { partialFilterExpression } = required(
      indexesOf(apps.collection).find(({ options }) => options.unique),
    ).options;
    // MongoDB uses a partial index for a query that holds the index’s own condition, and for no other.
    const condition = required(partialFilterExpression).unique;
    expect(looks.map(({ body }) => body.filter.unique)).toMatchObject([condition]);
    heard = [];
    expect(await store.getUnique(apps.collection, 'org_b', looks[0]?.body.filter.unique.$in[0])).toBeTruthy();
    expect(commands().map(({ body }) => body.filter.unique)).toMatchObject([condition]);
  });

  test('who is refused for another reason while nobody has looked whether what it takes is free is told the first reason', async () => {
    await other.commit([insert('app_first', 'First')]);
    const none: Change = { type: 'none', in: apps.collection, query: { orgId: 'org_b' } };
    for (const [taken, kind] of [
      [insert('app_first'), 'exists'],
      [insert('app_second', 'First'), 'unique'],
    ] as const)
      await expect(store.commit([taken, none])).rejects.toMatchObject({ at: 0, kind });
  });
});

describe.skipIf(!MONGODB_URI)('of MongoDB', () => {
  let ear: Awaited<ReturnType<typeof listenIn>>;
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  let heard: Sent[];
  let holding: (sent: Sent) => Promise<void> | undefined = () => undefined;
  beforeAll(async () => {
    heard = [];
    const until = (sent: Sent) => holding(sent) ?? turns();
    ear = await listenIn(required(MONGODB_URI), (sent) => void heard.push(sent), until);
    harness = await startHarness('mongodb', {
      opened: await openEngine('mongodb', undefined, undefined, ear.through),
    });
    tenant = await harness.org();
    seeded = await seed(tenant);
    await harness.runner.stop();
  });
  afterAll(async () => {
    await harness.close();
    ear.close();
  });

  /** What one request asks, by waves: what is under way at once is one. */
  async function wavesOf(ask: () => Promise<{ status: number }>): Promise<Sent[][]> {
    // Connections are made, and what is kept is there.
    await Promise.all(Array.from({ length: 8 }, ask));
    heard = [];
    expect((await ask()).status).toBeLessThan(300);
    const own = heard.filter(({ name, on, body }) => {
      const isOfIt = READS.includes(name) || body.txnNumber !== undefined;
      return isOfIt && !WHO.includes(on) && body.aggregate !== 1;
    });
    return [...Map.groupBy(own, ({ wave }) => wave).values()];
  }

  test('a decision reads in two waves, and its commit once more, all at once; then it writes in one transaction', async () => {
    const decide = () =>
      tenant.rest('POST', `${tenant.base}/decisions`, { workspace_id: seeded.workspaceId, estimated_input_tokens: 5 });
    const waves = await wavesOf(decide);
    const isRead = (wave: Sent[]) => wave.every(({ body }) => body.txnNumber === undefined);
    const reads = waves.filter(isRead).map((wave) => wave.map(({ on }) => on).sort());
    expect(reads).toEqual([
      ['generations', 'workspaces'],
      ['account_health', 'meters', 'policy_breakers'],
      ['meters', 'numberings', 'policy_breakers'],
    ]);
    const writes = waves.filter((wave) => !isRead(wave)).flat();
    expect(new Set(writes.map(({ body }) => String(body.txnNumber))).size).toBe(1);
    expect(writes.map(({ name, on }) => on || name)).toEqual([
      ...['numberings', 'meters', 'policy_breakers', 'decisions'],
      'commitTransaction',
    ]);
  });

  const query =
    'query($app: ID!, $first: Int!) { app(appId: $app) { namespaces(first: $first) { ...count nodes { name } } } } fragment count on NamespaceConnection { totalCount }';
  let letters = 0;
  /** Of what was answered before is only asked whether it holds. */
  const anew = (client: Client, question: Question) => {
    letters += 1;
    return ask(client, inOtherLetters(question, letters));
  };
  const doors = {
    'by REST': async (limit: number) => {
      const { status, body } = await anew(tenant, { path: `${seeded.app}/namespaces?limit=${limit}` });
      return { status, total: body.total as number };
    },
    'by the graph': async (first: number) => {
      const { status, body } = await anew(tenant, { query, variables: { app: seeded.appId, first } });
      return { status, total: body.data.app.namespaces.totalCount as number };
    },
  };
  const another = (name: string) =>
    tenant.rest('POST', `${seeded.app}/namespaces`, { name, environment_id: seeded.environmentId });
  test.each(Object.entries(doors))(
    'a page %s is asked for beside its total, once what it lies in is there; one that is the whole list tells the total',
    async (door, ask) => {
      const before = (await ask(50)).total;
      expect((await another(`One more ${door}`)).status).toBe(201);
      const [part, whole] = [await wavesOf(() => ask(before)), await wavesOf(() => ask(before + 1))];
      expect(namesIn(part)).toEqual([['apps'], ['namespaces', 'namespaces', 'tombstones']]);
      expect(namesIn(whole)).toEqual([['apps'], ['namespaces', 'tombstones']]);
      expect([(await ask(before)).total, (await ask(before + 1)).total]).toEqual([before + 1, before + 1]);
      expect((await another(`Yet another ${door}`)).status).toBe(201);
      expect((await ask(before + 1)).total).toBe(before + 2);
    },
  );

  test('what only some may see is counted by one pipeline', async () => {
    const developer = await tenant.as({ role: 'Developer' });
    const list = () => anew(developer, { path: `${seeded.app}/namespaces?limit=1` });
    const pipelines = (await wavesOf(list)).flat().filter(({ on }) => on === 'namespaces');
    expect(pipelines.map(({ body }) => body.pipeline.some((stage: object) => '$unionWith' in stage))).toEqual([
      false,
      false,
    ]);
    expect((await list()).body.total).toBe((await tenant.rest('GET', `${seeded.app}/namespaces?limit=1`)).body.total);
  });

  const namesIn = (waves: Sent[][]) => waves.map((wave) => wave.map(({ on }) => on).sort());
  test('a small read is one command', async () => {
    const waves = await wavesOf(() => anew(tenant, { path: seeded.namespace }));
    expect(namesIn(waves)).toEqual([['namespaces']]);
  });

  test('of what was answered before is asked whether it holds, by one command', async () => {
    const page = { query, variables: { app: seeded.appId, first: 2 } };
    for (const question of [{ path: seeded.namespace }, { path: `${seeded.app}/namespaces` }, page]) {
      // What was told last may be older than the last change: the next time it is not.
      await wavesOf(() => ask(tenant, question));
      expect(namesIn(await wavesOf(() => ask(tenant, question)))).toEqual([['numberings']]);
    }
  });

  test('of what is known to have changed nothing is asked but what it is now', async () => {
    const [one, other] = [{ path: seeded.namespace }, { path: `${seeded.app}/namespaces` }];
    for (let times = 0; times < 3; times += 1) for (const question of [one, other]) await ask(tenant, question);
    expect((await tenant.rest('PUT', seeded.namespace, { description: 'other' })).status).toBe(200);
    const waves = async (question: Question) => {
      heard = [];
      expect((await ask(tenant, question)).status).toBe(200);
      return heard.map(({ on }) => on).filter((on) => ['numberings', 'namespaces'].includes(on));
    };
    expect(await waves(one)).toEqual(['numberings', 'namespaces']);
    expect(await waves(other)).toEqual(['namespaces']);
    expect(await waves(other)).toEqual(['numberings']);
  });

  const below = 'query($app: ID!) { app(appId: $app) { description namespaces(first: 1) { nodes { name } } } }';
  const changing = {
    'by the one read of it': () => ({
      method: 'PUT',
      place: seeded.namespace,
      question: { path: seeded.namespace },
      shown: ({ body }: Answer) => body.description,
      on: 'namespaces',
    }),
    'by the first of two reads': () => ({
      method: 'PATCH',
      place: seeded.app,
      question: { query: below, variables: { app: seeded.appId } },
      shown: ({ body }: Answer) => body.data.app.description,
      on: 'apps',
    }),
  };
  test.each(Object.entries(changing))(
    'what was changed while a reply was made, which shows it %s, is in it the next time',
    async (_, what) => {
      const { method, place, question, shown, on } = what();
      const change = async (description: string) =>
        expect((await tenant.rest(method, place, { description })).status).toBe(200);
      await change('before');
      await ask(tenant, question);
      const { promise, resolve } = Promise.withResolvers<void>();
      const isRead = (sent: Sent) => sent.on === on && sent.body.txnNumber === undefined;
      heard = [];
      holding = (sent) => (isRead(sent) ? promise : undefined);
      const made = anew(tenant, question);
      const asked = inOtherLetters(question, letters);
      await expect.poll(() => heard.some(isRead), { timeout: PATIENCE_MS }).toBe(true);
      holding = () => undefined;
      await change('after');
      // By now it is known that there was a change.
      expect(shown(await ask(tenant, question))).toBe('after');
      resolve();
      expect(shown(await made)).toBe('before');
      expect(shown(await ask(tenant, asked))).toBe('after');
    },
  );
});
