import type { z } from 'zod';
import type { Finding } from '../../graphql/mutations.ts';
import type { Context } from '../../resource/context.ts';
import { feedEvents } from '../../resource/feed-event.ts';
import { newDoc } from '../../resource/new-doc.ts';
import { need } from '../../resource/noun.ts';
import { mergePatch } from '../../resource/patch.ts';
import { countBelow, tombstone } from '../../resource/subtree.ts';
import { checkVersion } from '../../resource/version.ts';
import { insertion, type Planned, removal, replacement, save, update, withRetry } from '../../resource/write.ts';
import { invalidField } from '../../words/errors.ts';
import { orgFence } from '../orgs/fence.ts';
import {
  type createWebhookInput,
  type deleteWebhookInput,
  type rotateWebhookSecretInput,
  signingSecrets,
  type updateWebhookInput,
  type Webhook,
  webhooks,
} from './model.ts';
import { firstSecret, newSecret, rotated } from './secrets.ts';
import { posting, waking } from './task.ts';
import { insideProblem, isWebhookUrl } from './url.ts';

/** An address inside is refused where it can be told from its text. */
export function urlFindings({ url }: { url?: string }, { deps }: Context): Finding[] {
  const message = url !== undefined && isWebhookUrl(url) ? insideProblem(url, deps.allowPrivateAddresses) : null;
  return message === null ? [] : [{ path: ['url'], message }];
}

export function createWebhook(ctx: Context, input: z.output<typeof createWebhookInput>) {
  return withRetry(async () => {
    const webhook = newDoc(ctx, webhooks, ctx.deps.ids.next('wh_'), input, {
      ...readerOf(ctx),
      beginsAfter: await lastPlace(ctx),
    });
    const secret = newSecret(ctx.deps.randomBytes);
    const planned = [
      ...insertion(ctx, webhooks, webhook),
      firstSecret(ctx, webhook, secret),
      { change: posting(ctx, webhook) },
      ...fewEnough(ctx),
    ];
    return { ...(await save(ctx, planned, { webhook, secret: null })), secret };
  });
}

/** An org's webhooks share its places of delivery: more of them would only wait for each other. */
const WEBHOOKS_MAX = 100;

function fewEnough(ctx: Context): Planned[] {
  const query = { orgId: ctx.principal.orgId };
  const message = `an organization has at most ${WEBHOOKS_MAX} webhooks: delete one, or have one receiver take more types`;
  return [
    orgFence(ctx),
    {
      change: { type: 'atMost', in: webhooks.collection, query, max: WEBHOOKS_MAX },
      otherwise: () => invalidField([], message, WEBHOOKS_MAX),
    },
  ];
}

/** A webhook tells no more than whoever chose its address could read: nobody learns by it what they may not see. */
function readerOf({ principal }: Context) {
  const { actorId, permissions, workspaceIds } = principal;
  return { readsAs: actorId, permissions: [...permissions], workspaceIds: workspaceIds && [...workspaceIds] };
}

async function lastPlace(ctx: Context): Promise<number> {
  const [last] = await ctx.deps.store.lastNumbers(feedEvents.collection, [ctx.principal.orgId]);
  return last ?? 0;
}

export function updateWebhook(ctx: Context, input: z.output<typeof updateWebhookInput>) {
  return update(
    ctx,
    webhooks,
    () => need(ctx, webhooks, input.webhookId),
    input.expectedVersion,
    async (before) => {
      const doc = mergePatch(webhooks, before, input);
      if (doc.url !== before.url) moveTo(ctx, doc);
      if (doc.enabled && !before.enabled) {
        doc.disabledReason = null;
        doc.beginsAfter = await lastPlace(ctx);
      }
      return { doc, also: doc.enabled && !before.enabled ? [{ change: waking(ctx, doc) }] : [] };
    },
    (webhook) => ({ webhook }),
  );
}

function moveTo(ctx: Context, doc: Webhook): void {
  const problem = insideProblem(doc.url, ctx.deps.allowPrivateAddresses);
  if (problem !== null) throw invalidField(['url'], problem, doc.url);
  Object.assign(doc, readerOf(ctx));
}

export function deleteWebhook(ctx: Context, input: z.output<typeof deleteWebhookInput>) {
  return withRetry(async () => {
    const webhook = await need(ctx, webhooks, input.webhookId);
    checkVersion(ctx, webhook, input.expectedVersion);
    const { orgId, id } = webhook;
    const counts = await countBelow(ctx, webhooks, id);
    const secrets = { change: { type: 'remove', in: signingSecrets, key: { orgId, id } } } as const;
    const marked = tombstone(ctx, webhooks, webhook);
    return save(ctx, [...removal(ctx, webhooks, webhook, { counts }), secrets, ...marked], { webhook });
  });
}

/** A new secret; the old one signs beside it for a while, so that receivers can change theirs in between. */
export function rotateWebhookSecret(ctx: Context, input: z.output<typeof rotateWebhookSecretInput>) {
  return withRetry(async () => {
    const before = await need(ctx, webhooks, input.webhookId);
    checkVersion(ctx, before, null);
    const secret = newSecret(ctx.deps.randomBytes);
    const { after, planned } = replacement(ctx, webhooks, before, before, 'rotate_secret');
    const kept = await rotated(ctx, before, secret, input.overlapSeconds);
    return { ...(await save(ctx, [...planned, kept], { webhook: after, secret: null })), secret };
  });
}
