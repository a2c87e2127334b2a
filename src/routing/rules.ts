import { defineRule } from '../store/rule.ts';
import type { Ruled } from '../store/store.ts';
import { admit, admits, type Result, record, type TargetState, targetKey } from './breaker.ts';
import { type EventData, eventDoc, inFeed, routingEvents } from './events.ts';
import { periodOf, type Reservation, reserve, type Settlement, settle } from './limits.ts';
import {
  type BreakerState,
  breakerAt,
  judgedAnew,
  resetBreaker,
  targetOf,
  type Watched,
  withTarget,
} from './policy-breaker.ts';
import { meters, type PolicyBreaker, policyBreakers, policyCounters } from './state.ts';
import { passedThresholds, type WatchedQuotas } from './thresholds.ts';

/** The rules of routing: pure, over one document, run inside the commit by either engine. */

interface Emits {
  orgId: string;
  /** As many ids as the rule may need. */
  eventIds: string[];
}

export interface BreakerInput extends Emits, Watched {
  policyId: string;
  target?: string;
  nowMs: number;
}
type TargetInput = BreakerInput & { target: string };

/** As many events as one change can make of a breaker with these targets. */
export function breakerEvents(targets: readonly unknown[]): number {
  return 2 * (targets.length + 1) + 1;
}

export const meterReserve = defineRule(meters, (meter, input: Reservation) => {
  const answer = reserve(meter, input);
  if ('refused' in answer) return { refused: answer.refused };
  const { requestCount = 0, totalTokens = 0, lastUsedAt = null } = meter ?? {};
  return { next: { ...answer.next, requestCount, totalTokens, lastUsedAt } };
});

export interface SettleInput extends Settlement, Emits {
  /** The account whose quota thresholds make events; null for a grant. */
  account: WatchedQuotas | null;
}

export const meterSettle = defineRule(meters, (before, input: SettleInput, now) => {
  const next = settle(before, input);
  const period = periodOf(input.decidedMs);
  const month = next.months[period];
  if (!input.account || !month) return { next };
  const { events, told } = passedThresholds(before?.months[period], month, input.account);
  return {
    next: { ...next, months: { ...next.months, [period]: { ...month, told } } },
    also: events.map((data, index) => ({ in: routingEvents.collection, doc: eventDoc(input, index, now, data) })),
  };
});

type AdmitInput = TargetInput & { decisionId: string; generation: number };

export const breakerAdmit = defineRule(policyBreakers, (before, input: AdmitInput, now) => {
  const { settings, target, nowMs } = input;
  const breaker = breakerAt(before, input, nowMs);
  const current = targetOf(breaker, target);
  // Decided from an older state: the plan is made again.
  if (breaker.latched || current.generation !== input.generation || !admits(current, settings, nowMs))
    return { refused: 'changed' };
  const next = admit(current, settings, input.decisionId, nowMs);
  return stored(before, withTarget(breaker, input, target, next, nowMs), input, now);
});

export const breakerRecord = defineRule(policyBreakers, (before, input: TargetInput & { result: Result }, now) => {
  const { settings, target, nowMs } = input;
  const breaker = breakerAt(before, input, nowMs);
  const next = record(targetOf(breaker, target), settings, input.result, nowMs);
  return stored(before, withTarget(breaker, input, target, next, nowMs), input, now);
});

/** A person closes every target; what was decided before no longer counts. */
export const breakerReset = defineRule(policyBreakers, (before, input: BreakerInput, now) =>
  stored(before, resetBreaker(breakerAt(before, input, input.nowMs)), input, now),
);

/** Before the settings change: what they have made of the state until now stays. */
export const breakerKeep = defineRule(policyBreakers, (before, input: BreakerInput, now) =>
  before ? stored(before, judgedAnew(breakerAt(before, input, input.nowMs), input.nowMs), input, now) : { next: null },
);

/** The breaker's next document, with an event of every transition, those of time alone included; the feed has it even where it is not to be noted. */
function stored(
  before: PolicyBreaker | null,
  breaker: BreakerState,
  input: BreakerInput,
  now: string,
): Ruled<PolicyBreaker> {
  const subject = { resourceType: 'router_policy', resourceId: input.policyId };
  const watched = [...new Set([...input.targets.map(targetKey), ...(input.target ? [input.target] : [])])];
  const events = watched.flatMap((key) =>
    steps(before?.targets[key]?.state ?? 'closed', targetOf(breaker, key).state).map(
      ([from, to]): EventData => ({ kind: 'breaker', ...subject, target: key, from, to }),
    ),
  );
  if (breaker.latched && !before?.latched)
    events.push({ kind: 'latch', ...subject, target: input.target, from: 'enabled', to: 'latched' });
  return {
    next: { ...breaker },
    also: events.map((data, index) => {
      const event = eventDoc(input, index, now, data);
      const isNoted = data.kind !== 'breaker' || input.settings.notifyOnOpen;
      return isNoted ? { in: routingEvents.collection, doc: event } : inFeed(event);
    }),
  };
}

/** A target that calls which hang have opened may have ended its cooldown before anything was written. */
function steps(from: TargetState, to: TargetState): [TargetState, TargetState][] {
  if (from === to) return [];
  return from === 'closed' && to === 'half_open'
    ? [
        ['closed', 'open'],
        ['open', 'half_open'],
      ]
    : [[from, to]];
}

/** Caller faults move `matchCount` only. */
export const policyCount = defineRule(
  policyCounters,
  (before, { success, matchedAt }: { success: boolean | null; matchedAt: string }) => ({
    next: {
      matchCount: (before?.matchCount ?? 0) + 1,
      successCount: (before?.successCount ?? 0) + Number(success === true),
      errorCount: (before?.errorCount ?? 0) + Number(success === false),
      lastMatchedAt: before?.lastMatchedAt && before.lastMatchedAt > matchedAt ? before.lastMatchedAt : matchedAt,
    },
  }),
);
