import { expect, test } from 'vitest';
import { BackOff } from '../../src/store/mongodb/back-off.ts';

test('whoever loses a conflict comes back after as long as some commits take here, later the more often it has lost', () => {
  const backOff = new BackOff();
  const longest = (lost: number) => backOff.pauseMs(lost, 1);
  for (const ms of [4, 20]) {
    for (let commits = 0; commits < 100; commits += 1) backOff.took(ms);
    const pauses = [1, 2, 3, 4, 9].map(longest);
    expect(pauses.map((pause) => Math.round(pause / ms))).toEqual([3, 6, 12, 12, 12]);
  }
  // Nobody comes back together with all others.
  expect(backOff.pauseMs(1, 0)).toBe(0);
  for (let commits = 0; commits < 100; commits += 1) backOff.took(5_000);
  expect(longest(1)).toBe(250);
});
