import { afterEach, expect, test, vi } from 'vitest';
import { inTime } from '../../src/worker/http.ts';

afterEach(() => void vi.restoreAllMocks());

test('whoever rests asks no timer for a time that is past, whenever the clock moves on', async () => {
  const warnings: Error[] = [];
  const hear = (warning: Error) => void warnings.push(warning);
  process.on('warning', hear);
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 3;
    return now;
  });
  for (let restMs = 1; restMs <= 12; restMs += 1) {
    const pace = { until: now + restMs, failures: 1, why: 'busy' };
    expect(await inTime(pace, new AbortController().signal)).toBe(true);
  }
  // A warning is told in a later turn.
  await new Promise(setImmediate);
  process.off('warning', hear);
  expect(warnings).toEqual([]);
});
