import { safeSum } from '../words/safe-sum.ts';
import type { Rate } from './bucket.ts';
import type { Account, Grant } from './facts.ts';
import type { Limits } from './limits.ts';

/** The limits of an account and of a grant, as the meter's rules take them; in the contract's order. */

export interface Estimate {
  inputTokens: number;
  outputTokens: number;
}

const MINUTE_MS = 60_000;

export function accountLimits({ rateLimitPolicy: policy, quotaPolicy: quota }: Account, estimate: Estimate): Limits {
  const requests = (key: string, limit: number | null, periodMs: number) =>
    rate(key, limit, periodMs, policy.burstSize, 1);
  const tokens = (key: string, limit: number | null, amount: number) => rate(key, limit, MINUTE_MS, null, amount);
  return {
    rates: [
      ...requests('requests_per_second', policy.requestsPerSecond, 1_000),
      ...requests('requests_per_minute', policy.requestsPerMinute, MINUTE_MS),
      ...tokens('input_tokens_per_minute', policy.inputTokensPerMinute, estimate.inputTokens),
      ...tokens('output_tokens_per_minute', policy.outputTokensPerMinute, estimate.outputTokens),
    ],
    concurrency: policy.maxConcurrency,
    monthly: { requests: quota.maxRequestsPerMonth, tokens: quota.maxTokensPerMonth },
  };
}

function rate(key: string, limit: number | null, periodMs: number, burst: number | null, amount: number): Rate[] {
  return limit === null ? [] : [{ key, periodMs, limit, burst, amount }];
}

/** A grant’s limits are free-form; of the keys that are enforced, null and absence set none. */
export function grantLimits({ workspaceLimits }: Grant, estimate: Estimate): Limits {
  const limit = (key: string) => limitOf(workspaceLimits, key);
  const perMinute = (key: string, amount: number) => rate(key, limit(key), MINUTE_MS, null, amount);
  return {
    rates: [...perMinute('requests_per_minute', 1), ...perMinute('tokens_per_minute', totalOf(estimate))],
    concurrency: limit('max_concurrency'),
    monthly: { requests: limit('max_requests_per_month'), tokens: limit('max_tokens_per_month') },
  };
}

export function limitOf(limits: Record<string, unknown>, key: string): number | null {
  const value = limits[key];
  return typeof value === 'number' && value >= 0 ? value : null;
}

export function totalOf({ inputTokens, outputTokens }: Estimate): number {
  return safeSum(inputTokens, outputTokens);
}
