import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { orgWide } from '../../resource/list.ts';
import { organizations } from '../orgs/model.ts';
import {
  createWebhookInput,
  deleteWebhookInput,
  rotateWebhookSecretInput,
  updateWebhookInput,
  webhooks,
} from './model.ts';
import { createWebhook, deleteWebhook, rotateWebhookSecret, updateWebhook, urlFindings } from './repository.ts';

defineNode(webhooks, "An address that the organization's events are posted to, by Standard Webhooks.", (t) => ({
  organization: edge(t, organizations, 'The organization.', (webhook) => webhook.orgId),
}));

rootNode(webhooks, 'webhook');
rootList(webhooks, 'webhooks', { description: 'The webhooks of the organization.', list: orgWide('webhooks') });
listOn(organizations, 'webhooks', webhooks, 'Its webhooks.', orgWide('webhooks'));

const payload = { webhook: { type: refOf(webhooks), description: 'The webhook.' } };
const secret = {
  secret: { type: 'String', nullable: true, description: 'The signing secret (`whsec_…`); shown this once.' },
};

mutation('createWebhook', {
  permission: 'webhooks:create',
  description: 'Makes a webhook: from now on events are posted there, as far as its maker may read them.',
  input: createWebhookInput,
  rules: urlFindings,
  payload: { ...payload, ...secret },
  resolve: createWebhook,
});

mutation('updateWebhook', {
  permission: 'webhooks:update',
  description: 'Changes a webhook, as a merge patch; with another url it reads with the rights of whoever sets it.',
  input: updateWebhookInput,
  changes: webhooks,
  payload,
  resolve: updateWebhook,
});

mutation('deleteWebhook', {
  permission: 'webhooks:delete',
  description: 'Deletes a webhook with its deliveries; nothing is posted any more.',
  input: deleteWebhookInput,
  payload,
  resolve: deleteWebhook,
});

mutation('rotateWebhookSecret', {
  permission: 'webhooks:update',
  description: 'Gives a webhook another secret; messages are signed with the old one too until the overlap ends.',
  input: rotateWebhookSecretInput,
  payload: { ...payload, ...secret },
  resolve: rotateWebhookSecret,
});
