import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { apps } from '../../src/nouns/apps/model.ts';
import { type Namespace, namespaces } from '../../src/nouns/namespaces/model.ts';
import { webhookDeliveries } from '../../src/nouns/webhook-deliveries/model.ts';
import { type Workspace, workspaces } from '../../src/nouns/workspaces/model.ts';
import { bump, generations } from '../../src/resource/generation.ts';
import { tasks } from '../../src/resource/task.ts';
import { complete } from '../../src/store/complete.ts';
import { apply } from '../../src/store/rule.ts';
import { type Change, type Doc, type Store, StoreConflict, type Tombstone, tombstones } from '../../src/store/store.ts';
import { describeEngines, MONGODB_URI, type Opened, openEngine } from '../harness.ts';
import { required } from '../required.ts';
import { listenIn } from './commands-sent.ts';
import { strayOf } from './shard-keys.ts';

/** What an engine promises; a further one has to pass this as it is. */
describeEngines('the store port', (engine) => {
  let opened: Opened;
  let store: Store;
  let orgId: string;
  let count = 0;
  const strays = new Set<string | null>();
  let ear: Awaited<ReturnType<typeof listenIn>> | null = null;
  beforeAll(async () => {
    if (engine === 'mongodb') ear = await listenIn(required(MONGODB_URI), (sent) => strays.add(strayOf(sent)));
    opened = await openEngine(engine, undefined, undefined, ear?.through);
    store = opened.store;
  });
  afterAll(async () => {
    await opened.close();
    ear?.close();
  });
  beforeEach(() => {
    count += 1;
    orgId = `org_${count}`;
  });

  const at = (index: number) => `2026-01-01T00:00:00.${String(index).padStart(3, '0')}Z`;
  const base = (id: string, index = 0): Doc => ({
    id,
    orgId,
    version: 1,
    createdAt: at(index),
    updatedAt: at(index),
    createdBy: null,
  });
  const workspace = (id: string, index = 0, name = id): Workspace =>
    complete(workspaces.collection, { ...base(id, index), name } as Workspace);
  const namespace = (id: string, index: number, fields: Partial<Namespace> = {}): Namespace =>
    complete(namespaces.collection, {
      ...base(id, index),
      name: id,
      workspaceId: 'ws',
      appId: 'app',
      environmentId: 'env',
      ...fields,
    } as Namespace);
  const insert = (
    doc: Doc,
    noun: { collection: typeof workspaces.collection } | { collection: typeof namespaces.collection } = workspaces,
  ): Change => ({ type: 'insert', in: noun.collection as never, doc });
  const refused = async (changes: Change[]) => {
    try {
      await store.commit(changes);
    } catch (error) {
      expect(error).toBeInstanceOf(StoreConflict);
      const { kind, at: place, detail } = error as StoreConflict;
      return { kind, at: place, detail };
    }
    throw new Error('the commit was not refused');
  };
  const key = (id: string) => ({ orgId, id });
  const read = async (id: string) => store.get(workspaces.collection, key(id));

  test('what was committed is read back as it was; another org does not see it', async () => {
    const doc = {
      ...workspace('ws_1'),
      tags: ['$gt', 'a.b'],
      map: { $where: 1, 'a.b': { c: null } },
    } as unknown as Workspace;
    await store.commit([insert(doc)]);
    expect(await read('ws_1')).toEqual(doc);
    expect(await store.get(workspaces.collection, { orgId: 'other', id: 'ws_1' })).toBeNull();
    expect(await store.getMany(workspaces.collection, [key('x'), key('ws_1'), key('ws_1')])).toEqual([null, doc, doc]);
  });

  test('an insert is refused where the id or the unique key is taken, and tells by whom', async () => {
    await store.commit([insert(workspace('ws_1', 0, 'Café'))]);
    expect(await refused([insert(workspace('ws_1', 1, 'Other'))])).toMatchObject({ kind: 'exists', at: 0 });
    expect(await refused([insert(workspace('ws_2', 1, 'CAFE\u0301'))])).toEqual({
      kind: 'unique',
      at: 0,
      detail: 'ws_1',
    });
    expect(await store.getUnique(workspaces.collection, orgId, 'café')).toMatchObject({ id: 'ws_1' });
  });

  test('a put replaces the version it expects, frees the old name and takes the new', async () => {
    await store.commit([insert(workspace('ws_1', 0, 'one'))]);
    const next = { ...workspace('ws_1', 0, 'two'), version: 2 };
    await store.commit([{ type: 'put', in: workspaces.collection, doc: next, expected: 1 }]);
    expect(await refused([{ type: 'put', in: workspaces.collection, doc: next, expected: 1 }])).toMatchObject({
      kind: 'version',
      detail: 2,
    });
    expect(
      await refused([{ type: 'put', in: workspaces.collection, doc: workspace('ws_x'), expected: 1 }]),
    ).toMatchObject({ kind: 'missing' });
    await store.commit([insert(workspace('ws_2', 1, 'one'))]);
    expect((await refused([insert(workspace('ws_3', 1, 'two'))])).detail).toBe('ws_1');
  });

  test('a name that one commit lets go of is free for the next, in whatever order their documents were first named', async () => {
    const put = (id: string, name: string): Change => ({
      type: 'put',
      in: workspaces.collection,
      doc: { ...workspace(id, 0, name), version: 2 },
      expected: 1,
    });
    await store.commit(['one', 'two', 'three'].map((name, at) => insert(workspace(`ws_${at + 1}`, 0, name))));
    // Together, so that an engine that groups commits writes them in one go.
    await Promise.all([
      store.commit([{ type: 'exists', in: workspaces.collection, key: key('ws_2') }]),
      store.commit([put('ws_1', 'uno')]),
      store.commit([put('ws_2', 'one')]),
      store.commit([{ type: 'remove', in: workspaces.collection, key: key('ws_3') }]),
      store.commit([insert(workspace('ws_0', 0, 'three'))]),
    ]);
    const holders = ['uno', 'one', 'two', 'three'].map((name) => store.getUnique(workspaces.collection, orgId, name));
    expect((await Promise.all(holders)).map((doc) => doc?.id)).toEqual(['ws_1', 'ws_2', undefined, 'ws_0']);
  });

  test('a commit is all or nothing, and sees its own writes', async () => {
    const failing = [
      insert(workspace('ws_1')),
      { type: 'exists', in: workspaces.collection, key: key('ws_1') } as Change,
      insert(workspace('ws_1')),
    ];
    expect(await refused(failing)).toMatchObject({ kind: 'exists', at: 2 });
    expect(await read('ws_1')).toBeNull();
    await store.commit([
      insert(workspace('ws_1')),
      { type: 'remove', in: workspaces.collection, key: key('ws_1') },
      insert(workspace('ws_1', 1)),
    ]);
    expect(await read('ws_1')).toMatchObject({ createdAt: at(1) });
  });

  test('conditions: exists, in a version, none and at least, over what is stored and what the commit writes', async () => {
    await store.commit([insert(workspace('ws')), insert(namespace('ns_1', 1), namespaces)]);
    const none = (ref: string): Change => ({
      type: 'none',
      in: namespaces.collection,
      query: { orgId, ref },
    });
    expect(await refused([{ type: 'exists', in: workspaces.collection, key: key('nope') }])).toMatchObject({
      kind: 'missing',
    });
    expect(await refused([{ type: 'exists', in: workspaces.collection, key: key('ws'), expected: 7 }])).toMatchObject({
      kind: 'version',
    });
    expect(await refused([none('environment:env')])).toEqual({ kind: 'matched', at: 0, detail: 'ns_1' });
    await store.commit([none('environment:other')]);
    await store.commit([{ type: 'remove', in: namespaces.collection, key: key('ns_1') }, none('environment:env')]);
    expect(await refused([insert(namespace('ns_2', 2), namespaces), none('environment:env')])).toMatchObject({
      kind: 'matched',
      detail: 'ns_2',
    });
    const atLeast: Change = {
      type: 'atLeast',
      in: namespaces.collection,
      query: { orgId, ref: 'environment:env' },
      min: 1,
    };
    expect(await refused([atLeast])).toMatchObject({ kind: 'unmatched' });
    await store.commit([insert(namespace('ns_3', 3), namespaces), atLeast]);
    const atMost: Change = { ...atLeast, type: 'atMost', max: 1 };
    await store.commit([atMost]);
    expect(await refused([insert(namespace('ns_4', 4), namespaces), atMost])).toMatchObject({ kind: 'matched', at: 1 });
  });

  test('an apply runs its rule in the commit; 6,400 at once add up exactly', async () => {
    const counted = apply(bump, key('counter'), null);
    await Promise.all(Array.from({ length: 6_400 }, () => store.commit([counted])));
    expect(await store.get(generations, key('counter'))).toMatchObject({ count: 6_400, version: 6_400 });
    await refused([counted, { type: 'exists', in: workspaces.collection, key: key('nope') }]);
    expect(await store.get(generations, key('counter'))).toMatchObject({ count: 6_400 });
  });

  test('pages walk by (createdAt, id), both ways, exclusive of where they start; equal times go by id', async () => {
    await store.commit([1, 1, 2, 3, 3, 3].map((time, index) => insert(namespace(`ns_${index}`, time), namespaces)));
    const where = [{ field: 'appId', in: ['app'] }];
    const walk = async (order: 'asc' | 'desc') => {
      const ids: string[] = [];
      for (let after: Doc | null = null; ; ) {
        const page: { docs: Doc[]; more: boolean } = await store.page(namespaces.collection, {
          orgId,
          where,
          order,
          limit: 2,
          after,
        });
        ids.push(...page.docs.map(({ id }) => id));
        if (!page.more) return ids;
        after = required(page.docs.at(-1));
      }
    };
    expect(await walk('asc')).toEqual(['ns_0', 'ns_1', 'ns_2', 'ns_3', 'ns_4', 'ns_5']);
    expect(await walk('desc')).toEqual(['ns_5', 'ns_4', 'ns_3', 'ns_2', 'ns_1', 'ns_0']);
  });

  test('many pages and counts come in one call, each in its place', async () => {
    await store.commit(
      [1, 2, 3, 4].map((index) =>
        insert(
          namespace(`ns_${index}`, index, { appId: index % 2 ? 'odd' : 'even', isPrivate: index > 2 }),
          namespaces,
        ),
      ),
    );
    const of = (app: string) => ({ orgId, where: [{ field: 'appId', in: [app] }] });
    const before = store.stats.reads;
    const pages = await store.pages(
      namespaces.collection,
      ['even', 'none', 'odd'].map((app) => ({ ...of(app), order: 'desc' as const, limit: 1 })),
    );
    expect(store.stats.reads - before).toBe(1);
    expect(pages.map(({ docs, more }) => [docs.map(({ id }) => id), more])).toEqual([
      [['ns_4'], true],
      [[], false],
      [['ns_3'], true],
    ]);
    const isPrivate = { field: 'isPrivate', in: [true] };
    expect(
      await store.counts(namespaces.collection, [
        of('odd'),
        of('none'),
        { orgId, where: [...of('even').where, isPrivate] },
        { orgId, ref: 'environment:env' },
      ]),
    ).toEqual([2, 0, 1, 4]);
  });

  test('clauses: in, null, ranges, any of several', async () => {
    await store.commit(
      [1, 2, 3].map((index) =>
        insert(
          namespace(`ns_${index}`, index, { createdBy: index === 1 ? null : `m${index}`, isPrivate: index === 3 }),
          namespaces,
        ),
      ),
    );
    const ids = async (...where: object[]) =>
      (await store.page(namespaces.collection, { orgId, where: where as never, order: 'asc', limit: 9 })).docs.map(
        ({ id }) => id,
      );
    expect(await ids({ field: 'id', in: ['ns_1', 'ns_3', 'x'] })).toEqual(['ns_1', 'ns_3']);
    expect(await ids({ field: 'createdBy', in: [null] })).toEqual(['ns_1']);
    expect(await ids({ field: 'createdAt', from: at(2), until: at(3) })).toEqual(['ns_2']);
    expect(
      await ids({
        any: [
          { field: 'isPrivate', in: [false] },
          { field: 'createdBy', in: ['m3'] },
        ],
      }),
    ).toEqual(['ns_1', 'ns_2', 'ns_3']);
    expect(await ids({ field: 'id', in: [] })).toEqual([]);
  });

  test('a search is a literal, folded substring of either text', async () => {
    const texts: [string, string | null][] = [
      ['Straße 50%', null],
      ['plain', 'A_b.c*'],
      ['ÉCOLE', null],
    ];
    await store.commit(
      texts.map(([name, description], index) =>
        insert(namespace(`ns_${index}`, index, { name, description }), namespaces),
      ),
    );
    const find = async (search: string) =>
      (
        await store.page(namespaces.collection, {
          orgId,
          where: [{ field: 'appId', in: ['app'] }],
          search,
          order: 'asc',
          limit: 9,
        })
      ).docs.map(({ id }) => id);
    expect([
      await find('50%'),
      await find('%'),
      await find('a_b'),
      await find('.c*'),
      await find('école'),
      await find('.*'),
    ]).toEqual([['ns_0'], ['ns_0'], ['ns_1'], ['ns_1'], ['ns_2'], []]);
  });

  test('below a tombstone everything is absent, and a sweep removes it in batches', async () => {
    await store.commit([
      insert(workspace('ws')),
      { type: 'insert', in: apps.collection, doc: { ...base('app_swept'), workspaceId: 'ws', name: 'a' } as never },
    ]);
    await store.commit(
      [1, 2, 3].map((index) => insert(namespace(`ns_${index}`, index, { appId: 'app_swept' }), namespaces)),
    );
    const mark = { ...base('app_swept'), field: 'appId', sweptAt: null } as Tombstone;
    await store.commit([
      { type: 'remove', in: apps.collection, key: key('app_swept') },
      { type: 'insert', in: tombstones, doc: mark },
    ]);
    const query = { orgId, where: [{ field: 'appId', in: ['app_swept'] }] };
    expect(await store.get(namespaces.collection, key('ns_1'))).toBeNull();
    expect((await store.page(namespaces.collection, { ...query, order: 'asc', limit: 9 })).docs).toEqual([]);
    expect(await store.counts(namespaces.collection, [{ orgId, ref: 'environment:env' }])).toEqual([0]);
    await store.commit([{ type: 'none', in: namespaces.collection, query: { orgId, ref: 'environment:env' } }]);
    const elsewhere = namespace('ns_elsewhere', 1, { appId: 'app_swept', orgId: `${orgId}_other` });
    await store.commit([insert(elsewhere, namespaces)]);
    const what = { in: namespaces.collection, orgId, field: 'appId', value: 'app_swept' };
    const sweep: Change = { type: 'sweep', ...what, limit: 2 };
    const removed = [];
    for (let round = 0; round < 3; round += 1) removed.push((await store.commit([sweep])).results[0]);
    expect(removed).toEqual([2, 1, 0]);
    expect(await store.get(namespaces.collection, elsewhere)).toEqual(elsewhere);
  });

  test('no count has what lies below a tombstone, or below two, in it', async () => {
    const bury = (id: string, field: string) =>
      store.commit([{ type: 'insert', in: tombstones, doc: { ...base(id), field, sweptAt: null } as Tombstone }]);
    const within = (field: string, id: string) => ({ orgId, where: [{ field, in: [id] }] });
    const counted = () =>
      store.counts(namespaces.collection, [
        within('workspaceId', 'ws'),
        within('appId', 'app'),
        within('appId', 'gone'),
      ]);
    await store.commit([
      ...[1, 2, 3].map((index) => insert(namespace(`ns_${index}`, index, { appId: 'gone' }), namespaces)),
      ...[4, 5].map((index) => insert(namespace(`ns_${index}`, index), namespaces)),
    ]);
    expect(await counted()).toEqual([5, 2, 3]);
    await bury('gone', 'appId');
    expect(await counted()).toEqual([2, 2, 0]);
    await bury('ws', 'workspaceId');
    expect(await counted()).toEqual([0, 0, 0]);
  });

  test('below a tombstone an id and a unique key are taken until the sweep, whoever asks for them', async () => {
    const app = (id: string, fields: object = {}) =>
      ({ ...base(id), workspaceId: 'ws', name: 'Chat', ...fields }) as never;
    const insertApp = (doc: never): Change => ({ type: 'insert', in: apps.collection, doc });
    const mark = { ...base('ws'), field: 'workspaceId', sweptAt: null } as Tombstone;
    await store.commit([insert(workspace('ws')), insertApp(app('taken')), insertApp(app('free', { name: 'Free' }))]);
    await store.commit([
      { type: 'remove', in: workspaces.collection, key: key('ws') },
      { type: 'insert', in: tombstones, doc: mark },
    ]);
    const elsewhere = { workspaceId: 'ws_other' };
    const touch: Change = {
      ...{ type: 'apply', in: apps.collection, key: key('taken') },
      run: (before) => ({ next: before ? null : elsewhere }),
    };
    const exists = { kind: 'exists', at: 0, detail: 'taken' };
    expect(await refused([insertApp(app('taken', elsewhere))])).toEqual(exists);
    expect(await refused([touch])).toEqual(exists);
    expect(await refused([insertApp(app('new'))])).toEqual({ kind: 'unique', at: 0, detail: 'taken' });
    // And by one of the same group.
    const [other] = await Promise.allSettled([
      store.commit([insertApp(app('taken', elsewhere))]),
      store.commit([insert(workspace('ws_other'))]),
    ]);
    expect(other).toMatchObject({ status: 'rejected', reason: { kind: 'exists', detail: 'taken' } });
    await store.commit([{ type: 'sweep', in: apps.collection, orgId, field: 'workspaceId', value: 'ws', limit: 9 }]);
    await store.commit([insertApp(app('taken', elsewhere))]);
    expect(await store.get(apps.collection, key('taken'))).toMatchObject(elsewhere);
  });

  test('a queue answers its lanes in turn, and of each what is due, longest first', async () => {
    const time = fc.integer({ min: 0, max: 9 });
    const task = fc.record({ lane: fc.constantFrom('a', 'b', 'c', 'd'), due: fc.option(time) });
    const query = fc.record({
      now: time,
      after: fc.constantFrom(null, 'a', 'bb', 'd'),
      limit: fc.integer({ min: 1, max: 5 }),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(task, { maxLength: 20 }), fc.array(query, { minLength: 3 }), async (all, queries) => {
        run += 1;
        const org = `${orgId}_${run}`;
        const docs = all.map(({ lane, due }, index) => ({
          ...{
            ...base(`t_${index}`),
            orgId: org,
            kind: 'sweep',
            targetOrgId: lane,
            targetId: 'x',
            tries: 0,
            jobId: null,
          },
          dueAt: due === null ? null : at(due),
        }));
        if (docs.length > 0) await store.commit(docs.map((doc) => ({ type: 'insert', in: tasks, doc })));
        for (const { now, after, limit } of queries) {
          const due = docs.filter(({ dueAt }) => dueAt !== null && dueAt <= at(now));
          const lanes = [...new Set(due.map(({ targetOrgId }) => targetOrgId))].sort();
          expect(await store.lanes(tasks, { orgId: org, now: at(now), after, limit })).toEqual(
            lanes.filter((lane) => after === null || lane > after).slice(0, limit),
          );
          for (const lane of ['a', 'd', 'e']) {
            const found = await store.due(tasks, { orgId: org, lane, now: at(now), limit });
            const order = (doc: { dueAt: string | null; id: string }) => `${doc.dueAt} ${doc.id}`;
            const wanted = due.filter(({ targetOrgId }) => targetOrgId === lane).map(order);
            expect(found.map(order)).toEqual(wanted.sort().slice(0, limit));
          }
        }
      }),
      { numRuns: engine === 'sqlite' ? 40 : 5 },
    );
  });

  test('whose lane is what they lie in has those of its lane alone, and none below a tombstone', async () => {
    const deliveries = webhookDeliveries.collection;
    const delivery = (webhookId: string) => ({
      ...{ ...base(`of ${webhookId}`), webhookId, eventId: 'evt', eventType: 'role.create', status: 'pending' },
      nextTryAt: at(1),
    });
    const insertDelivery = (id: string): Change => ({ type: 'insert', in: deliveries, doc: delivery(id) as never });
    await store.commit(['one', 'two', 'gone'].map(insertDelivery));
    const dueIn = async (lane: string) =>
      (await store.due(deliveries, { orgId, lane, now: at(9), limit: 9 })).map(({ id }) => id);
    for (const buried of ['another', 'gone']) {
      expect([buried, await dueIn('one'), await dueIn('two')]).toEqual([buried, ['of one'], ['of two']]);
      const mark = { ...base(buried), field: 'webhookId', sweptAt: null } as Tombstone;
      await store.commit([{ type: 'insert', in: tombstones, doc: mark }]);
    }
    expect(await Promise.all(['one', 'two', 'gone'].map(dueIn))).toEqual([['of one'], ['of two'], []]);
  });

  test('a parent removed against children inserted: never an orphan', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = `ws_${round}`;
      await store.commit([insert(workspace(id))]);
      const child = (index: number): Change[] => [
        { type: 'exists', in: workspaces.collection, key: key(id) },
        {
          type: 'insert',
          in: apps.collection,
          doc: { ...base(`app_${round}_${index}`), workspaceId: id, name: `a${index}` } as never,
        },
      ];
      const children = Array.from({ length: 8 }, (_, index) =>
        store.commit(child(index)).then(
          () => true,
          () => false,
        ),
      );
      const [, ...made] = await Promise.all([
        store
          .commit([
            {
              type: 'none',
              in: apps.collection,
              query: { orgId, where: [{ field: 'workspaceId', in: [id] }] },
            },
            { type: 'remove', in: workspaces.collection, key: key(id) },
          ])
          .catch(() => {}),
        ...children,
      ]);
      const left = await read(id);
      const [orphans] = await store.counts(apps.collection, [{ orgId, where: [{ field: 'workspaceId', in: [id] }] }]);
      expect(left === null ? 0 : made.filter(Boolean).length).toBe(orphans);
    }
  });

  if (engine === 'mongodb')
    test('all that was sent for this goes where its org is', () => {
      expect([...strays]).toEqual([null]);
    });
});
