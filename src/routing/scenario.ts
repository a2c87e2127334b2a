import { z } from 'zod';
import { BREAKER_DEFAULTS, type CircuitBreaker } from './facts.ts';

/** A provider's misbehaviour over a stretch of virtual time. */
const phase = z.strictObject({
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

const whole = z.int().min(1);

/** As a policy takes them. */
const breakerSettings = z
  .strictObject({
    error_threshold_percent: z.number().min(0).max(100),
    latency_threshold_ms: whole.nullable(),
    consecutive_failures: whole,
    evaluation_window_seconds: whole,
    min_requests_threshold: whole,
    cooldown_seconds: whole,
    half_open_requests: whole,
    auto_disable: z.boolean(),
    notify_on_open: z.boolean(),
  })
  .partial();

export const scenarioSchema = z.strictObject({
  name: z.string(),
  seconds: z.number().positive().default(300),
  requests_per_second: z.number().positive().default(20),
  seed: z.number().int().default(1),
  latency_ms: z.number().min(0).default(800),
  /** How often a caller tries, with `retry_of` after the first time. */
  attempts: z.number().int().min(1).max(10).default(3),
  /** Enabled targets of the policy's `route_to`; the trouble hits the first. */
  targets: z.number().int().min(1).max(20).default(1),
  /** A fallback model that answers well. */
  fallback: z.boolean().default(false),
  circuit_breaker: breakerSettings.default({}),
  trouble: z.array(phase),
});
export type Scenario = z.output<typeof scenarioSchema>;
type Phase = z.output<typeof phase>;

export interface ProviderAnswer {
  success: boolean;
  latencyMs: number;
  retryAfterMs: number | null;
}

/** What the provider of a target answers to a call that begins at a moment; `draw` decides among a share. */
export function answerOf(scenario: Scenario, isTroubled: boolean, nowMs: number, draw: number): ProviderAnswer {
  const trouble = isTroubled ? scenario.trouble.find((one) => isUnder(one, nowMs / 1000)) : undefined;
  const success = !trouble || draw * 100 >= trouble.error_percent;
  return {
    success,
    latencyMs: trouble?.latency_ms ?? scenario.latency_ms,
    retryAfterMs: success || !trouble?.retry_after_seconds ? null : trouble.retry_after_seconds * 1000,
  };
}

function isUnder({ from, until = Number.POSITIVE_INFINITY, flap_seconds: flap }: Phase, second: number): boolean {
  if (second < from || second >= until) return false;
  return flap === undefined || Math.floor((second - from) / flap) % 2 === 0;
}

export function settingsOf({ circuit_breaker: given }: Scenario): CircuitBreaker {
  const camel = Object.entries(given).map(([name, value]) => [
    name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return { ...BREAKER_DEFAULTS, ...(Object.fromEntries(camel) as Partial<CircuitBreaker>) };
}
