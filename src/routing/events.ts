import { z } from 'zod';
import { feedEvent } from '../resource/feed-event.ts';
import * as field from '../resource/field/index.ts';
import { docFrom, firstVersion } from '../resource/new-doc.ts';
import { defineNoun } from '../resource/noun.ts';
import { expected } from '../words/expected.ts';

export const eventKind = field.words('RoutingEventKind', 'What happened.', {
  breaker: 'A target of a policy opened, was probed or closed.',
  latch: 'A policy was latched after too many openings.',
  quota: 'An account has used 50, 80 or 100 % of a monthly quota.',
  account_status: 'What is observed of an account changed.',
});

const fields = {
  eventId: field.documentedId(),
  kind: field.made(field.word(eventKind, 'breaker', 'What happened.')),
  resourceType: field.made(field.text(z.string(), 'The kind of thing it happened to.')),
  resourceId: field.made(field.id('The thing.')),
  target: field.readOnly(field.optionalText('Of a breaker: `account|upstream model`.')),
  from: field.made(field.text(z.string(), 'What it was; of a quota: its key.')),
  to: field.made(field.text(z.string(), 'What it became; of a quota: the share used.')),
  purgeAt: field.internal(''),
};

/** One transition of routing, in the order in which they happened. */
export type RoutingEvent = field.DocOf<typeof fields>;
/** What tells one from the others. */
export type EventData = Omit<field.Made<typeof fields>, 'purgeAt'>;

export const routingEvents = defineNoun(fields, {
  type: 'RoutingEvent',
  resource: 'routing_event',
  permission: 'decisions',
  collection: {
    name: 'routing_events',
    columns: ['kind'],
    scopes: ['resourceId'],
    totals: [[]],
    expires: 'purgeAt',
    tells: (event, before) => (before ? [] : [inFeed(event)]),
  },
});

const BREAKER_KINDS: Record<string, string> = {
  open: 'breaker.opened',
  half_open: 'breaker.half_open',
  closed: 'breaker.closed',
};
const KINDS: Record<RoutingEvent['kind'], (to: string) => string> = {
  breaker: (to) => expected(BREAKER_KINDS[to], `kind of event for ${to}`),
  latch: () => 'policy.latched',
  quota: () => 'quota.threshold',
  account_status: () => 'account.status',
};

/** A quota's threshold is a limit and how much of it is used; all others are transitions. */
export function inFeed(event: RoutingEvent) {
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
  const purgeAt = new Date(Date.parse(now) + KEPT_MS).toISOString();
  const id = expected(eventIds[index], 'id for a further event');
  return docFrom(routingEvents, firstVersion({ orgId, id }, now, null), { ...data, purgeAt });
}
