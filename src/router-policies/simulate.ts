import { z } from 'zod';
import type { Target } from '../models/model.ts';
import { admit, record, targetKey } from './breaker.ts';
import { BREAKER_DEFAULTS, type CircuitBreaker } from './model.ts';
import { type BreakerState, breakerAt, isDrawable, targetOf, withTarget } from './policy-breaker.ts';

/** A provider's misbehaviour over a stretch of virtual time. */
const phase = z.object({
  from: z.number().min(0).default(0),
  until: z.number().optional(),
  /** Share of requests that fail, in percent. */
  error_percent: z.number().min(0).max(100).default(0),
  latency_ms: z.number().min(0).optional(),
  /** Down and up in turn, each this long. */
  flap_seconds: z.number().positive().optional(),
  /** Fails with 429 and this Retry-After. */
  retry_after_seconds: z.number().positive().optional(),
});

export const scenarioSchema = z.object({
  name: z.string(),
  seconds: z.number().positive().default(300),
  requests_per_second: z.number().positive().default(20),
  seed: z.number().int().default(1),
  latency_ms: z.number().default(800),
  /** Enabled targets of the policy's `route_to`; the trouble hits the first. */
  targets: z.number().int().min(1).max(20).default(1),
  /** A fallback model that answers well. */
  fallback: z.boolean().default(false),
  circuit_breaker: z.record(z.string(), z.union([z.number(), z.boolean(), z.null()])).default({}),
  trouble: z.array(phase),
});
export type Scenario = z.output<typeof scenarioSchema>;
type Phase = z.output<typeof phase>;

export interface Simulated {
  requests: number;
  failed: number;
  failedWithoutBreaker: number;
  timeline: { atMs: number; target: string; state: string }[];
}

/** Plays the scenario twice in virtual time, with and without the breaker, on the very functions that decide in production. */
export function simulate(scenario: Scenario): Simulated {
  const withBreaker = play(scenario, true);
  const without = play(scenario, false);
  return {
    requests: withBreaker.requests,
    failed: withBreaker.failed,
    failedWithoutBreaker: without.failed,
    timeline: withBreaker.timeline,
  };
}

interface Report {
  atMs: number;
  key: string;
  decidedMs: number;
  rests: boolean;
  generation: number;
  decisionId: string;
  success: boolean;
  latencyMs: number;
  retryAfterMs: number | null;
}

function play(scenario: Scenario, useBreaker: boolean): Omit<Simulated, 'failedWithoutBreaker'> {
  const random = mulberry32(scenario.seed);
  const settings = settingsOf(scenario);
  const targets: Target[] = Array.from({ length: scenario.targets }, (_, index) => ({
    providerAccountId: `account-${index + 1}`,
    upstreamModel: 'model',
    weight: 1,
    enabled: true,
  }));
  const watched = { settings, targets };
  let breaker = breakerAt(null, watched, 0);
  const timeline: Simulated['timeline'] = [];
  const reports: Report[] = [];
  let [requests, failed] = [0, 0];
  const everyMs = 1000 / scenario.requests_per_second;
  for (let nowMs = 0; nowMs < scenario.seconds * 1000; nowMs += everyMs) {
    for (const report of takeDue(reports, nowMs)) {
      if (!useBreaker) continue;
      breaker = moved(breaker, breakerAt(breaker, watched, report.atMs), report.atMs, timeline);
      const next = record(targetOf(breaker, report.key), settings, report, report.atMs);
      breaker = moved(breaker, withTarget(breaker, watched, report.key, next, report.atMs), report.atMs, timeline);
    }
    if (useBreaker) breaker = moved(breaker, breakerAt(breaker, watched, nowMs), nowMs, timeline);
    requests += 1;
    const drawable = targets.filter((target) => isDrawable(breaker, settings, target, nowMs));
    if (drawable.length === 0) {
      if (!scenario.fallback) failed += 1;
      continue;
    }
    const target = drawable[Math.floor(random() * drawable.length)]!;
    const key = targetKey(target);
    const decisionId = String(requests);
    const current = targetOf(breaker, key);
    if (useBreaker) breaker = withTarget(breaker, watched, key, admit(current, settings, decisionId, nowMs), nowMs);
    const answer = answerOf(scenario, target === targets[0], nowMs, random());
    if (!answer.success) failed += 1;
    reports.push({
      atMs: nowMs + answer.latencyMs,
      key,
      decisionId,
      decidedMs: nowMs,
      rests: answer.retryAfterMs !== null,
      generation: current.generation,
      ...answer,
    });
  }
  return { requests, failed, timeline };
}

function settingsOf({ circuit_breaker: given }: Scenario): CircuitBreaker {
  const camel = Object.entries(given).map(([name, value]) => [
    name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return { ...BREAKER_DEFAULTS, ...(Object.fromEntries(camel) as Partial<CircuitBreaker>) };
}

function takeDue(reports: Report[], nowMs: number): Report[] {
  const due = reports.filter((report) => report.atMs <= nowMs).sort((a, b) => a.atMs - b.atMs);
  for (const report of due) reports.splice(reports.indexOf(report), 1);
  return due;
}

/** The next breaker, what is new of it told in the timeline. */
function moved(before: BreakerState, next: BreakerState, atMs: number, timeline: Simulated['timeline']): BreakerState {
  for (const [target, { state }] of Object.entries(next.targets))
    if (targetOf(before, target).state !== state) timeline.push({ atMs, target, state });
  if (next.latched && !before.latched) timeline.push({ atMs, target: 'policy', state: 'latched' });
  return next;
}

function answerOf(
  scenario: Scenario,
  isTroubled: boolean,
  nowMs: number,
  draw: number,
): { success: boolean; latencyMs: number; retryAfterMs: number | null } {
  const trouble = isTroubled ? scenario.trouble.find((one) => isUnder(one, nowMs / 1000)) : undefined;
  const latencyMs = trouble?.latency_ms ?? scenario.latency_ms;
  const success = !trouble || draw * 100 >= trouble.error_percent;
  return {
    success,
    latencyMs,
    retryAfterMs: success || !trouble?.retry_after_seconds ? null : trouble.retry_after_seconds * 1000,
  };
}

function isUnder({ from, until = Number.POSITIVE_INFINITY, flap_seconds: flap }: Phase, second: number): boolean {
  if (second < from || second >= until) return false;
  return flap === undefined || Math.floor((second - from) / flap) % 2 === 0;
}

/** A small seeded generator: the same scenario always plays the same. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
