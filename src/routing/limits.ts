import { safeSum } from '../words/safe-sum.ts';
import { type Buckets, type Fill, fill, type Rate, roomFor } from './bucket.ts';
import { type Leases, openOf, totalOf, withMore } from './leases.ts';
import type { Meter, MonthMeter } from './state.ts';

/**
 * Quotas, rates and concurrency as pure rules over one meter: reserve before, settle after. Times are milliseconds.
 * Several limits of one meter hold together or not at all; the commit makes several meters do the same.
 */

export interface Limits {
  rates: Rate[];
  concurrency: number | null;
  monthly: { requests: number | null; tokens: number | null };
}

export interface Reservation {
  limits: Limits;
  tokens: number;
  nowMs: number;
  leaseEndsMs: number;
}

export type LimitCode = 'RATE_LIMITED' | 'CONCURRENCY_EXCEEDED' | 'QUOTA_EXCEEDED';

export interface Refused {
  code: LimitCode;
  /** The documented key of the limit that bound. */
  limit: string;
  /** Until there is room, whatever else of the meter binds besides; null where no wait helps. */
  waitMs: number | null;
  /** The smallest change of one setting that would have admitted it. */
  remedy: { key: string; to: number } | null;
}

type MeterState = Pick<Meter, 'months' | 'running'> & Buckets;
const EMPTY: MeterState = { months: {}, running: [] };
type OpenMonth = MonthMeter & { held: Leases };
const EMPTY_MONTH: OpenMonth = { tokens: 0, requests: 0, held: [], told: {} };

/** A meter whose leases are open, and lists. */
interface OpenMeter extends Buckets {
  months: Record<string, OpenMonth>;
  running: Leases;
}
/** How many numbers stand for each second: of what is held tokens and requests behind it, of what is running the requests. */
const HELD = 3;
const RUNNING = 2;

export function periodOf(nowMs: number): string {
  return monthOf(nowMs).period;
}

/** A month by its name, with the one before it. */
interface Month {
  fromMs: number;
  untilMs: number;
  period: string;
  before: string;
}
const nameOf = (ms: number): string => new Date(ms).toISOString().slice(0, 7);
let known: Month | null = null;

/** Each decision asks for its month ten times over, and mostly for the one that was asked for last. */
function monthOf(nowMs: number): Month {
  if (known && nowMs >= known.fromMs && nowMs < known.untilMs) return known;
  const date = new Date(nowMs);
  const fromMs = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  known = { fromMs, untilMs: monthEnd(nowMs), period: nameOf(nowMs), before: nameOf(fromMs - 1) };
  return known;
}

/** The second in which a lease ends names it: leases of one second are counted together. */
function leaseKey(leaseEndsMs: number): number {
  return Math.ceil(leaseEndsMs / 1000);
}

/** Checks rates, then concurrency, then quotas; takes from all of them, or says which one bound. */
export function reserve(meter: MeterState | null, request: Reservation): { next: OpenMeter } | { refused: Refused } {
  const current = withoutExpired(meter ?? EMPTY, request.nowMs);
  const { filled, refusals } = checkAll(current, request);
  const refused = asOne(refusals);
  if (refused) return { refused };
  const lease = leaseKey(request.leaseEndsMs);
  const period = periodOf(request.nowMs);
  const month = current.months[period] ?? EMPTY_MONTH;
  const held = withMore(month.held, lease, [request.tokens, 1]);
  return {
    next: {
      ...filled,
      running: withMore(current.running, lease, [1]),
      months: { ...current.months, [period]: { ...month, held } },
    },
  };
}

/** What such a reservation would be refused for; null: it would hold. */
export function refusalOf(meter: MeterState | null, request: Reservation): Refused | null {
  return asOne(checkAll(withoutExpired(meter ?? EMPTY, request.nowMs), request).refusals);
}

interface Checked {
  /** The buckets with what the rates take, of use where nothing refuses. */
  filled: Buckets;
  /** By every limit that binds, in the order in which they are named. */
  refusals: Refused[];
}

function checkAll(meter: OpenMeter, request: Reservation): Checked {
  const { filled, refusals } = fillAll(meter, request);
  return { filled, refusals: [...refusals, ...checkConcurrency(meter, request), ...checkQuotas(meter, request)] };
}

/** The first is named; there is room only when all have it. */
function asOne([first, ...others]: Refused[]): Refused | null {
  if (!first) return null;
  const longest = (one: number | null, { waitMs: other }: Refused) =>
    one === null || other === null ? null : Math.max(one, other);
  return { ...first, waitMs: others.reduce(longest, first.waitMs) };
}

/** Every rate takes its amount, but those that have no room for it. */
function fillAll(meter: OpenMeter, { limits, nowMs }: Reservation): Checked {
  const fills: Record<string, Fill> = { ...meter.fills };
  const arrivals = { ...meter.arrivals };
  const refusals: Refused[] = [];
  for (const rate of limits.rates) {
    if (rate.amount <= 0) continue;
    const filled = fill(rate, meter, nowMs);
    if ('waitMs' in filled) {
      const remedy = refusals.length > 0 ? null : rateRemedy(rate, meter, limits.rates, nowMs);
      refusals.push({ code: 'RATE_LIMITED', limit: rate.key, waitMs: filled.waitMs, remedy });
      continue;
    }
    fills[rate.key] = filled.fill;
    delete arrivals[rate.key];
  }
  return { filled: { fills, arrivals }, refusals };
}

/** A burst of its own is one setting for several rates: it helps when all of them have room. */
function rateRemedy(rate: Rate, meter: OpenMeter, rates: readonly Rate[], nowMs: number): Refused['remedy'] {
  const bound = rate.burst === null ? [rate] : rates.filter(({ burst, amount }) => burst !== null && amount > 0);
  const rooms = bound.map((one) => roomFor(one, meter, nowMs));
  if (rooms.includes(null)) return null;
  return { key: rate.burst === null ? rate.key : 'burst_size', to: Math.max(...(rooms as number[])) };
}

function checkConcurrency(meter: OpenMeter, { limits, nowMs }: Reservation): Refused[] {
  if (limits.concurrency === null) return [];
  const running = totalOf(meter.running, RUNNING, 1);
  if (running < limits.concurrency) return [];
  return [
    {
      code: 'CONCURRENCY_EXCEEDED',
      limit: 'max_concurrency',
      waitMs: concurrencyWait(meter.running, running, limits.concurrency, nowMs),
      remedy: { key: 'max_concurrency', to: running + 1 },
    },
  ];
}

/** Until so many leases have ended that there is room: a limit that was lowered may lie far below what is running. */
function concurrencyWait(leases: Leases, running: number, limit: number, nowMs: number): number | null {
  if (limit === 0) return null;
  let left = running;
  for (let at = 0; at < leases.length; at += RUNNING) {
    const [second = 0, count = 0] = leases.slice(at, at + RUNNING);
    left -= count;
    if (left < limit) return second * 1000 - nowMs;
  }
  return null;
}

function checkQuotas(meter: OpenMeter, { limits, tokens, nowMs }: Reservation): Refused[] {
  if (limits.monthly.requests === null && limits.monthly.tokens === null) return [];
  const month = meter.months[periodOf(nowMs)] ?? EMPTY_MONTH;
  const used = {
    requests: month.requests + totalOf(month.held, HELD, 2),
    tokens: month.tokens + totalOf(month.held, HELD, 1),
  };
  const quotas = [
    { key: 'max_requests_per_month', limit: limits.monthly.requests, used: used.requests, amount: 1 },
    { key: 'max_tokens_per_month', limit: limits.monthly.tokens, used: used.tokens, amount: tokens },
  ];
  return quotas.flatMap(({ key, limit, used: before, amount }) => {
    if (limit === null || (before < limit && before + amount <= limit)) return [];
    const to = before + Math.max(amount, 1);
    // Not even a fresh month has room for more than the limit.
    const waitMs = limit === 0 || amount > limit ? null : monthEnd(nowMs) - nowMs;
    return [
      { code: 'QUOTA_EXCEEDED' as const, limit: key, waitMs, remedy: Number.isSafeInteger(to) ? { key, to } : null },
    ];
  });
}

export function monthEnd(nowMs: number): number {
  const date = new Date(nowMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

export interface Settlement {
  /** When the decision was made: its month is charged. */
  decidedMs: number;
  leaseEndsMs: number;
  heldTokens: number;
  usedTokens: number;
  nowMs: number;
}

/** Gives back what was held and charges what was used. */
export function settle(meter: Meter | null, { decidedMs, leaseEndsMs, heldTokens, usedTokens, nowMs }: Settlement) {
  const current = withoutExpired(meter ?? EMPTY, nowMs);
  const lease = leaseKey(leaseEndsMs);
  const period = periodOf(decidedMs);
  const month = current.months[period] ?? EMPTY_MONTH;
  const held = withMore(month.held, lease, [-heldTokens, -1]);
  return {
    months: {
      ...current.months,
      [period]: { ...month, tokens: safeSum(month.tokens, usedTokens), requests: month.requests + 1, held },
    },
    fills: current.fills ?? {},
    arrivals: current.arrivals ?? {},
    running: withMore(current.running, lease, [-1]),
    requestCount: (meter?.requestCount ?? 0) + 1,
    totalTokens: safeSum(meter?.totalTokens ?? 0, usedTokens),
    lastUsedAt: new Date(nowMs).toISOString(),
  };
}

/** Leases that have ended hold nothing; months before the last one are forgotten. */
function withoutExpired(meter: MeterState, nowMs: number): OpenMeter {
  const oldest = monthOf(nowMs).before;
  const months: OpenMeter['months'] = {};
  for (const [period, month] of Object.entries(meter.months))
    if (period >= oldest) months[period] = { ...month, held: openOf(month.held, HELD, nowMs) };
  const { fills, arrivals, updatedAt, running } = meter;
  return { fills, arrivals, updatedAt, running: openOf(running, RUNNING, nowMs), months };
}
