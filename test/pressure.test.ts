import { expect, test } from 'vitest';
import { createPressure } from '../src/http/pressure.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Turns of the event loop in which requests come, each of which takes its milliseconds; answers how many are refused. */
async function play(turns: number, requests: number, eachMs: number, restMs = 0): Promise<number[]> {
  let clock = 0;
  const pressure = createPressure(() => clock);
  const refused: number[] = [];
  for (let at = 0; at < turns; at += 1) {
    let count = 0;
    for (let request = 0; request < requests; request += 1) {
      const entered = pressure.enter();
      if (entered.refused) count += 1;
      else clock += eachMs;
      pressure.leave();
    }
    refused.push(count);
    await turn();
    clock += restMs;
  }
  return refused;
}

test('a burst is served, however large', async () => {
  expect(await play(1, 400, 1)).toEqual([0]);
  expect(await play(4, 200, 1, 1_000)).toEqual([0, 0, 0, 0]);
});

test('short turns are never refused', async () => {
  expect(await play(100, 90, 1)).toEqual(Array.from({ length: 100 }, () => 0));
});

test('once turns are long for half a second, each serves a tenth of a second’s worth and refuses the rest', async () => {
  const refused = await play(20, 200, 1);
  expect(refused.slice(0, 2)).toEqual([0, 0]);
  expect(refused.slice(-5)).toEqual([99, 99, 99, 99, 99]);
});

test('too many that wait for the store at once are refused', () => {
  const pressure = createPressure(() => 0);
  const refused = Array.from({ length: 1_030 }, () => pressure.enter().refused);
  expect(refused.filter(Boolean)).toHaveLength(6);
});
