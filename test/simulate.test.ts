import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { scenarioSchema } from '../src/routing/scenario.ts';
import { simulate } from '../src/routing/simulate.ts';

/** Outages in virtual time, by the plan and the rules of production. */

const DOWN = {
  name: 'down',
  seconds: 90,
  requests_per_second: 10,
  trouble: [{ from: 20, until: 50, error_percent: 100, latency_ms: 50 }],
};
const play = (fields: object) => simulate(scenarioSchema.parse({ ...DOWN, ...fields }));

describe('a simulated outage', () => {
  test.each([
    ['a name that means nothing', { second: 90 }],
    ['one in its trouble', { trouble: [{ from: 20, untill: 50 }] }],
    ['a setting that no policy has', { circuit_breaker: { consecutive_failure: 3 } }],
    ['a setting that no policy takes', { circuit_breaker: { cooldown_seconds: 0 } }],
    ['a negative latency', { latency_ms: -1 }],
  ])('is refused for %s, not played without it', (_name, fields) => {
    expect(scenarioSchema.safeParse({ ...DOWN, ...fields }).success).toBe(false);
  });

  test('callers retry elsewhere, so a pool loses nothing, and the breaker spares them the attempts', () => {
    const { withBreaker, without } = play({ targets: 3 });
    expect([withBreaker.succeeded, without.succeeded]).toEqual([withBreaker.requests, without.requests]);
    expect(withBreaker.wasted).toBeLessThan(without.wasted / 5);
  });

  test('a single target with a fallback is left within two seconds and taken up again within its cooldown', () => {
    const { withBreaker } = play({ fallback: true });
    expect(withBreaker.succeeded).toBe(withBreaker.requests);
    expect(withBreaker.detectedSeconds).toBeLessThan(2);
    expect(withBreaker.recoveredSeconds).toBeLessThanOrEqual(30 + 2);
    expect(withBreaker.timeline.map(({ state }) => state).slice(0, 2)).toEqual(['open', 'half_open']);
  });

  test('calls that hang are seen long before their callers give them up', () => {
    const trouble = [{ from: 20, until: 80, error_percent: 100, latency_ms: 30_000 }];
    const { withBreaker, without } = play({ targets: 3, trouble, circuit_breaker: { evaluation_window_seconds: 10 } });
    expect(withBreaker.detectedSeconds).toBeLessThan(20);
    expect(without.detectedSeconds).toBeNull();
    expect(withBreaker.wasted).toBeLessThan(without.wasted);
  });

  test('without trouble nothing is lost, wasted or opened, and the same scenario always plays the same', () => {
    const calm = { trouble: [{ from: 20, until: 21 }], seconds: 60, targets: 2 };
    const { withBreaker, without } = play(calm);
    expect(withBreaker).toEqual({ ...without, p95Ms: 800 });
    expect([withBreaker.succeeded, withBreaker.wasted, withBreaker.timeline]).toEqual([600, 0, []]);
    expect(play({ seconds: 40 })).toEqual(play({ seconds: 40 }));
  });

  test('every scenario that ships is of 20 requests a second for 300 s, with trouble from the 60th', () => {
    const folder = join(import.meta.dirname, '../simulations');
    for (const file of readdirSync(folder)) {
      const scenario = scenarioSchema.parse(parse(readFileSync(join(folder, file), 'utf8')));
      expect([scenario.requests_per_second, scenario.seconds, scenario.trouble[0]?.from], file).toEqual([20, 300, 60]);
    }
  });
});
