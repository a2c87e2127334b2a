import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { Operations } from '../../src/graphql/operations.ts';
import type { Context } from '../../src/resource/context.ts';

const schema = buildSchema('type Query { thing: Thing } type Thing { a: Int b: Int c: Int d: Int }');

/** Whether asking twice from here on gives the same document. */
async function isRemembered(operations: Operations, query: string): Promise<boolean> {
  const known = await operations.prepare(query);
  return (await operations.prepare(query)) === known;
}

test('a document is remembered from the second time on, what it is refused for too', async () => {
  for (const query of ['{ thing { a } }', '{ nothing }', '{ thing {']) {
    const operations = new Operations(schema);
    const [first, second] = [await operations.prepare(query), await operations.prepare(query)];
    expect(second).not.toBe(first);
    expect(await operations.prepare(query)).toBe(second);
  }
});

test('documents that come once, however many, push out none that came again', async () => {
  const operations = new Operations(schema);
  const query = '{ thing { a b } }';
  for (let times = 0; times < 2; times += 1) await operations.prepare(query);
  const known = await operations.prepare(query);
  for (let at = 0; at < 20_000; at += 1) await operations.prepare(`{ thing { a } } # ${at}`);
  expect(await operations.prepare(query)).toBe(known);
});

test('of documents that all come again as many are remembered as there is room for, the last ones', async () => {
  const operations = new Operations(schema);
  const queries = Array.from({ length: 3_000 }, (_, at) => `{ thing { a } } # ${at} ${'x'.repeat(200)}`);
  for (const query of queries) for (let times = 0; times < 2; times += 1) await operations.prepare(query);
  expect(await isRemembered(operations, queries.at(-1) ?? '')).toBe(true);
  expect(await isRemembered(operations, queries[0] ?? '')).toBe(false);
});

test('nothing is kept for a document that is carried out once', async () => {
  let reads = 0;
  const thing = Object.freeze({
    get a() {
      reads += 1;
      return reads;
    },
    b: 1,
    c: 2,
    d: 3,
  });
  const operations = new Operations(schema);
  const selected = operations.select(await operations.prepare('{ thing { a b c d } }'), null, {});
  if ('errors' in selected) throw selected.errors[0];
  const asked = () => selected.executable.execute({} as Context, {}, { thing });
  const seen = [];
  for (let times = 0; times < 4; times += 1) seen.push((await asked()).data);
  expect(seen.map((data) => (data as { thing: { a: number } }).thing.a)).toEqual([1, 2, 2, 2]);
});
