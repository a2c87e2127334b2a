import type { Doc, RuleResult } from '../store/store.ts';
import { admit, admits, type Result, record, type TargetState, targetKey } from './breaker.ts';
import { type EventData, eventDoc, inFeed, routingEvents } from './events.ts';
import { periodOf, type Reservation, reserve, type Settlement, settle } from './limits.ts';
import { type BreakerState, breakerAt, resetBreaker, targetOf, type Watched, withTarget } from './policy-breaker.ts';
import type { Meter, PolicyBreaker, PolicyCounters } from './state.ts';
import { passedThresholds, type WatchedQuotas } from './thresholds.ts';
import { addUsage, type UsageInput } from './usage.ts';

/** The named rules of routing: pure, over one document, run inside the commit by either engine. */

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

function meterReserve(doc: Doc | null, input: Reservation): RuleResult {
  const meter = doc as Meter | null;
  const answer = reserve(meter, input);
  if ('refused' in answer) return { refused: answer.refused };
  const { requestCount = 0, totalTokens = 0, lastUsedAt = null } = meter ?? {};
  return { next: { ...answer.next, requestCount, totalTokens, lastUsedAt }, result: null };
}

export interface SettleInput extends Settlement, Emits {
  /** The account whose quota thresholds make events; null for a grant. */
  account: WatchedQuotas | null;
}

function meterSettle(doc: Doc | null, input: SettleInput, now: string): RuleResult {
  const before = doc as Meter | null;
  const next = settle(before, input);
  const period = periodOf(input.decidedMs);
  const month = next.months[period]!;
  if (!input.account) return { next, result: null };
  const { events, told } = passedThresholds(before?.months[period], month, input.account);
  return {
    next: { ...next, months: { ...next.months, [period]: { ...month, told } } },
    result: null,
    also: events.map((data, index) => ({ in: routingEvents.collection, doc: eventDoc(input, index, now, data) })),
  };
}

function breakerAdmit(
  doc: Doc | null,
  input: TargetInput & { decisionId: string; generation: number },
  now: string,
): RuleResult {
  const { settings, target, nowMs } = input;
  const breaker = breakerAt(doc as PolicyBreaker | null, input, nowMs);
  const current = targetOf(breaker, target);
  // Decided from an older state: the plan is made again.
  if (breaker.latched || current.generation !== input.generation || !admits(current, settings, nowMs))
    return { refused: 'changed' };
  const next = admit(current, settings, input.decisionId, nowMs);
  return stored(doc, withTarget(breaker, input, target, next, nowMs), input, now);
}

function breakerRecord(doc: Doc | null, input: TargetInput & { result: Result }, now: string): RuleResult {
  const { settings, target, nowMs } = input;
  const breaker = breakerAt(doc as PolicyBreaker | null, input, nowMs);
  const next = record(targetOf(breaker, target), settings, input.result, nowMs);
  return stored(doc, withTarget(breaker, input, target, next, nowMs), input, now);
}

/** A person closes every target; what was decided before no longer counts. */
function breakerReset(doc: Doc | null, input: BreakerInput, now: string): RuleResult {
  const breaker = breakerAt(doc as PolicyBreaker | null, input, input.nowMs);
  return stored(doc, resetBreaker(breaker), input, now);
}

/** Before the settings change: what they have made of the state until now stays. */
function breakerKeep(doc: Doc | null, input: BreakerInput, now: string): RuleResult {
  if (!doc) return { next: null, result: null };
  return stored(doc, breakerAt(doc as PolicyBreaker, input, input.nowMs), input, now);
}

/** The breaker's next document, with an event of every transition, those of time alone included; the feed has it even where it is not to be noted. */
function stored(doc: Doc | null, breaker: BreakerState, input: BreakerInput, now: string): RuleResult {
  const before = doc as PolicyBreaker | null;
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
    result: null,
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
function policyCount(doc: Doc | null, input: { success: boolean | null; matchedAt: string }): RuleResult {
  const before = doc as PolicyCounters | null;
  const lastMatchedAt =
    before?.lastMatchedAt && before.lastMatchedAt > input.matchedAt ? before.lastMatchedAt : input.matchedAt;
  const next = {
    matchCount: (before?.matchCount ?? 0) + 1,
    successCount: (before?.successCount ?? 0) + Number(input.success === true),
    errorCount: (before?.errorCount ?? 0) + Number(input.success === false),
    lastMatchedAt,
  };
  return { next, result: null };
}

export const decisionRules = {
  'meter.reserve': meterReserve,
  'meter.settle': meterSettle,
  'breaker.admit': breakerAdmit,
  'breaker.record': breakerRecord,
  'breaker.reset': breakerReset,
  'breaker.keep': breakerKeep,
  'policy.count': policyCount,
  'usage.add': (doc: Doc | null, input: UsageInput): RuleResult => ({ next: addUsage(doc, input), result: null }),
};
