import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { inTurns, type Turns } from '../src/console/app/graph/in-turns.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What a view asks of a graph that takes 100 ms for an answer. */
function asked(): { turns: Turns; begun: number[] } {
  const start = performance.now();
  const begun: number[] = [];
  let underWay = 0;
  const turns = inTurns(async () => {
    begun.push(performance.now() - start);
    underWay += 1;
    expect(underWay).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    underWay -= 1;
  });
  return { turns, begun };
}

test('what events wish is asked once for all of them, after a rest of nine answers', async () => {
  const { turns, begun } = asked();
  turns.now();
  for (let at = 0; at < 29; at += 1) {
    await vi.advanceTimersByTimeAsync(100);
    turns.soon();
  }
  await vi.advanceTimersByTimeAsync(5_000);
  expect(begun).toEqual([0, 1_000, 2_000, 3_000]);
});

test('what a person wishes is asked at once, behind the answer that is under way', async () => {
  const { turns, begun } = asked();
  turns.now();
  await vi.advanceTimersByTimeAsync(50);
  turns.soon();
  turns.now();
  turns.soon();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(begun).toEqual([0, 100]);
});

test('nothing is asked once it has ended', async () => {
  const { turns, begun } = asked();
  turns.now();
  await vi.advanceTimersByTimeAsync(50);
  turns.now();
  turns.end();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(begun).toEqual([0]);
});
