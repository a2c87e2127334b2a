import { expect, test } from 'vitest';
import { createBuckets } from '../src/http/rate-limit.ts';
import { createBackOff } from '../src/process/workers/back-off.ts';
import type { Calls, Channel } from '../src/process/workers/channel.ts';
import { createSharedLimiter, shareOf } from '../src/process/workers/shared-limits.ts';
import { required } from './required.ts';

test('a worker that dies at once again and again waits longer and longer, up to ten seconds; one that has lived does not', () => {
  const waitMs = createBackOff();
  const waits = Array.from({ length: 10 }, () => waitMs(50));
  expect(waits).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  expect([waitMs(60_000), waitMs(50)]).toEqual([0, 100]);
});

/** Workers that ask one parent, as they do over their channels. */
function workers(count: number, perMinute: number) {
  const buckets = createBuckets(() => 0);
  let asked = 0;
  const answer = (call: keyof Calls, told: { tokenId: string; limit: number; count: number }) => {
    if (call === 'giveBack') return buckets.giveBack(told.tokenId, told.limit, told.count);
    asked += 1;
    return buckets.draw(told.tokenId, told.limit, (there) => shareOf(there, count));
  };
  const ask = async (call: keyof Calls, told: unknown) =>
    answer(call, told as { tokenId: string; limit: number; count: number });
  const limiters = Array.from({ length: count }, () => createSharedLimiter(perMinute, { ask } as Channel));
  return { limiters, asked: () => asked };
}

test.each([1, 7, 60, 6_000])(
  'of a limit of %i, one worker alone gives all, and all together give no more',
  async (limit) => {
    const alone = workers(4, limit);
    let allowed = 0;
    const seen: number[] = [];
    while (true) {
      const state = required(await required(alone.limiters[0]).take('t', null));
      if (!state.allowed) break;
      allowed += 1;
      seen.push(state.remaining);
    }
    expect(allowed).toBe(limit);
    expect(seen).toEqual(Array.from({ length: limit }, (_, at) => limit - 1 - at));
    const together = workers(4, limit);
    const states = await Promise.all(
      Array.from({ length: limit * 2 }, (_, at) => required(together.limiters[at % 4]).take('t', null)),
    );
    expect(states.filter((state) => required(state).allowed).length).toBe(limit);
  },
);

test('the parent is asked seldom, and not at all where no limit holds', async () => {
  const { limiters, asked } = workers(2, 6_000);
  for (let at = 0; at < 320; at += 1) await required(limiters[0]).take('t', null);
  expect(asked()).toBe(10);
  expect([await required(limiters[0]).take('t', 0), asked()]).toEqual([null, 10]);
});
