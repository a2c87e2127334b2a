import type { Target } from '../models/model.ts';
import { admit, afterTransition, at, policyState, type Result, record } from '../router-policies/breaker.ts';
import type { CircuitBreaker } from '../router-policies/model.ts';
import type { Doc, RuleResult } from '../store/store.ts';
import { type EventData, eventDoc, routingEvents } from './events.ts';
import { type Reservation, reserve, type Settlement, settle } from './limits.ts';
import type { Meter, PolicyBreaker, PolicyCounters } from './state.ts';
import { addUsage, type UsageInput } from './usage.ts';

/** The named rules of routing: pure, over one document, run inside the commit by either engine. */

interface Emits {
  orgId: string;
  /** As many ids as the rule may need. */
  eventIds: string[];
}

export interface BreakerInput extends Emits {
  policyId: string;
  settings: CircuitBreaker;
  targets: Target[];
  target: string;
  nowMs: number;
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
  account: { id: string; maxTokens: number | null; maxRequests: number | null } | null;
}

const THRESHOLDS = [50, 80, 100];

function meterSettle(doc: Doc | null, input: SettleInput, now: string): RuleResult {
  const before = doc as Meter | null;
  const next = settle(before, input);
  const period = new Date(input.decidedMs).toISOString().slice(0, 7);
  const events = input.account ? quotaEvents(before?.months[period], next.months[period], input.account) : [];
  return {
    next,
    result: null,
    also: events.map((data, index) => ({ in: routingEvents.collection, doc: eventDoc(input, index, now, data) })),
  };
}

function quotaEvents(
  before: { tokens: number; requests: number } | undefined,
  after: { tokens: number; requests: number } | undefined,
  account: NonNullable<SettleInput['account']>,
): EventData[] {
  const quotas = [
    { key: 'max_tokens_per_month', limit: account.maxTokens, from: before?.tokens ?? 0, to: after?.tokens ?? 0 },
    {
      key: 'max_requests_per_month',
      limit: account.maxRequests,
      from: before?.requests ?? 0,
      to: after?.requests ?? 0,
    },
  ];
  return quotas.flatMap(({ key, limit, from, to }) =>
    limit === null || limit === 0
      ? []
      : THRESHOLDS.filter((percent) => from * 100 < percent * limit && to * 100 >= percent * limit).map(
          (percent): EventData => ({
            kind: 'quota',
            resourceType: 'provider_account',
            resourceId: account.id,
            from: key,
            to: `${percent}%`,
          }),
        ),
  );
}

const NO_BREAKER: Pick<PolicyBreaker, 'targets' | 'openings' | 'latched'> = {
  targets: {},
  openings: [],
  latched: false,
};

function breakerAdmit(
  doc: Doc | null,
  input: BreakerInput & { decisionId: string; generation: number },
  now: string,
): RuleResult {
  const breaker = (doc as PolicyBreaker | null) ?? NO_BREAKER;
  const before = at(breaker.targets[input.target], input.nowMs);
  const free = before.state === 'half_open' && Object.keys(before.probes).length < input.settings.halfOpenRequests;
  // Decided from an older state: the plan is made again.
  if (breaker.latched || before.generation !== input.generation || !free) return { refused: 'changed' };
  return change(breaker, input, admit(before, input.settings, input.decisionId, input.nowMs), now);
}

function breakerRecord(doc: Doc | null, input: BreakerInput & { result: Result }, now: string): RuleResult {
  const breaker = (doc as PolicyBreaker | null) ?? NO_BREAKER;
  const next = record(breaker.targets[input.target], input.settings, input.result, input.nowMs);
  return change(breaker, input, next, now);
}

/** Stores a target's next state, and what follows for the policy: an opening, the latch, the events. */
function change(
  breaker: Pick<PolicyBreaker, 'targets' | 'openings' | 'latched'>,
  input: BreakerInput,
  next: PolicyBreaker['targets'][string],
  now: string,
): RuleResult {
  const { settings, nowMs, target } = input;
  const stored = breaker.targets[target];
  const targets = { ...breaker.targets, [target]: next };
  const [from, to] = [policyState(breaker, input.targets, nowMs), policyState({ targets }, input.targets, nowMs)];
  const { openings, latched } = afterTransition(breaker.openings, settings, from, to, nowMs);
  const events: EventData[] = [];
  const subject = { resourceType: 'router_policy', resourceId: input.policyId, target };
  const before = stored?.state ?? 'closed';
  if (settings.notifyOnOpen && before !== next.state)
    events.push({ kind: 'breaker', ...subject, from: before, to: next.state });
  if (latched && !breaker.latched) events.push({ kind: 'latch', ...subject, from: 'enabled', to: 'latched' });
  return {
    next: { targets, openings, latched: breaker.latched || latched, wasOpen: to === 'open' },
    result: null,
    also: events.map((data, index) => ({ in: routingEvents.collection, doc: eventDoc(input, index, now, data) })),
  };
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
  'policy.count': policyCount,
  'usage.add': (doc: Doc | null, input: UsageInput): RuleResult => ({ next: addUsage(doc, input), result: null }),
};
