import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { GraphQLError } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inPlace } from '../../src/graphql/execution/in-place.ts';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { recorded } from '../recorded.ts';
import { type Seeded, seed } from '../seed.ts';

let harness: Harness;
let tenant: Tenant;
let seeded: Seeded;
beforeAll(async () => {
  harness = await startHarness();
  tenant = await harness.org();
  seeded = await seed(tenant);
  for (const name of ['B', 'C']) await tenant.rest('POST', `${seeded.workspace}/apps`, { name });
});
afterAll(() => harness.close());

/** Fields that fail beside fields that do not, at once and after one read or several. */
const FIELDS = [
  'node(id: "x") { id }',
  'viewer { orgId organization { apps: workspaces(first: 0) { totalCount } name } }',
  'app(appId: "none") { id }',
  'namespaces(workspaceId: "none", appId: "none") { totalCount }',
  'apps(workspaceId: "none") { totalCount }',
  'logicalModels(after: "x") { totalCount }',
  'decision(decisionId: "none") { id }',
  'modelEntitlement(workspaceId: "none", logicalModelId: "none") { id }',
  'decisionExplanation(decisionId: "none") { admitted }',
  'events(after: "none") { totalCount }',
];
const deep = (workspaceId: string) => `workspace(workspaceId: "${workspaceId}") {
  apps { nodes { name wrong: namespaces(first: 201) { totalCount } right: namespaces { totalCount nodes { threads(last: 0) { totalCount } } } } }
  environments(before: "x") { totalCount }
}`;

test('errors come in the order of their places, whichever read is answered first', async () => {
  const fields = [...FIELDS, deep(seeded.workspaceId)];
  const { store } = harness.deps;
  const order = fc.shuffledSubarray(fields, { minLength: 2 });
  const pauses = fc.array(fc.nat(4), { minLength: 8, maxLength: 60 });
  try {
    await fc.assert(
      fc.asyncProperty(order, fc.array(pauses, { minLength: 2, maxLength: 3 }), async (chosen, runs) => {
        const query = `{ ${chosen.map((field, at) => `f${at}: ${field}`).join('\n')} }`;
        // The embedded engine answers at once: one field after the other.
        harness.deps.store = store;
        const { text: expected } = await tenant.graphql(query);
        for (const turns of runs) {
          let at = 0;
          const pause = async () => {
            for (let left = turns[at++ % turns.length] ?? 0; left > 0; left -= 1) await nextTurn();
          };
          harness.deps.store = recorded(store, pause).store;
          expect((await tenant.graphql(query)).text).toBe(expected);
        }
      }),
      { numRuns: 60 },
    );
  } finally {
    harness.deps.store = store;
  }
});

type Path = (string | number)[];

function nullsOf(data: unknown, path: Path = []): Path[] {
  if (data === null) return [path];
  if (typeof data !== 'object') return [];
  const keys: Path = Array.isArray(data) ? [...data.keys()] : Object.keys(data);
  return keys.flatMap((key) => nullsOf((data as Record<string | number, unknown>)[key], [...path, key]));
}

test('every null of an answer has its place, in lists of any length too', () => {
  const { answer } = fc.letrec((tie) => ({
    answer: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, null, 1),
      fc.array(tie('answer'), { maxLength: 14 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('answer')),
    ),
  }));
  const shuffled = fc
    .record({ data: answer, weights: fc.array(fc.nat(), { minLength: 1, maxLength: 20 }) })
    .map(({ data, weights }) => ({ data, weights, paths: nullsOf(data) }));
  fc.assert(
    fc.property(shuffled, ({ data, weights, paths }) => {
      const errors = paths.map((path) => new GraphQLError('x', { path }));
      const weight = (at: number) => weights[at % weights.length] ?? 0;
      const came = errors
        .map((error, at) => ({ error, at }))
        .sort((a, b) => weight(a.at) - weight(b.at))
        .map(({ error }) => error);
      expect(inPlace(came, data).map(({ path }) => path)).toEqual(paths);
    }),
  );
});
