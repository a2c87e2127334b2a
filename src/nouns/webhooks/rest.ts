import './schema.ts';
import { listQuery } from '../../rest/lists.ts';
import { nounRows, type Row, resourceOf, withSecret } from '../../rest/row.ts';
import { rotateSecretBody, webhooks } from './model.ts';

const kept = { tag: 'Webhooks', documented: true } as const;
const webhook = resourceOf(webhooks, kept);
const LIST = '/v1/orgs/{org_id}/webhooks';

/** The reply that shows the secret once, beside the webhook itself. */
const shownOnce = withSecret(webhook, 'secret');

const rows = nounRows(webhooks, { ...kept, list: LIST, many: 'webhooks', query: listQuery(200) });

export const webhookRows: Row[] = [
  ...rows.map((row) => (row.operationId === 'create_webhook' ? { ...row, ...shownOnce } : row)),
  {
    method: 'POST',
    path: `${LIST}/{webhook_id}/rotate-secret`,
    operationId: 'rotate_webhook_secret',
    summary: 'Rotate Webhook Secret',
    tag: webhook.tag,
    status: 200,
    root: 'rotateWebhookSecret',
    body: rotateSecretBody,
    bodyOptional: true,
    resource: 'webhook',
    ...shownOnce,
  },
];
