import type { EventData } from './events.ts';
import type { MonthMeter } from './state.ts';

/** The account whose quotas are watched. */
export interface WatchedQuotas {
  id: string;
  maxTokens: number | null;
  maxRequests: number | null;
}

const THRESHOLDS = [50, 80, 100];

/** What a month has come to beyond what has been told of it, whatever its limits were then: each share of a quota once. */
export function passedThresholds(
  before: MonthMeter | undefined,
  after: MonthMeter,
  { id, maxTokens, maxRequests }: WatchedQuotas,
): { events: EventData[]; told: Record<string, number> } {
  const quotas = [
    { key: 'max_tokens_per_month', limit: maxTokens, from: before?.tokens ?? 0, to: after.tokens },
    { key: 'max_requests_per_month', limit: maxRequests, from: before?.requests ?? 0, to: after.requests },
  ];
  const events: EventData[] = [];
  const told = { ...after.told };
  for (const { key, limit, from, to } of quotas) {
    if (limit === null || limit === 0) continue;
    const passed = (used: number) => THRESHOLDS.filter((percent) => used * 100 >= percent * limit);
    // Of a month that was begun before this was noted, what had been passed was told.
    const known = told[key] ?? (after.told ? 0 : (passed(from).at(-1) ?? 0));
    const fresh = passed(to).filter((percent) => percent > known);
    told[key] = fresh.at(-1) ?? known;
    for (const percent of fresh)
      events.push({ kind: 'quota', resourceType: 'provider_account', resourceId: id, from: key, to: `${percent}%` });
  }
  return { events, told };
}
