import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apps } from '../../src/nouns/apps/model.ts';
import { complete } from '../../src/store/complete.ts';
import { type AnyCollection, type Doc, tombstones } from '../../src/store/store.ts';
import { describeEngines, type Opened, openEngine } from '../harness.ts';
import { required } from '../required.ts';
import { pageOf, pairs } from './churn.ts';
import type { Asked, Told } from './neighbour.ts';

/** Whoever writes, and whoever has read before: no read is older than the last commit acknowledged before it. */
describeEngines('two processes on one store', (engine) => {
  let opened: Opened;
  let children: ChildProcess[];
  beforeAll(async () => {
    opened = await openEngine(engine);
    children = [0, 1].map(() => fork(fileURLToPath(new URL('./neighbour.ts', import.meta.url)), [opened.place]));
    await Promise.all(children.map(heard));
  });
  afterAll(async () => {
    for (const child of children) child.disconnect();
    await opened.close();
  });

  const heard = (child: ChildProcess) =>
    new Promise<unknown>((resolve, reject) => {
      child.once('message', ({ value, error }: { value?: unknown; error?: string }) =>
        error === undefined ? resolve(value) : reject(new Error(error)),
      );
    });
  const tell = (who: number, told: Told) => {
    const answer = heard(required(children[who]));
    required(children[who]).send(told);
    return answer;
  };

  const who = fc.constantFrom(0, 1);
  const place = fc.constantFrom('w1', 'w2');
  const app = fc.constantFrom('a', 'b', 'c', 'd');
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ who, do: fc.constant('read' as const) }) },
    { weight: 3, arbitrary: fc.record({ who, do: fc.constant('write' as const), app, place }) },
    { weight: 2, arbitrary: fc.record({ who, do: fc.constant('remove' as const), app }) },
    { weight: 2, arbitrary: fc.record({ who, do: fc.constant('bury' as const), place }) },
    { weight: 1, arbitrary: fc.record({ who, do: fc.constant('sweep' as const), place }) },
    { weight: 2, arbitrary: fc.record({ who, do: fc.constant('refused' as const), app, place }) },
  );

  const compare = async (who: number, reads: readonly [Asked, unknown][]) => {
    for (const [asked, expected] of reads)
      for (const told of [{ asked }, { kept: asked }]) expect([told, await tell(who, told)]).toEqual([told, expected]);
  };

  let run = 0;
  test('each reads what either has written, removed, buried and swept', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        run += 1;
        const world = createWorld(`org_${run}`);
        for (const one of steps) {
          if (one.do === 'refused') {
            const commits = [world.refused(one), world.allThere()];
            expect(await tell(one.who, { commits } as Told)).toEqual(['refused', 'done']);
            continue;
          }
          if (one.do !== 'read') {
            const commit = world.change(one);
            if (commit.length > 0) expect(await tell(one.who, { commits: [commit] } as Told)).toEqual(['done']);
            continue;
          }
          await compare(one.who, world.reads());
        }
        for (const reader of [0, 1]) await compare(reader, world.reads());
      }),
      { numRuns: engine === 'sqlite' ? 60 : 8 },
    );
  });

  test('at the same time, they see no document go back, and no page of two instants', async () => {
    const orgId = 'org_pairs';
    await opened.store.commit(pairs(orgId));
    const rounds = engine === 'sqlite' ? 1_000 : 60;
    const torn = await Promise.all([0, 1].map((at) => tell(at, { churn: { orgId, seed: 7 + at, rounds } })));
    expect(torn).toEqual([[], []]);
    const { docs } = await opened.store.page(apps.collection, pageOf(orgId));
    expect(docs.some(({ version }) => version > 1)).toBe(true);
    for (const at of [0, 1])
      expect(await tell(at, { asked: { read: 'page', in: 'apps', args: [pageOf(orgId)] } })).toEqual({
        docs,
        more: false,
      });
  });
});

type Changing =
  | { do: 'write'; app: string; place: string }
  | { do: 'remove'; app: string }
  | { do: 'bury'; place: string }
  | { do: 'sweep'; place: string };

/** What must be there after each commit: documents by their ids, and tombstones over the workspaces. */
function createWorld(orgId: string) {
  const stored = new Map<string, Doc & { name: string; workspaceId: string }>();
  const buried = new Set<string>();
  let count = 0;
  const base = (id: string) => ({ id, orgId, version: 1, createdAt: id, updatedAt: id, createdBy: null });
  const alive = () =>
    [...stored.values()].filter(({ workspaceId }) => !buried.has(workspaceId)).sort((a, b) => (a.id < b.id ? -1 : 1));
  const isThere = (id: string) => ({ type: 'exists', in: 'apps', key: { orgId, id } });
  const allThere = () => alive().map(({ id }) => isThere(id));
  /** Writes, reads what it has written, and is undone. */
  const refused = ({ app, place }: { app: string; place: string }): object[] => {
    const before = stored.get(app);
    if (before && buried.has(before.workspaceId)) return [isThere(app)];
    const doc = { ...(before ?? base(app)), name: `undone ${app}`, workspaceId: place };
    const write = before
      ? { type: 'put', in: 'apps', doc: { ...doc, version: before.version + 1 }, expected: before.version }
      : { type: 'insert', in: 'apps', doc };
    const bury = [
      buried.has('w1')
        ? { type: 'remove', in: tombstones.name, key: { orgId, id: 'w1' } }
        : { type: 'insert', in: tombstones.name, doc: { ...base('w1'), field: 'workspaceId', sweptAt: null } },
    ];
    return [write, isThere(app), ...bury, ...allThere(), isThere('nowhere')];
  };
  const change = (one: Changing): object[] => {
    if (one.do === 'sweep') {
      for (const { id, workspaceId } of [...stored.values()])
        if (buried.has(one.place) && workspaceId === one.place) stored.delete(id);
      return buried.has(one.place)
        ? [{ type: 'sweep', in: 'apps', orgId, field: 'workspaceId', value: one.place, limit: 100 }]
        : [];
    }
    if (one.do === 'bury') {
      const key = { orgId, id: one.place };
      if (buried.delete(one.place)) return [{ type: 'remove', in: tombstones.name, key }];
      buried.add(one.place);
      const doc = { ...base(one.place), field: 'workspaceId', sweptAt: null };
      return [{ type: 'insert', in: tombstones.name, doc }];
    }
    const before = stored.get(one.app);
    if (before && buried.has(before.workspaceId)) return [];
    if (one.do === 'remove') {
      if (!stored.delete(one.app)) return [];
      return [{ type: 'remove', in: 'apps', key: { orgId, id: one.app } }];
    }
    // A document below a tombstone is written by nobody.
    if (buried.has(one.place)) return [];
    count += 1;
    const version = (before?.version ?? 0) + 1;
    const doc = complete(
      apps.collection as AnyCollection,
      {
        ...base(one.app),
        ...{ version, name: `name ${count}`, workspaceId: one.place },
      } as Doc,
    ) as Doc & { name: string; workspaceId: string };
    stored.set(one.app, doc);
    return [before ? { type: 'put', in: 'apps', doc, expected: before.version } : { type: 'insert', in: 'apps', doc }];
  };
  const reads = (): [Asked, unknown][] => {
    const docs = alive();
    const find = (id: string) => docs.find((doc) => doc.id === id) ?? null;
    const keys = ['d', 'c', 'b', 'a', 'x'].map((id) => ({ orgId, id }));
    const of = (place: string) => docs.filter(({ workspaceId }) => workspaceId === place);
    const query = (place: string) => ({ orgId, where: [{ field: 'workspaceId', in: [place] }] });
    const page = (place: string) => ({ ...query(place), order: 'desc', limit: 2 });
    const told = (place: string) => ({ docs: of(place).toReversed().slice(0, 2), more: of(place).length > 2 });
    const [first] = docs;
    return [
      [
        { read: 'page', in: 'apps', args: [{ orgId, order: 'asc', limit: 9 }] },
        { docs, more: false },
      ],
      [{ read: 'pages', in: 'apps', args: [[page('w1'), page('w2')]] }, [told('w1'), told('w2')]],
      [{ read: 'getMany', in: 'apps', args: [keys] }, keys.map(({ id }) => find(id))],
      ...['a', 'b'].map((id): [Asked, unknown] => [{ read: 'get', in: 'apps', args: [{ orgId, id }] }, find(id)]),
      [{ read: 'counts', in: 'apps', args: [[{ orgId, where: [{ field: 'createdAt', from: 'a' }] }]] }, [docs.length]],
      ...(first
        ? [
            [
              { read: 'getUnique', in: 'apps', args: [orgId, `${first.workspaceId}\u0001${first.name}`] },
              first,
            ] satisfies [Asked, unknown],
          ]
        : []),
    ];
  };
  return { change, refused, allThere, reads };
}
