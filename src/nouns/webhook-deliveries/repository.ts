import type { z } from 'zod';
import { type Context, isoNow } from '../../resource/context.ts';
import { reach } from '../../resource/path.ts';
import { replacement, save, unchanged, withRetry } from '../../resource/write.ts';
import { conflict } from '../../words/errors.ts';
import { webhooks } from '../webhooks/model.ts';
import { waking } from '../webhooks/task.ts';
import { type redeliverInput, webhookDeliveries } from './model.ts';

/** Once more, and from the beginning of the schedule where that fails. */
export function redeliver(ctx: Context, input: z.output<typeof redeliverInput>) {
  return withRetry(async () => {
    const above = [[webhooks, input.webhookId]] as const;
    const before = await reach(ctx, above, webhookDeliveries, input.deliveryId);
    const webhook = await reach(ctx, [], webhooks, before.webhookId);
    if (!webhook.enabled) throw conflict('webhook', { reason: 'disabled', conflictingId: webhook.id });
    const next = { ...before, status: 'pending' as const, nextTryAt: isoNow(ctx), failures: 0 };
    const { after, planned } = replacement(ctx, webhookDeliveries, before, next, 'redeliver');
    const all = [...planned, unchanged(webhooks, webhook), { change: waking(ctx, webhook) }];
    return save(ctx, all, { webhookDelivery: after });
  });
}
