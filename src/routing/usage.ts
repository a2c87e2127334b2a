import * as field from '../resource/field/index.ts';
import { defineNoun } from '../resource/noun.ts';
import { apply, defineRule } from '../store/rule.ts';
import type { Change } from '../store/store.ts';
import { safeSum } from '../words/safe-sum.ts';
import { type Latencies, latencyOf, together } from './latency.ts';

/** How it is stored: in the order of `usageTally`. */
export type Tally = [requests: number, inputTokens: number, outputTokens: number, failures: number];

export const granularity = field.words('UsageGranularity', 'How long a bucket of usage is.', {
  hour: 'An hour (kept 90 days).',
  day: 'A day, UTC (kept 800 days).',
});

export const usageTally = field.object('UsageTally', 'How much was used.', {
  requests: field.count('Reported requests.'),
  inputTokens: field.count('Input tokens.'),
  outputTokens: field.count('Output tokens.'),
  failures: field.count('Requests that failed, whoever was at fault.'),
});

export const usageBy = field.object('UsageBy', 'How much of the usage one account, model or workspace has.', {
  id: field.made(field.id('The documented id of the account, model or workspace.')),
  usage: field.part(usageTally, 'How much.'),
});

const fields = {
  granularity: field.made(field.word(granularity, 'hour', 'How long it is.')),
  startsAt: field.made(field.time('When it begins.')),
  total: field.internal<Tally>([0, 0, 0, 0]),
  accounts: field.internal<Record<string, Tally>>({}),
  models: field.internal<Record<string, Tally>>({}),
  /** Empty in what 0.1.0 stored. */
  workspaces: field.internal<Record<string, Tally>>({}),
  /** How long the outcomes say that it took; empty in what was stored before it was counted. */
  accountLatencies: field.internal<Record<string, Latencies>>({}),
  modelLatencies: field.internal<Record<string, Latencies>>({}),
  usage: field.derived(field.part(usageTally, 'Of the whole organization.')),
  byAccount: field.derived(field.parts(usageBy, 'Of each provider account.')),
  byModel: field.derived(field.parts(usageBy, 'Of each logical model.')),
  byWorkspace: field.derived(
    field.parts(usageBy, 'Of each workspace that the caller sees; none before it was counted.'),
  ),
  purgeAt: field.internal(''),
};

/** One hour or day of an org: the org's own tally, and each account's, model's and workspace's. One document, so an outcome costs two writes. */
export type UsageBucket = field.DocOf<typeof fields>;

export const usageBuckets = defineNoun(fields, {
  type: 'UsageBucket',
  resource: 'usage_bucket',
  permission: 'decisions',
  collection: {
    name: 'usage',
    columns: ['startsAt'],
    scopes: ['granularity'],
    totals: [['granularity']],
    expires: 'purgeAt',
  },
});

interface UsageInput {
  granularity: UsageBucket['granularity'];
  startsAt: string;
  purgeAt: string;
  accountId: string;
  modelId: string;
  workspaceId: string;
  tally: Tally;
  /** Null where the outcome does not say. */
  latencyMs: number | null;
}

const KEPT_DAYS = { hour: 90, day: 800 };

/** The bucket's id begins with its time, so that buckets sort by it. */
export function usageChanges(
  orgId: string,
  nowMs: number,
  input: Pick<UsageInput, 'accountId' | 'modelId' | 'workspaceId' | 'tally' | 'latencyMs'>,
): Change[] {
  const iso = new Date(nowMs).toISOString();
  return (['hour', 'day'] as const).map((granularity): Change => {
    const startsAt = granularity === 'hour' ? `${iso.slice(0, 13)}:00:00.000Z` : `${iso.slice(0, 10)}T00:00:00.000Z`;
    const purgeAt = new Date(nowMs + KEPT_DAYS[granularity] * 86_400_000).toISOString();
    const key = { orgId, id: `${granularity}.${startsAt}` };
    return apply(addUsage, key, { granularity, startsAt, purgeAt, ...input });
  });
}

const addUsage = defineRule(usageBuckets.collection, (before, input: UsageInput) => {
  const { granularity, startsAt, purgeAt, accountId, modelId, workspaceId, tally, latencyMs } = input;
  const { accounts = {}, models = {}, workspaces = {}, accountLatencies = {}, modelLatencies = {} } = before ?? {};
  const latency: Latencies = latencyMs === null ? [] : latencyOf(latencyMs);
  return {
    next: {
      granularity,
      startsAt,
      purgeAt,
      total: plus(before?.total, tally),
      accounts: added(accounts, accountId, tally, plus),
      models: added(models, modelId, tally, plus),
      workspaces: added(workspaces, workspaceId, tally, plus),
      accountLatencies: added(accountLatencies, accountId, latency, together),
      modelLatencies: added(modelLatencies, modelId, latency, together),
    },
  };
});

/** A model may be called `constructor`. */
function added<T>(
  to: Record<string, T>,
  id: string,
  one: T,
  add: (before: T | undefined, one: T) => T,
): Record<string, T> {
  return { ...to, [id]: add(Object.hasOwn(to, id) ? to[id] : undefined, one) };
}

/** What several buckets hold of each, put together. */
export function addedUp<T>(
  parts: readonly Record<string, T>[],
  add: (before: T | undefined, one: T) => T,
): Record<string, T> {
  const sums = new Map<string, T>();
  for (const part of parts) for (const [id, one] of Object.entries(part)) sums.set(id, add(sums.get(id), one));
  return Object.fromEntries(sums);
}

export function plus(left: Tally | undefined, right: Tally): Tally {
  if (!left) return right;
  const [requests, inputTokens, outputTokens, failures] = right;
  return [
    safeSum(left[0], requests),
    safeSum(left[1], inputTokens),
    safeSum(left[2], outputTokens),
    safeSum(left[3], failures),
  ];
}
