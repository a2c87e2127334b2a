import { defineNoun } from '../resource/noun.ts';
import type { Change, Doc } from '../store/store.ts';
import { safeSum } from '../words/safe-sum.ts';

/** Requests, input tokens, output tokens, failures. */
export type Tally = [requests: number, inputTokens: number, outputTokens: number, failures: number];

/** One hour or day of an org: the org's own tally, and each account's and model's. One document, so an outcome costs two writes. */
export interface UsageBucket extends Doc {
  granularity: 'hour' | 'day';
  /** When it begins. */
  startsAt: string;
  total: Tally;
  accounts: Record<string, Tally>;
  models: Record<string, Tally>;
  purgeAt: string;
}

export const usageBuckets = defineNoun<UsageBucket>({
  type: 'UsageBucket',
  resource: 'usage_bucket',
  permission: 'decisions',
  collection: {
    name: 'usage',
    first: { granularity: 'hour', startsAt: '', total: [0, 0, 0, 0], accounts: {}, models: {}, purgeAt: '' },
    columns: ['startsAt'],
    scopes: ['granularity'],
    totals: [['granularity']],
    expires: 'purgeAt',
  },
});

export interface UsageInput {
  granularity: UsageBucket['granularity'];
  startsAt: string;
  purgeAt: string;
  accountId: string;
  modelId: string;
  tally: Tally;
}

const KEPT_DAYS = { hour: 90, day: 800 };

/** The bucket's id begins with its time, so that buckets sort by it. */
export function usageChanges(
  orgId: string,
  nowMs: number,
  input: Pick<UsageInput, 'accountId' | 'modelId' | 'tally'>,
): Change[] {
  const iso = new Date(nowMs).toISOString();
  return (['hour', 'day'] as const).map((granularity): Change => {
    const startsAt = granularity === 'hour' ? `${iso.slice(0, 13)}:00:00.000Z` : `${iso.slice(0, 10)}T00:00:00.000Z`;
    const purgeAt = new Date(nowMs + KEPT_DAYS[granularity] * 86_400_000).toISOString();
    const key = { orgId, id: `${granularity}.${startsAt}` };
    return {
      type: 'apply',
      in: usageBuckets.collection,
      key,
      rule: 'usage.add',
      input: { granularity, startsAt, purgeAt, ...input } satisfies UsageInput,
    };
  });
}

export function addUsage(doc: Doc | null, { granularity, startsAt, purgeAt, accountId, modelId, tally }: UsageInput) {
  const before = doc as UsageBucket | null;
  const { accounts = {}, models = {} } = before ?? {};
  return {
    granularity,
    startsAt,
    purgeAt,
    total: plus(before?.total, tally),
    accounts: { ...accounts, [accountId]: plus(accounts[accountId], tally) },
    models: { ...models, [modelId]: plus(models[modelId], tally) },
  };
}

export function plus(left: Tally | undefined, right: Tally): Tally {
  return left ? (left.map((value, at) => safeSum(value, right[at]!)) as Tally) : right;
}
