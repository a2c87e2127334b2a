import { expect, test } from 'vitest';
import { createTurns } from '../src/words/turns.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what fits goes at once; the rest waits in order for later turns of the event loop', async () => {
  const turns = createTurns();
  const done: string[] = [];
  expect([turns.take(200), turns.take(200)]).toEqual([null, null]);
  for (const name of ['a', 'b', 'c']) void turns.take(200)?.then(() => done.push(name));
  await Promise.resolve();
  expect(done).toEqual([]);
  await turn();
  expect(done).toEqual(['a', 'b']);
  await turn();
  expect(done).toEqual(['a', 'b', 'c']);
  await turn();
  expect(turns.take(10_000)).toBeNull();
});

test('others are served between the turns of one that asks for thousands of rows', async () => {
  const turns = createTurns();
  let served = 0;
  let reading = true;
  const other = (async () => {
    while (reading) {
      await turn();
      served += 1;
    }
  })();
  await Promise.all(Array.from({ length: 200 }, () => turns.take(51)));
  reading = false;
  await other;
  expect(served).toBeGreaterThanOrEqual(35);
});
