import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reserve, settle } from '../src/decisions/limits.ts';
import type { Meter, TargetBreaker } from '../src/decisions/state.ts';
import { admit, admits, at, record } from '../src/router-policies/breaker.ts';
import { allMatches, buildIndex, matchesInOrder } from '../src/router-policies/match-index.ts';
import { compareRank, compile, firstFailing, readContext } from '../src/router-policies/matching.ts';
import {
  BREAKER_DEFAULTS,
  type CircuitBreaker,
  MATCH_DEFAULTS,
  type RouterPolicy,
} from '../src/router-policies/model.ts';
import { scenarioSchema, simulate } from '../src/router-policies/simulate.ts';

/** The breaker as one would tell it: a list of everything that happened, read from the start each time. */
class PlainBreaker {
  state: 'closed' | 'open' | 'half_open' = 'closed';
  results: { bucket: number; success: boolean; slow: boolean }[] = [];
  inRow = 0;
  openUntil = 0;
  rest = 0;
  probes = new Map<string, number>();
  successes = 0;
  era = 0;
  readonly settings: CircuitBreaker;
  constructor(settings: CircuitBreaker) {
    this.settings = settings;
  }
  tick(now: number) {
    if (this.state === 'open' && now >= this.openUntil) this.enter('half_open');
    for (const [id, ends] of this.probes) if (ends <= now) this.probes.delete(id);
  }
  enter(state: PlainBreaker['state'], now = 0) {
    this.state = state;
    this.era += 1;
    this.results = [];
    this.inRow = 0;
    this.probes.clear();
    this.successes = 0;
    if (state === 'open') this.openUntil = Math.max(now + this.settings.cooldownSeconds * 1000, this.rest);
  }
  admits(now: number) {
    this.tick(now);
    return (
      this.rest <= now &&
      (this.state === 'closed' || (this.state === 'half_open' && this.probes.size < this.settings.halfOpenRequests))
    );
  }
  admit(id: string, now: number) {
    this.tick(now);
    if (this.state === 'half_open') this.probes.set(id, now + Math.max(60_000, this.settings.cooldownSeconds * 1000));
    return this.era;
  }
  report(id: string, era: number, success: boolean | null, latency: number, retryAfter: number | null, now: number) {
    this.tick(now);
    if (era !== this.era) return;
    if (retryAfter !== null) this.rest = Math.max(this.rest, now + retryAfter);
    if (this.state === 'half_open') {
      this.probes.delete(id);
      if (success === false) this.enter('open', now);
      else if (success && ++this.successes === this.settings.halfOpenRequests) this.enter('closed');
      return;
    }
    if (this.state === 'open' || success === null) return;
    const width = this.settings.evaluationWindowSeconds * 100;
    const slow = this.settings.latencyThresholdMs !== null && latency > this.settings.latencyThresholdMs;
    this.results.push({ bucket: Math.floor(now / width), success, slow });
    this.inRow = success ? 0 : this.inRow + 1;
    const window = this.results.filter(({ bucket }) => bucket > Math.floor(now / width) - 10);
    const share = (count: number) =>
      count > 0 && (count / window.length) * 100 >= this.settings.errorThresholdPercent - 1e-9;
    const enough = window.length >= this.settings.minRequestsThreshold;
    if (
      this.inRow >= this.settings.consecutiveFailures ||
      (enough && (share(window.filter((one) => !one.success).length) || share(window.filter((one) => one.slow).length)))
    )
      this.enter('open', now);
  }
}

describe('the breaker', () => {
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 8_000 }),
    act: fc.constantFrom('ask', 'ok', 'fail', 'caller', 'slow', '429'),
    pick: fc.nat(5),
  });
  const settingsArb = fc.record({
    consecutiveFailures: fc.integer({ min: 1, max: 6 }),
    cooldownSeconds: fc.integer({ min: 1, max: 90 }),
    halfOpenRequests: fc.integer({ min: 1, max: 3 }),
    minRequestsThreshold: fc.integer({ min: 1, max: 6 }),
    evaluationWindowSeconds: fc.integer({ min: 1, max: 60 }),
    errorThresholdPercent: fc.integer({ min: 0, max: 100 }),
  });

  test('does what a plain telling of its rules does, over random histories', () => {
    fc.assert(
      fc.property(settingsArb, fc.array(step, { maxLength: 120 }), (partial, steps) => {
        const settings = { ...BREAKER_DEFAULTS, ...partial };
        const plain = new PlainBreaker(settings);
        let target: TargetBreaker | undefined;
        let now = 1_000_000;
        const open: { id: string; generation: number; era: number }[] = [];
        for (const [index, { wait, act, pick }] of steps.entries()) {
          now += wait;
          expect(admits(target, settings, now)).toBe(plain.admits(now));
          if (act === 'ask') {
            if (!admits(target, settings, now)) continue;
            target = admit(target, settings, String(index), now);
            open.push({
              id: String(index),
              generation: at(target, now).generation,
              era: plain.admit(String(index), now),
            });
          } else if (open.length > 0) {
            const [one] = open.splice(pick % open.length, 1) as [(typeof open)[0]];
            const success = act === 'caller' ? null : act === 'ok' || act === 'slow';
            const latencyMs = act === 'slow' ? 9_000 : 10;
            const retryAfterMs = act === '429' ? 15_000 : null;
            target = record(
              target,
              settings,
              { decisionId: one.id, generation: one.generation, success, latencyMs, retryAfterMs },
              now,
            );
            plain.report(one.id, one.era, success, latencyMs, retryAfterMs, now);
          }
          expect(at(target, now).state).toBe(plain.state);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('in a simulated outage a pool loses next to nothing, and the same scenario always plays the same', () => {
    const scenario = scenarioSchema.parse({
      name: 'x',
      targets: 3,
      trouble: [{ from: 60, until: 120, error_percent: 100, latency_ms: 50 }],
    });
    const one = simulate(scenario);
    expect(simulate(scenario)).toEqual(one);
    expect(one.failed).toBeLessThan(one.failedWithoutBreaker / 10);
    expect(one.timeline.map(({ state }) => state).slice(0, 2)).toEqual(['open', 'half_open']);
  });
});

describe('matching', () => {
  const word = fc.constantFrom('a', 'b', 'c');
  const maybe = fc.option(word);
  const pairs = fc.dictionary(fc.constantFrom('x', 'y'), word, { maxKeys: 2 });
  const policyArb = fc.record({
    priority: fc.integer({ min: -1, max: 1 }),
    match: fc.record({
      endpointType: maybe,
      purpose: maybe,
      requiresVision: fc.option(fc.boolean()),
      tags: pairs,
      workspaceTags: pairs,
    }),
  });
  const contextArb = fc.record({
    endpoint_type: maybe,
    purpose: maybe,
    requires_vision: fc.boolean(),
    tags: pairs,
    workspace_tags: pairs,
  });

  test('the index finds what a scan finds, in the one total order', () => {
    fc.assert(
      fc.property(fc.array(policyArb, { maxLength: 40 }), contextArb, (drafts, input) => {
        const policies = drafts.map(
          ({ priority, match }, at) =>
            ({
              id: `p${at}`,
              createdAt: `t${at % 3}`,
              priority,
              match: { ...MATCH_DEFAULTS, ...match },
            }) as unknown as RouterPolicy,
        );
        const context = readContext(input);
        const scanned = policies
          .map(compile)
          .filter(({ conditions }) => !firstFailing(conditions, context))
          .sort(compareRank)
          .map(({ policy }) => policy.id);
        const index = buildIndex(policies);
        expect(allMatches(index, context).map(({ id }) => id)).toEqual(scanned);
        expect([...matchesInOrder(index, context)].map(({ id }) => id)).toEqual(scanned);
      }),
      { numRuns: 500 },
    );
  });
});

describe('limits', () => {
  test('whatever comes and goes, no limit is ever passed and nothing that is given back is lost', () => {
    const act = fc.record({
      wait: fc.integer({ min: 0, max: 20_000 }),
      tokens: fc.integer({ min: 0, max: 30 }),
      settleOne: fc.boolean(),
      used: fc.integer({ min: 0, max: 30 }),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 100 }), (acts) => {
        const limits = {
          rates: [{ key: 'r', periodMs: 60_000, limit: 20, burst: 5, amount: 1 }],
          concurrency: 4,
          monthly: { requests: 40, tokens: 300 },
        };
        let meter: Meter | null = null;
        let now = Date.UTC(2026, 0, 30);
        let open: { tokens: number; at: number; ends: number }[] = [];
        const admitted: number[] = [];
        for (const { wait, tokens, settleOne, used } of acts) {
          now += wait;
          open = open.filter(({ ends }) => Math.ceil(ends / 1000) * 1000 > now);
          const done = settleOne ? open.shift() : undefined;
          if (done)
            meter = {
              ...meter!,
              ...settle(meter, {
                decidedMs: done.at,
                leaseEndsMs: done.ends,
                heldTokens: done.tokens,
                usedTokens: Math.min(used, done.tokens),
                nowMs: now,
              }),
            };
          const answer = reserve(meter, { limits, tokens, nowMs: now, leaseEndsMs: now + 30_000 });
          if ('refused' in answer) continue;
          meter = { ...(meter as Meter), ...answer.next };
          open.push({ tokens, at: now, ends: now + 30_000 });
          admitted.push(now);
          expect(open.length).toBeLessThanOrEqual(4);
          for (const month of Object.values(meter.months)) {
            const held = Object.values(month.held);
            expect(month.tokens + held.reduce((sum, [count]) => sum + count, 0)).toBeLessThanOrEqual(300);
            expect(month.requests + held.reduce((sum, [, count]) => sum + count, 0)).toBeLessThanOrEqual(40);
          }
        }
        for (const [from, first] of admitted.entries()) {
          const within = admitted.slice(from).filter((time) => time - first < 60_000);
          expect(within.length).toBeLessThanOrEqual(5 + 20);
        }
      }),
      { numRuns: 300 },
    );
  });
});
