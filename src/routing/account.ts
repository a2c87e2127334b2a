import type { Account, Health } from './facts.ts';
import type { Meter } from './state.ts';

/** What is observed of an account, as far as it decides where requests go. */

export interface MonthUsage {
  tokens: number;
  requests: number;
}

/** Counters of a past month read as 0: nothing has to reset them. */
export function usageIn(meter: Meter | null, period: string): MonthUsage {
  const month = meter?.months[period];
  return { tokens: month?.tokens ?? 0, requests: month?.requests ?? 0 };
}

/** What was observed of today's reference: what was seen of another, or by a program that did not note of which, says nothing. */
export function observedOf<H extends Health>(account: Pick<Account, 'credentialsRef'>, health: H | null): H | null {
  return health?.reference === account.credentialsRef ? health : null;
}

/** The quota that the month has used up, by its documented key. */
export function usedUp({ quotaPolicy }: Pick<Account, 'quotaPolicy'>, usage: MonthUsage): string | null {
  const { maxRequestsPerMonth, maxTokensPerMonth } = quotaPolicy;
  if (maxRequestsPerMonth !== null && usage.requests >= maxRequestsPerMonth) return 'max_requests_per_month';
  if (maxTokensPerMonth !== null && usage.tokens >= maxTokensPerMonth) return 'max_tokens_per_month';
  return null;
}
