import fc from 'fast-check';
import { buildSchema, execute, type GraphQLSchema, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { Operations } from '../src/graphql/operations.ts';
import { inPieces } from '../src/http/pieces.ts';
import { apps } from '../src/nouns/apps/model.ts';
import type { Context } from '../src/resource/context.ts';
import { createLoaders } from '../src/resource/loaders.ts';
import type { Store } from '../src/store/store.ts';
import { createPace, inTurns } from '../src/words/pace.ts';
import { describeEngines, startHarness } from './harness.ts';
import { required } from './required.ts';
import { seed } from './seed.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A clock that goes on by so much at each look: time is what is asked for, whatever else the machine does. */
function ticking(ms: number) {
  let clock = 0;
  return () => (clock += ms);
}

/** The answer, and how many turns of the event loop were others' while it was made. */
async function countTurns<T>(work: () => T | Promise<T>): Promise<{ value: T; turns: number }> {
  let turns = 0;
  let isDone = false;
  const others = (async () => {
    for (; !isDone; turns += 1) await turn();
  })();
  const value = await work();
  isDone = true;
  await others;
  return { value, turns };
}

describe('the pace', () => {
  test('who waits goes on in order, as many in a turn as it has time for, at least one', async () => {
    let clock = 0;
    let putOff: (() => void)[] = [];
    const pace = createPace(
      () => clock,
      (work) => void putOff.push(work),
    );
    const nextTurn = async () => {
      const now = putOff;
      putOff = [];
      for (const work of now) work();
      await turn();
    };
    expect(pace.isUp()).toBe(false);
    clock = 10;
    expect(pace.isUp()).toBe(true);
    const done: string[] = [];
    for (const [name, ms] of [
      ['a', 4],
      ['b', 7],
      ['c', 50],
      ['d', 1],
    ] as const)
      void pace.later().then(async () => {
        await Promise.resolve();
        clock += ms;
        done.push(name);
      });
    await turn();
    expect(done).toEqual([]);
    await nextTurn();
    expect(done).toEqual(['a', 'b']);
    expect(pace.isUp()).toBe(true);
    await nextTurn();
    expect(done).toEqual(['a', 'b', 'c']);
    await nextTurn();
    expect(done).toEqual(['a', 'b', 'c', 'd']);
    await nextTurn();
    expect(putOff).toEqual([]);
  });
});

describe('a large answer', () => {
  const rows = 20_000;
  const schema: GraphQLSchema = buildSchema(
    'type Query { rows: [Row!]! some: [Row] few: [Row!] } type Row { at: Int! name: String late: String! bad: String! words: [String!]! }',
  );
  const row = (at: number) => ({
    at: () => at,
    name: `row ${at}`,
    late: async () => 'late',
    bad: () => Promise.reject(new Error(`bad ${at}`)),
    words: ['a', 'b'],
  });
  required(required(schema.getQueryType()).getFields().rows).resolve = () =>
    Array.from({ length: rows }, (_, at) => row(at));
  required(required(schema.getQueryType()).getFields().some).resolve = () =>
    new Set(Array.from({ length: 600 }, (_, at) => row(at)));
  required(required(schema.getQueryType()).getFields().few).resolve = () => [row(1), row(2)];

  const answerOf = async (query: string) => {
    const operations = new Operations(schema, createPace(ticking(4)));
    const selected = operations.select(await operations.prepare(query), null, {});
    if ('errors' in selected) throw required(selected.errors[0]);
    return countTurns(() => operations.run(selected, {} as Context));
  };

  test.each([
    ['values at hand', '{rows{at name}}', 10],
    ['promises', '{rows{at late}}', 10],
    ['lists in lists', '{a:rows{words} b:rows{words}}', 25],
    ['a few rows', '{some{at}}', 0],
    ['errors that end a row', '{some{at bad}}', 0],
    ['an error that ends a list', '{some{words} all:rows{at} few{bad}}', 10],
  ])(
    '%s: what graphql-js answers, with turns for others in between',
    { timeout: 60_000 },
    async (_name, query, least) => {
      const { value, turns } = await answerOf(query);
      expect(JSON.stringify(value)).toBe(
        JSON.stringify(await execute({ schema, document: parse(query), rootValue: {} })),
      );
      expect(turns).toBeGreaterThanOrEqual(least);
    },
  );

  const key = fc.oneof(fc.string(), fc.nat(50).map(String), fc.constantFrom('__proto__', 'toJSON'));
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant(undefined));
  const long = fc.nat(90_000).map((length) => '\u2028"é'.repeat(length / 3));
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ depthSize: 'medium' }, leaf, long, tie('list'), tie('object'), tie('many')),
    list: fc.array(tie('any'), { maxLength: 8 }),
    object: fc.dictionary(key, tie('any'), { maxKeys: 8 }),
    many: fc.tuple(fc.nat(20_000), leaf).map(([length, item]) => Array(length).fill(item)),
  })).any;

  test('its JSON is the same in pieces', () => {
    fc.assert(
      fc.property(value, (any) => {
        const given = { any, date: new Date(0) };
        const pieces = inTurns(inPieces(given), { isUp: () => false, later: async () => {} }) as Buffer[];
        return Buffer.concat(pieces).toString() === JSON.stringify(given);
      }),
      { numRuns: 100 },
    );
  });

  test('its JSON is written in turns, and no longer than it may be', async () => {
    const given = { list: Array(1_000_000).fill('text') };
    const written = await countTurns(() => inTurns(inPieces(given), createPace(ticking(4))));
    expect(written.turns).toBeGreaterThanOrEqual(30);
    expect(Buffer.concat(required(written.value)).length).toBe(JSON.stringify(given).length);
    const bytes = JSON.stringify(given).length;
    const atOnce = { isUp: () => false, later: async () => {} };
    expect(inTurns(inPieces(given, bytes), atOnce)).not.toBeNull();
    expect(inTurns(inPieces(given, bytes - 1), atOnce)).toBeNull();
  });
});

test('a long document is read and validated in turns', async () => {
  const schema = buildSchema('type Query { a: Int }');
  const operations = new Operations(schema, createPace(ticking(11)));
  const long = `{${Array.from({ length: 1_900 }, (_, at) => (at % 99 ? 'a' : 'a @include(if:true)')).join(' ')}}`;
  const errors = async (query: string) => (await operations.prepare(query)).errors.map(({ message }) => message);
  const { turns } = await countTurns(() => errors(`${long} #${' '.repeat(5_000)}`));
  expect(turns).toBeGreaterThanOrEqual(3);
  const valid = await countTurns(() => errors(`{a} #${' '.repeat(5_000)}`));
  expect(valid).toMatchObject({ value: [] });
  expect(valid.turns).toBeGreaterThanOrEqual(7);
});

test('thousands of rows are read in turns, a few at once', async () => {
  const doc = { id: 'app_1', orgId: 'org_1' };
  const store = { engine: 'sqlite', pages: () => [{ docs: [doc], more: false }] } as unknown as Store;
  const read = (pages: number) => {
    const loaders = createLoaders(store, doc, createPace(ticking(4)));
    const page = (at: number) =>
      loaders.page(apps.collection, { orgId: 'org_1', order: 'asc', limit: 50, after: { createdAt: '', id: `${at}` } });
    return countTurns(() => Promise.all(Array.from({ length: pages }, (_, at) => page(at))));
  };
  const few = await read(4);
  expect([few.value.length, few.turns]).toEqual([4, 1]);
  const many = await read(200);
  expect(many.value.map(({ docs }) => docs[0])).toEqual(Array(200).fill(doc));
  expect(many.turns).toBeGreaterThanOrEqual(35);
});

describeEngines('what is large', (engine) => {
  test('comes whole, by both doors', { timeout: 120_000 }, async () => {
    const harness = await startHarness(engine);
    const tenant = await harness.org();
    const { workspace, workspaceId } = await seed(tenant);
    const description = '"é\n'.repeat(10_000);
    for (let at = 0; at < 30; at += 1)
      await tenant.rest('POST', `${workspace}/apps`, { name: `app ${at}`, description });
    const list = await tenant.rest('GET', `${workspace}/apps?limit=200`);
    expect([list.status, Number(list.headers.get('content-length'))]).toEqual([200, Buffer.byteLength(list.text)]);
    const apps = list.body.apps as { description: string | null }[];
    expect(apps.filter((app) => app.description === description)).toHaveLength(30);
    const head = await fetch(`${harness.url}${workspace}/apps?limit=200`, {
      method: 'HEAD',
      headers: { Authorization: `Bearer ${tenant.token}` },
    });
    expect(head.headers.get('content-length')).toBe(list.headers.get('content-length'));
    const aliases = Array.from({ length: 20 }, (_, at) => `a${at}:description`).join(' ');
    const graph = await tenant.graphql(`{workspace(workspaceId:"${workspaceId}"){apps(first:200){nodes{${aliases}}}}}`);
    const nodes = graph.body.data.workspace.apps.nodes as Record<string, string>[];
    expect(nodes.flatMap((node) => Object.values(node)).filter((text) => text === description)).toHaveLength(600);
    const refused = await tenant.rest(
      'POST',
      `${workspace}/apps`,
      Object.fromEntries(Array.from({ length: 30_000 }, (_, at) => [`k${at}`, 'x'])),
    );
    expect([refused.status, refused.body.detail.length]).toEqual([422, 1_000]);
    await harness.close();
  });

  test('a document has so many operations and fragments at most', async () => {
    const harness = await startHarness(engine);
    const tenant = await harness.org();
    const operations = (count: number) =>
      Array.from({ length: count }, (_, at) => `query Q${at}{__typename}`).join(' ');
    const ask = async (query: string) =>
      (await fetch(`${harness.url}/graphql`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${tenant.token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ query, operationName: 'Q0' }),
      }).then((response) => response.json())) as {
        data?: unknown;
        errors?: { message: string; extensions: { code: string } }[];
      };
    expect(await ask(operations(100))).toEqual({ data: { __typename: 'Query' } });
    expect(await ask(operations(101))).toMatchObject({
      errors: [
        {
          message: 'The document exceeds a limit: operations 101, at most 100.',
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
        },
      ],
    });
    await harness.close();
  });
});
