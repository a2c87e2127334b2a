import { type WebhookDelivery, webhookDeliveries } from '../../../nouns/webhook-deliveries/model.ts';
import { type Called, isGone, tried, untellable } from '../../../nouns/webhook-deliveries/tried.ts';
import { type Progress, progressIn } from '../../../nouns/webhooks/task.ts';
import { isoNow } from '../../../resource/context.ts';
import { commit, withRetry } from '../../../resource/write.ts';
import { systemContext } from '../../setup/system.ts';
import { disabled } from './gone.ts';
import { eventAgain, readerOf } from './reading.ts';
import type { Round } from './tell.ts';

/** How many of one webhook are tried again at once. */
const AT_ONCE = 3;

/** Tries again what is due. Answers whether anything was. */
export async function retryDue(round: Round): Promise<boolean> {
  const { deps, webhook } = round;
  const query = { orgId: webhook.orgId, lane: webhook.id, now: isoNow({ deps }), limit: AT_ONCE };
  const due = await deps.store.due(webhookDeliveries.collection, query);
  await Promise.all(due.map((delivery) => retry(round, delivery)));
  return due.length > 0;
}

async function retry(round: Round, delivery: WebhookDelivery): Promise<void> {
  const { deps, lease, webhook, call } = round;
  const reader = readerOf(deps, webhook);
  const event = await eventAgain(reader, delivery.eventId);
  const called = event && (await call(reader, webhook, event, lease.signal));
  const chance = deps.random();
  await keep(round, delivery, called, (stored) =>
    called ? tried(stored, called, deps.now(), chance) : untellable(stored, deps.now()),
  );
}

/** Somebody may have asked for it once more in the meantime: what came of this try is told of what is stored then. */
function keep(
  { deps, lease, webhook, serial }: Round,
  { orgId, id }: WebhookDelivery,
  called: Called | null,
  next: (stored: WebhookDelivery) => WebhookDelivery,
): Promise<void> {
  const ctx = systemContext(deps, orgId);
  const store = () =>
    withRetry(async () => {
      const stored = await deps.store.get(webhookDeliveries.collection, { orgId, id });
      if (!stored) return;
      const doc = { ...next(stored), version: stored.version + 1 };
      const change = { type: 'put', in: webhookDeliveries.collection, doc, expected: stored.version } as const;
      const ending = called && isGone(called) ? await disabled(ctx, webhook) : [];
      const progress = JSON.stringify(after(progressIn(lease.task), called));
      await lease.advance(progress, (kept) => commit(ctx, [kept, { change }, ...ending]));
    });
  return serial(store);
}

/** A receiver that answers again need not rest any longer. */
function after(progress: Progress, called: Called | null): Progress {
  return called?.error === null ? { ...progress, failures: 0, restUntil: 0 } : progress;
}
