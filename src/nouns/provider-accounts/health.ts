import type { Context } from '../../resource/context.ts';
import { commit, withRetry } from '../../resource/write.ts';
import { eventDoc, routingEvents } from '../../routing/events.ts';
import type { Change, Doc, RuleResult } from '../../store/store.ts';
import { credentialsOf } from './credentials.ts';
import type { AccountHealth, ProviderAccount } from './model.ts';
import { type CheckVerdict, probe } from './probe.ts';
import { healthCollection } from './repository.ts';

const FAILURES_TO_ERROR = 3;

interface Observed {
  orgId: string;
  accountId: string;
  eventIds: string[];
  /** The `credentialsRef` that was used. */
  reference: string;
}

export interface HealthInput extends Observed {
  result: CheckVerdict;
  checkedAt: string;
}

/** One failure degrades, three in a row (or refused credentials) are an error, one success is active again. */
function nextHealth(
  before: Pick<AccountHealth, 'failures'> | null,
  result: CheckVerdict,
  checkedAt: string,
): Omit<AccountHealth, keyof Doc> {
  if (result.kind === 'ok') return { state: 'active', reason: null, failures: 0, checkedAt };
  const failures = (before?.failures ?? 0) + 1;
  const state = result.kind === 'refused' || failures >= FAILURES_TO_ERROR ? 'error' : 'degraded';
  return { state, reason: result.reason, failures, checkedAt };
}

export const healthRules = {
  /** A check that began under another reference than today's says nothing of it. */
  'health.note': (doc: Doc | null, input: HealthInput, now: string): RuleResult => {
    const before = ofReference(doc);
    if (before !== null && before.reference !== input.reference) return { next: null, result: null };
    return moved(before, input, nextHealth(before, input.result, input.checkedAt), now);
  },
  'health.forget': (doc: Doc | null, input: Observed, now: string): RuleResult =>
    moved(ofReference(doc), input, { state: 'active', reason: null, failures: 0, checkedAt: null }, now),
};

/** Without its reference, what an older program stored counts for nothing. */
function ofReference(doc: Doc | null): AccountHealth | null {
  const health = doc as AccountHealth | null;
  return health?.reference === undefined ? null : health;
}

function moved(
  before: AccountHealth | null,
  input: Observed,
  next: Omit<AccountHealth, keyof Doc>,
  now: string,
): RuleResult {
  const from = before?.state ?? 'active';
  const data = {
    kind: 'account_status',
    resourceType: 'provider_account',
    resourceId: input.accountId,
    from,
    to: next.state,
  } as const;
  return {
    next: { ...next, reference: input.reference },
    result: null,
    also: from === next.state ? [] : [{ in: routingEvents.collection, doc: eventDoc(input, 0, now, data) }],
  };
}

/** Asks the provider for its models and notes what came of it; null, and the status kept, where it was not asked or its answer says nothing. */
export async function checkAccount(ctx: Context, account: ProviderAccount): Promise<CheckVerdict | null> {
  const credentials = credentialsOf(account, ctx.deps.env);
  if (!credentials) return null;
  const { allowPrivateAddresses: allowPrivate, tracer } = ctx.deps;
  const cause = { orgId: account.orgId, requestId: ctx.requestId };
  const begin = () => tracer?.call('health check', 'GET', cause);
  const result = await probe(account.providerType, credentials, { allowPrivate, begin });
  if (result.kind === 'unknown') return null;
  const { orgId, id } = account;
  const input: HealthInput = {
    orgId,
    accountId: id,
    eventIds: [ctx.deps.ids.next('rev_')],
    reference: account.credentialsRef,
    result,
    checkedAt: new Date(ctx.deps.now()).toISOString(),
  };
  const change: Change = { type: 'apply', in: healthCollection, key: { orgId, id }, rule: 'health.note', input };
  await withRetry(() => commit(ctx, [{ change }]));
  return result;
}
