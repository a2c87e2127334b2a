import { enumOf } from '../../graphql/expose.ts';
import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, type FilteredList, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { allShown } from '../../resource/private-to.ts';
import type { Clause } from '../../store/store.ts';
import { type Webhook, webhooks } from '../webhooks/model.ts';
import { deliveryStatus, redeliverInput, type WebhookDelivery, webhookDeliveries } from './model.ts';
import { redeliver } from './repository.ts';

defineNode(webhookDeliveries, 'One event on its way to one webhook; kept as long as the event, 7 days.', (t) => ({
  webhook: edge(t, webhooks, 'The webhook.', (delivery) => delivery.webhookId),
}));

interface DeliveryFilters {
  webhookId: string;
  status?: WebhookDelivery['status'] | null;
}

/** The deliveries of a webhook; the same below it and at the root. */
const deliveryList: FilteredList<WebhookDelivery, DeliveryFilters> = {
  args: (t) => ({ status: t.arg({ type: enumOf(deliveryStatus), description: 'Only those that fare so.' }) }),
  list: ({ webhookId, status }, { principal }) => {
    const where: Clause[] = [
      { field: 'webhookId', in: [webhookId] },
      ...(status ? [{ field: 'status', in: [status] }] : []),
    ];
    return { name: `deliveries ${webhookId} ${status ?? ''}`, where, totals: allShown(principal, where) };
  },
};

const within = [['webhookId', webhooks]] as const;
rootNode(webhookDeliveries, 'webhookDelivery', within, 'deliveryId');
rootList(webhookDeliveries, 'webhookDeliveries', {
  above: within,
  description: 'The deliveries of a webhook, newest first.',
  ...deliveryList,
});
listOn<Webhook, WebhookDelivery, Omit<DeliveryFilters, 'webhookId'>>(
  webhooks,
  'deliveries',
  webhookDeliveries,
  'Its deliveries, newest first.',
  {
    args: deliveryList.args,
    list: (args, ctx) => deliveryList.list({ ...args, webhookId: (args as { parent: Webhook }).parent.id }, ctx),
  },
);

mutation('redeliverWebhookDelivery', {
  permission: 'webhooks:update',
  description: 'Delivers an event to a webhook once more, now; a CONFLICT (`disabled`) where the webhook is disabled.',
  input: redeliverInput,
  payload: { webhookDelivery: { type: refOf(webhookDeliveries), description: 'The delivery.' } },
  resolve: redeliver,
});
