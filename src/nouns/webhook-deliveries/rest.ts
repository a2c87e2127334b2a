import './schema.ts';
import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { listQuery } from '../../rest/lists.ts';
import { getRow, listRow, type Row, resourceOf, writeRow } from '../../rest/row.ts';
import { deliveryStatus, webhookDeliveries } from './model.ts';

// How it fares is no version of it that anybody changes.
const delivery = resourceOf(webhookDeliveries, { tag: 'Webhooks', conditional: false });
const LIST = '/v1/orgs/{org_id}/webhooks/{webhook_id}/deliveries';

export const webhookDeliveryRows: Row[] = [
  listRow(delivery, {
    path: LIST,
    operationId: 'list_webhook_deliveries',
    summary: 'List Webhook Deliveries',
    root: 'webhookDeliveries',
    key: 'deliveries',
    query: z.object({
      status: field.wordOf(deliveryStatus).nullable().optional().describe('Only those that fare so.'),
      ...listQuery(200).shape,
    }),
  }),
  getRow(delivery, {
    path: `${LIST}/{delivery_id}`,
    operationId: 'get_webhook_delivery',
    summary: 'Get Webhook Delivery',
    root: 'webhookDelivery',
  }),
  writeRow(delivery, {
    method: 'POST',
    path: `${LIST}/{delivery_id}/redeliver`,
    operationId: 'redeliver_webhook_delivery',
    summary: 'Redeliver Webhook Delivery',
    root: 'redeliverWebhookDelivery',
    status: 200,
  }),
];
