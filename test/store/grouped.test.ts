import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { apps } from '../../src/nouns/apps/model.ts';
import { logicalModels } from '../../src/nouns/logical-models/model.ts';
import { workspaces } from '../../src/nouns/workspaces/model.ts';
import { bump, generations } from '../../src/resource/generation.ts';
import { apply } from '../../src/store/rule.ts';
import { checkSqlite } from '../../src/store/sqlite/check.ts';
import type { AnyCollection, Doc } from '../../src/store/store.ts';
import { type Opened, openEngine } from '../harness.ts';
import { attempt, burial, everything, step } from './random-commits.ts';

/** Commits that are sent together. */
const groupOf = (commitMax: number) =>
  fc.array(
    fc.array(fc.oneof({ weight: 8, arbitrary: step }, { weight: 1, arbitrary: burial }), {
      minLength: 1,
      maxLength: commitMax,
    }),
    { maxLength: 60, size: 'max' },
  );

/** A group holds back what several of its members change; none of them, and no query of theirs, may tell. */
let together: Opened;
let apart: Opened;
const clock = () => '2026-01-01T00:00:00.000Z';
beforeAll(async () => {
  [together, apart] = await Promise.all([openEngine('sqlite', clock), openEngine('sqlite', clock)]);
});
afterAll(() => Promise.all([together.close(), apart.close()]));

test('commits that share a transaction leave and answer what they do one after the other', async () => {
  // One that is refused after it has written undoes its group, which is made apart then: half of the runs have none.
  const commits = fc.constantFrom(1, 2).chain(groupOf);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(commits, async (some) => {
      run += 1;
      const orgId = `o${run}`;
      // Each changes one and the same document besides.
      const changes = some.map((steps) => [
        ...steps.map((make) => make(orgId)),
        apply(bump, { orgId, id: 'all' }, null),
      ]);
      const answers = await Promise.all(changes.map((one) => attempt(together.store, one)));
      for (const [at, one] of changes.entries()) expect(answers[at]).toEqual(await attempt(apart.store, one));
      expect(await everything(together.store, orgId)).toEqual(await everything(apart.store, orgId));
    }),
    { numRuns: 200 },
  );
  const { faults } = checkSqlite(together.place, collections);
  // The parents that these documents name were never made.
  expect(faults.filter(({ what }) => !what.includes('there is no'))).toEqual([]);
});

test('what is in memory after a group is what is stored', async () => {
  const groups = fc
    .constantFrom(1, 2)
    .chain((commitMax) => fc.array(groupOf(commitMax), { minLength: 2, maxLength: 4 }));
  let run = 0;
  await fc.assert(
    fc.asyncProperty(groups, async (some) => {
      run += 1;
      const orgId = `memory${run}`;
      for (const group of some) {
        // So that all of it is in memory before.
        await everything(together.store, orgId);
        await Promise.all(
          group.map((steps) =>
            attempt(
              together.store,
              steps.map((make) => make(orgId)),
            ),
          ),
        );
        for (const from of [workspaces.collection, apps.collection, logicalModels.collection, generations]) {
          const stored = await together.store.page<Doc>(from as AnyCollection, { orgId, order: 'asc', limit: 100 });
          const rows = (await together.store.scan<Doc>(from as AnyCollection, null, 100_000)).filter(
            (doc) => doc.orgId === orgId,
          );
          for (const doc of stored.docs) expect(doc).toEqual(rows.find(({ id }) => id === doc.id));
          for (const id of ['a', 'b', 'c', 'g', 'w1', 'w2']) {
            const known = stored.docs.find((doc) => doc.id === id) ?? null;
            expect(await together.store.get<Doc>(from as AnyCollection, { orgId, id })).toEqual(known);
          }
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('however often a group changes a document, what refers to what and the totals are as its last state says', async () => {
  const id = fc.constantFrom('a', 'b', 'c');
  const model = fc.record({ fallback: fc.option(id), category: fc.constantFrom('chat', 'embedding') });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(model, fc.array(model, { minLength: 2, maxLength: 6 }), async (first, later) => {
      run += 1;
      const orgId = `changed${run}`;
      const base = {
        id: 'm',
        orgId,
        createdAt: 't',
        updatedAt: 't',
        createdBy: null,
        name: 'm',
        enabled: true,
        targets: [],
      };
      const doc = (version: number, fields: object) => ({ ...base, version, ...fields }) as Doc;
      const into = logicalModels.collection;
      await together.store.commit([{ type: 'insert', in: into, doc: doc(1, first) }]);
      await Promise.all(
        later.map((fields, at) =>
          together.store.commit([{ type: 'put', in: into, doc: doc(at + 2, fields), expected: at + 1 }]),
        ),
      );
      const last = later.at(-1);
      for (const to of ['a', 'b', 'c']) {
        const { docs } = await together.store.page(into, { orgId, ref: `model:${to}`, order: 'asc', limit: 9 });
        expect([to, docs.length]).toEqual([to, last?.fallback === to ? 1 : 0]);
      }
    }),
    { numRuns: 50 },
  );
  const { faults } = checkSqlite(together.place, collections);
  expect(faults.filter(({ orgId, what }) => orgId?.startsWith('changed') && !what.includes('there is no'))).toEqual([]);
});
