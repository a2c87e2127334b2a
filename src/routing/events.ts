import { feedEvent } from '../resource/feed-event.ts';
import { defineNoun } from '../resource/noun.ts';
import type { Doc } from '../store/store.ts';

export const EVENT_KINDS = {
  breaker: 'A target of a policy opened, was probed or closed.',
  latch: 'A policy was latched after too many openings.',
  quota: 'An account has used 50, 80 or 100 % of a monthly quota.',
  account_status: 'What is observed of an account changed.',
} as const;

export interface EventData {
  kind: keyof typeof EVENT_KINDS;
  resourceType: string;
  resourceId: string;
  target?: string;
  from: string;
  to: string;
}

/** One transition of routing, in the order in which they happened. */
export interface RoutingEvent extends Doc {
  kind: EventData['kind'];
  resourceType: string;
  resourceId: string;
  target: string | null;
  from: string;
  to: string;
  purgeAt: string;
}

export const routingEvents = defineNoun<RoutingEvent>({
  type: 'RoutingEvent',
  resource: 'routing_event',
  permission: 'decisions',
  collection: {
    name: 'routing_events',
    first: { kind: 'breaker', resourceType: '', resourceId: '', target: null, from: '', to: '', purgeAt: '' },
    columns: ['kind'],
    scopes: ['resourceId'],
    totals: [[]],
    expires: 'purgeAt',
    tells: (event, before) => (before ? [] : [told(event)]),
  },
});

const BREAKER_KINDS: Record<string, string> = {
  open: 'breaker.opened',
  half_open: 'breaker.half_open',
  closed: 'breaker.closed',
};
const KINDS: Record<RoutingEvent['kind'], (to: string) => string> = {
  breaker: (to) => BREAKER_KINDS[to]!,
  latch: () => 'policy.latched',
  quota: () => 'quota.threshold',
  account_status: () => 'account.status',
};

/** A quota's threshold is a limit and how much of it is used; all others are transitions. */
function told(event: RoutingEvent) {
  const { kind, resourceType, resourceId, target, from, to } = event;
  const data = kind === 'quota' ? { limit: from, percent: Number.parseInt(to, 10) } : { target, from, to };
  return feedEvent(event, { kind: KINDS[kind](to), resourceType, resourceId, data });
}

const KEPT_MS = 90 * 24 * 3_600_000;

export function eventDoc(
  { orgId, eventIds }: { orgId: string; eventIds: string[] },
  index: number,
  now: string,
  data: EventData,
): RoutingEvent {
  return {
    id: eventIds[index]!,
    orgId,
    version: 1,
    createdAt: now,
    updatedAt: now,
    createdBy: null,
    ...data,
    target: data.target ?? null,
    purgeAt: new Date(Date.parse(now) + KEPT_MS).toISOString(),
  };
}
