import { z } from 'zod';
import { TYPE_PATTERN } from '../../resource/feed/filter.ts';
import * as field from '../../resource/field/index.ts';
import { defineNoun } from '../../resource/noun.ts';
import type { Collection, Doc } from '../../store/store.ts';
import { expectedVersion, within } from '../../validation/fields.ts';
import { ADDRESS, isWebhookUrl, URL_WANTED } from './url.ts';

const TYPES_MAX = 50;
const pattern = z
  .string()
  .regex(TYPE_PATTERN, 'a type is written kind.action, kind.* or *')
  .describe('A type of events.');
const COUNT_WANTED = `name from 1 to ${TYPES_MAX} types`;
const patterns = z.array(pattern).min(1, COUNT_WANTED).max(TYPES_MAX, COUNT_WANTED);

const fields = {
  webhookId: field.documentedId(),
  orgId: field.org(),
  url: field.text(
    z.string().regex(ADDRESS, { error: URL_WANTED, abort: true }).refine(isWebhookUrl, URL_WANTED),
    'Where events are posted to: an https address, or one of loopback where ALLOW_PRIVATE_ADDRESSES is set. Whoever sets it is whose rights decide what is told there.',
    { shown: 'Where events are posted to.' },
  ),
  types: field.textListOr(
    patterns,
    ['*'],
    'Which events: `namespace.update`, every one of a kind (`namespace.*`), or all (`*`).',
  ),
  enabled: field.flag(
    true,
    'Whether events are posted. What happens while it is false is not posted later; deliveries that wait go on when it is true again.',
  ),
  description: field.optionalText('What it is for.'),
  disabledReason: field.readOnly(
    field.optionalText('Why the product has disabled it: `gone` after an answer of 410; null: it has not.'),
  ),
  readsAs: field.made(
    field.id('The actor with whose rights it reads the feed: who last set the url, with what they could see then.'),
  ),
  secret: field.shownOnce(field.optionalText('The signing secret.')),
  /** What that actor was allowed to do and see. */
  permissions: field.internal<readonly string[]>([]),
  workspaceIds: field.internal<readonly string[] | null>(null),
  /** The place in the feed behind which it began, or was enabled again. */
  beginsAfter: field.internal(0),
  ...field.authored,
};
/** An address that an org's events are posted to. */
export type Webhook = field.DocOf<typeof fields>;

export const webhooks = defineNoun(fields, {
  type: 'Webhook',
  resource: 'webhook',
  permission: 'webhooks',
  collection: { name: 'webhooks', stamped: true, totals: [[]] },
});

/** What a webhook's messages are signed with; apart from it, so that it is in no list, event or audit. Its id is the webhook's. */
export interface SigningSecrets extends Doc {
  secrets: { secret: string; endsAt: string | null }[];
}
export const signingSecrets: Collection<SigningSecrets> = { name: 'webhook_secrets', first: { secrets: [] } };

/** How long the old secret signs beside the new one where nothing is said. */
const OVERLAP_SECONDS = 86_400;
export const rotateSecretBody = z
  .object({
    overlapSeconds: z
      .int()
      .min(0)
      .max(604_800)
      .default(OVERLAP_SECONDS)
      .describe('How long messages are signed with the old secret too, in seconds; a day by default.'),
  })
  .meta({ readOnly: field.repeatable(fields) });

const target = { webhookId: z.string().describe('The webhook.') };
export const createWebhookInput = webhooks.bodies.create.extend(within);
export const updateWebhookInput = webhooks.bodies.update.extend({ ...within, ...target, expectedVersion });
export const deleteWebhookInput = z.object({ ...within, ...target, expectedVersion });
export const rotateWebhookSecretInput = rotateSecretBody.extend({ ...within, ...target });
