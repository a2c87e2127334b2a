import { eventDoc, routingEvents } from '../../routing/events.ts';
import { defineRule } from '../../store/rule.ts';
import type { Doc, Ruled } from '../../store/store.ts';
import { type AccountHealth, accountHealth } from './model.ts';
import type { CheckVerdict } from './probe.ts';

const FAILURES_TO_ERROR = 3;

interface Observed {
  orgId: string;
  accountId: string;
  eventIds: string[];
  /** The `credentialsRef` that was used. */
  reference: string;
}

interface HealthInput extends Observed {
  result: CheckVerdict;
  checkedAt: string;
}

/** One failure degrades, three in a row (or refused credentials) are an error, which only a success ends: it is active again. */
function nextHealth(
  before: Pick<AccountHealth, 'failures' | 'state'> | null,
  result: CheckVerdict,
  checkedAt: string,
): Omit<AccountHealth, keyof Doc> {
  if (result.kind === 'ok') return { state: 'active', reason: null, failures: 0, checkedAt };
  const failures = (before?.failures ?? 0) + 1;
  const isError = result.kind === 'refused' || failures >= FAILURES_TO_ERROR || before?.state === 'error';
  const state = isError ? 'error' : 'degraded';
  return { state, reason: result.reason, failures, checkedAt };
}

/** A check that began under another reference than today's says nothing of it. */
export const noteHealth = defineRule(accountHealth, (stored, input: HealthInput, now) => {
  const before = ofReference(stored);
  if (before !== null && before.reference !== input.reference) return { next: null };
  return moved(before, input, nextHealth(before, input.result, input.checkedAt), now);
});

export const forgetHealth = defineRule(accountHealth, (stored, input: Observed, now) =>
  moved(ofReference(stored), input, { state: 'active', reason: null, failures: 0, checkedAt: null }, now),
);

/** Without its reference, what an older program stored counts for nothing. */
function ofReference(health: AccountHealth | null): AccountHealth | null {
  return health?.reference === undefined ? null : health;
}

function moved(
  before: AccountHealth | null,
  input: Observed,
  next: Omit<AccountHealth, keyof Doc>,
  now: string,
): Ruled<AccountHealth> {
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
    also: from === next.state ? [] : [{ in: routingEvents.collection, doc: eventDoc(input, 0, now, data) }],
  };
}
