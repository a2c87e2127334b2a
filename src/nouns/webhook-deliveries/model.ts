import { z } from 'zod';
import { type FeedEvent, KEPT_MS } from '../../resource/feed-event.ts';
import * as field from '../../resource/field/index.ts';
import { firstVersion } from '../../resource/new-doc.ts';
import { defineNoun } from '../../resource/noun.ts';
import { byPrivateTo } from '../../resource/private-to.ts';
import { within } from '../../validation/fields.ts';
import { idFrom } from '../../words/ids.ts';

export const deliveryStatus = field.words('WebhookDeliveryStatus', 'How an event fares with a webhook.', {
  pending: 'It has failed so far and is tried again, or is to be delivered once more.',
  delivered: 'The receiver has answered 2xx.',
  failed: 'It is not tried any more.',
});

const fields = {
  deliveryId: field.documentedId(),
  webhookId: field.parent('The webhook.'),
  orgId: field.org(),
  eventId: field.made(field.id('The event; receivers know it as `webhook-id`.')),
  eventType: field.made(field.text(z.string(), 'What happened: `namespace.update`.')),
  status: field.readOnly(field.word(deliveryStatus, 'pending', 'How it fares.')),
  tries: field.readOnly(field.count('How often it has been tried.')),
  lastStatusCode: field.readOnly(field.optionalCount('What the receiver answered last; null: nothing.')),
  lastError: field.readOnly(field.optionalText('Why the last try failed, in words; null: it did not.')),
  lastTriedAt: field.readOnly(field.optionalTime('When it was tried last.')),
  nextTryAt: field.readOnly(field.optionalTime('From when on it is tried again; null: it is not.')),
  /** How far along the schedule of retries it is. */
  failures: field.internal(0),
  workspaceId: field.internal<string | null>(null),
  /** Whose the thing that the event tells of was alone then; null: everybody's. */
  privateTo: field.internal<string | null>(null),
  purgeAt: field.internal(''),
  ...field.authored,
};
/** One event on its way to one webhook; there from its first try on. */
export type WebhookDelivery = field.DocOf<typeof fields>;

export const webhookDeliveries = defineNoun(fields, {
  type: 'WebhookDelivery',
  resource: 'webhook_delivery',
  permission: 'webhooks',
  collection: {
    name: 'webhook_deliveries',
    columns: ['status', 'workspaceId', 'privateTo'],
    scopes: ['webhookId'],
    totals: [['webhookId'], ['webhookId', 'status'], ['webhookId', 'privateTo'], ['webhookId', 'status', 'privateTo']],
    ancestors: [{ field: 'webhookId', in: 'webhooks' }],
    expires: 'purgeAt',
    queue: { lane: 'webhookId', due: 'nextTryAt' },
  },
  // That a thing was told of which one does not see is nothing to tell, either.
  hides: { ...byPrivateTo, privateTo: () => null },
});

/** As it is before its first try: its id is always the same. It goes with its event. */
export function untried(webhookId: string, event: FeedEvent, now: string): WebhookDelivery {
  const id = idFrom('whd_', Date.parse(event.createdAt), `${webhookId} ${event.id}`);
  return {
    ...firstVersion({ orgId: event.orgId, id }, now, null),
    webhookId,
    eventId: event.id,
    eventType: event.kind,
    status: 'pending',
    tries: 0,
    lastStatusCode: null,
    lastError: null,
    lastTriedAt: null,
    nextTryAt: null,
    failures: 0,
    workspaceId: event.workspaceId,
    privateTo: event.privateTo,
    purgeAt: new Date(Date.parse(event.createdAt) + KEPT_MS).toISOString(),
  };
}

export const redeliverInput = z.object({
  ...within,
  webhookId: z.string().nullable().optional().describe('The webhook that it is of; checked when given.'),
  deliveryId: z.string().describe('The delivery.'),
});
