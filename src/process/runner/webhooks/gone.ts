import { type Webhook, webhooks } from '../../../nouns/webhooks/model.ts';
import type { Context } from '../../../resource/context.ts';
import { type Planned, replacement } from '../../../resource/write.ts';

/** The receiver has said that it is gone: the webhook is disabled, unless somebody has given it another address meanwhile. */
export async function disabled(ctx: Context, { orgId, id, url }: Webhook): Promise<Planned[]> {
  const stored = await ctx.deps.store.get(webhooks.collection, { orgId, id });
  if (!stored?.enabled || stored.url !== url) return [];
  return replacement(ctx, webhooks, stored, { ...stored, enabled: false, disabledReason: 'gone' }, 'disable').planned;
}
