import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { admit, admits, at, record } from '../src/routing/breaker.ts';
import { BREAKER_DEFAULTS, type CircuitBreaker, MATCH_DEFAULTS, type Policy } from '../src/routing/facts.ts';
import { openOf, totalOf } from '../src/routing/leases.ts';
import { reserve, settle } from '../src/routing/limits.ts';
import { allMatches, buildIndex, matchesInOrder } from '../src/routing/match-index.ts';
import { compareRank, compile, firstFailing, readContext } from '../src/routing/matching.ts';
import { CLOSED, type Meter, type TargetBreaker } from '../src/routing/state.ts';

/** The breaker as one would tell it: a list of everything that happened, read from the start each time. */
class PlainBreaker {
  state: 'closed' | 'open' | 'half_open' = 'closed';
  results: { bucket: number; success: boolean; slow: boolean }[] = [];
  open = new Map<string, number>();
  retry = 0;
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
    for (const started of [...this.open.values()].sort((left, right) => left - right)) {
      const since = started + 3 * (this.settings.latencyThresholdMs ?? Number.POSITIVE_INFINITY) + 1;
      if (this.state === 'closed' && since <= now && this.tooSlow(since)) this.enter('open', since);
    }
    if (this.state === 'open' && now >= this.openUntil) this.enter('half_open');
    for (const [id, ends] of this.probes) if (ends <= now) this.probes.delete(id);
  }
  enter(state: PlainBreaker['state'], now = 0) {
    this.state = state;
    this.era += 1;
    this.results = [];
    this.inRow = 0;
    this.probes.clear();
    this.open.clear();
    this.successes = 0;
    if (state === 'open') this.openUntil = Math.max(now + this.settings.cooldownSeconds * 1000, this.rest, this.retry);
    this.retry = 0;
  }
  share(window: { bucket: number }[], count: number) {
    const enough = window.length >= this.settings.minRequestsThreshold;
    return enough && count > 0 && (count / window.length) * 100 >= this.settings.errorThresholdPercent - 1e-9;
  }
  /** Results, and open calls that have waited three times too long, each at the moment from which it counts. */
  tooSlow(now: number) {
    const width = this.settings.evaluationWindowSeconds * 100;
    const patience = 3 * (this.settings.latencyThresholdMs ?? Number.POSITIVE_INFINITY) + 1;
    const hanging = [...this.open.values()]
      .filter((started) => started + patience <= now && now < started + 600_000)
      .map((started) => ({ bucket: Math.floor((started + patience) / width), slow: true }));
    const window = [...this.results, ...hanging].filter(
      ({ bucket }) => bucket > Math.floor(now / width) - 10 && bucket <= Math.floor(now / width),
    );
    return this.share(window, window.filter(({ slow }) => slow).length);
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
    else this.open.set(id, now);
    return this.era;
  }
  report(
    id: string,
    era: number,
    outcome: { success: boolean | null; latency: number; retry: number | null; rests: boolean },
    now: number,
  ) {
    this.tick(now);
    const { success, latency, retry, rests } = outcome;
    if (era !== this.era || (this.state === 'half_open' && !this.probes.has(id))) return;
    this.open.delete(id);
    if (retry !== null) this.retry = Math.max(this.retry, now + retry);
    if (retry !== null && rests) this.rest = Math.max(this.rest, now + retry);
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
    const failed = this.share(window, window.filter((one) => !one.success).length);
    if (this.inRow >= this.settings.consecutiveFailures || failed || this.tooSlow(now)) this.enter('open', now);
  }
}

describe('the breaker', () => {
  const step = fc.record({
    wait: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 8_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 90_000 }) },
    ),
    act: fc.constantFrom('ask', 'ask', 'ok', 'fail', 'caller', 'slow', '429', 'overloaded'),
    pick: fc.nat(5),
  });
  const settingsArb = fc.record({
    consecutiveFailures: fc.integer({ min: 1, max: 6 }),
    cooldownSeconds: fc.integer({ min: 1, max: 90 }),
    halfOpenRequests: fc.integer({ min: 1, max: 3 }),
    minRequestsThreshold: fc.integer({ min: 1, max: 6 }),
    evaluationWindowSeconds: fc.integer({ min: 1, max: 60 }),
    errorThresholdPercent: fc.integer({ min: 0, max: 100 }),
    latencyThresholdMs: fc.option(fc.integer({ min: 1, max: 9_000 })),
  });

  /** A success leaves the window between the moment that calls began to hang and the next result: by then it is forgotten. */
  const FORGETFUL = {
    ...{ consecutiveFailures: 2, cooldownSeconds: 1, halfOpenRequests: 1, minRequestsThreshold: 2 },
    ...{ evaluationWindowSeconds: 11, errorThresholdPercent: 76, latencyThresholdMs: 3_444 },
  };
  const FORGOTTEN = (
    [
      [0, 'ask'],
      [0, 'ok'],
      [0, 'ask'],
      [0, 'ask'],
      [0, 'ask'],
      [569, 'ask'],
      [6_900, 'ask'],
      [3_431, 'overloaded'],
    ] as const
  ).map(([wait, act]) => ({ wait, act, pick: 0 }));

  test('does what a plain telling of its rules does, over random histories', () => {
    fc.assert(
      fc.property(settingsArb, fc.array(step, { maxLength: 120 }), (partial, steps) => {
        const settings = { ...BREAKER_DEFAULTS, ...partial };
        const plain = new PlainBreaker(settings);
        let target: TargetBreaker = CLOSED;
        let now = 1_000_000;
        const open: { id: string; decidedMs: number; generation: number; era: number }[] = [];
        for (const [index, { wait, act, pick }] of steps.entries()) {
          now += wait;
          const id = String(index);
          // Reading at any moment changes nothing: only what an act makes of it is stored.
          const current = at(target, settings, now);
          expect(admits(current, settings, now)).toBe(plain.admits(now));
          if (act === 'ask') {
            if (!admits(current, settings, now)) continue;
            target = admit(current, settings, id, now);
            open.push({ id, decidedMs: now, generation: current.generation, era: plain.admit(id, now) });
          } else if (open.length > 0) {
            const [one] = open.splice(pick % open.length, 1) as [(typeof open)[0]];
            const success = act === 'caller' ? null : act === 'ok' || act === 'slow';
            const latencyMs = act === 'slow' ? 9_001 : 0;
            const retryAfterMs = act === '429' || act === 'overloaded' ? 15_000 : null;
            const rests = act === '429';
            target = record(
              current,
              settings,
              { ...one, decisionId: one.id, success, latencyMs, retryAfterMs, rests },
              now,
            );
            plain.report(one.id, one.era, { success, latency: latencyMs, retry: retryAfterMs, rests }, now);
          }
          expect(at(target, settings, now).state).toBe(plain.state);
        }
      }),
      { numRuns: 1_000, examples: [[FORGETFUL, FORGOTTEN]] },
    );
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
            }) as unknown as Policy,
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
              ...(meter as Meter),
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
            const held = openOf(month.held, 3, now);
            expect(month.tokens + totalOf(held, 3, 1)).toBeLessThanOrEqual(300);
            expect(month.requests + totalOf(held, 3, 2)).toBeLessThanOrEqual(40);
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
