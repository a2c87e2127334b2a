import type { Context } from '../context.ts';
import { eventDoc, routingEvents } from '../decisions/events.ts';
import type { Doc, RuleResult } from '../store/store.ts';
import { save, withRetry } from '../writes.ts';
import { credentialsOf } from './credentials.ts';
import type { AccountHealth, ProviderAccount } from './model.ts';
import { probe } from './probe.ts';
import { healthCollection } from './repository.ts';

/** What one check saw: an answer, refused credentials, or a failure with its reason. */
export type CheckResult = { kind: 'ok' } | { kind: 'refused' | 'failed'; reason: string };

const FAILURES_TO_ERROR = 3;

export interface HealthInput {
  orgId: string;
  accountId: string;
  eventIds: string[];
  result: CheckResult;
  checkedAt: string;
}

/** One failure degrades, three in a row (or refused credentials) are an error, one success is active again. */
export function nextHealth(
  before: Pick<AccountHealth, 'failures'> | null,
  result: CheckResult,
  checkedAt: string,
): Omit<AccountHealth, keyof Doc> {
  if (result.kind === 'ok') return { state: 'active', reason: null, failures: 0, checkedAt };
  const failures = (before?.failures ?? 0) + 1;
  const state = result.kind === 'refused' || failures >= FAILURES_TO_ERROR ? 'error' : 'degraded';
  return { state, reason: result.reason, failures, checkedAt };
}

export const healthRules = {
  'health.note': (doc: Doc | null, input: HealthInput, now: string): RuleResult => {
    const before = doc as AccountHealth | null;
    const next = nextHealth(before, input.result, input.checkedAt);
    const from = before?.state ?? 'active';
    const data = {
      kind: 'account_status',
      resourceType: 'provider_account',
      resourceId: input.accountId,
      from,
      to: next.state,
    } as const;
    return {
      next,
      result: null,
      also: from === next.state ? [] : [{ in: routingEvents.collection, doc: eventDoc(input, 0, now, data) }],
    };
  },
};

/** Asks the provider for its models and notes what came of it; an account whose reference cannot be resolved here keeps its status. */
export async function checkAccount(ctx: Context, account: ProviderAccount): Promise<CheckResult | null> {
  const credentials = credentialsOf(account, ctx.deps.env);
  if (!credentials) return null;
  const result = await probe(credentials, { allowPrivate: ctx.deps.allowPrivateAddresses });
  const { orgId, id } = account;
  const input: HealthInput = {
    orgId,
    accountId: id,
    eventIds: [ctx.deps.ids.next('rev_')],
    result,
    checkedAt: new Date(ctx.deps.now()).toISOString(),
  };
  await withRetry(() =>
    save(ctx, [{ change: { type: 'apply', in: healthCollection, key: { orgId, id }, rule: 'health.note', input } }], {
      providerAccount: account,
    }),
  );
  return result;
}
