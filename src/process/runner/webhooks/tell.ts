import { untried, type WebhookDelivery, webhookDeliveries } from '../../../nouns/webhook-deliveries/model.ts';
import { isGone, tried } from '../../../nouns/webhook-deliveries/tried.ts';
import type { Webhook } from '../../../nouns/webhooks/model.ts';
import { type Progress, progressIn } from '../../../nouns/webhooks/task.ts';
import type { Deps } from '../../../resource/context.ts';
import { commit, type Planned } from '../../../resource/write.ts';
import type { Gate } from '../../scheduler/gate.ts';
import type { Lease } from '../../scheduler/lease.ts';
import { systemContext } from '../../setup/system.ts';
import type { Calling } from './calling.ts';
import { disabled } from './gone.ts';
import { eventsAhead, readerOf } from './reading.ts';

/** One look at one webhook. */
export interface Round {
  deps: Deps;
  lease: Lease;
  webhook: Webhook;
  call: Calling;
  serial: Gate;
}

/** Events read at once. */
const BATCH = 50;
/** After so long the webhook is read again: it may have been changed. */
const ROUND_MS = 1_000;
/** What has been delivered is stored at least so often; a crash repeats what was delivered since. */
const STORED_MS = 100;
/** How many deliveries of a webhook may wait to be tried again; beyond, what fails stays where it is in the feed. */
const WAITING_MAX = 1_000;
/** After so many failures in a row the receiver is down: it rests between tries, longer each time. */
const DOWN_AFTER = 20;
const REST_MS = 5_000;
const REST_MAX_MS = 60_000;

/** Tries what follows in the feed, one event after the other. Answers whether there was anything to do. */
export async function tellNext(round: Round): Promise<boolean> {
  const { deps, lease, webhook } = round;
  const begun = deps.elapsed();
  const stored = progressIn(lease.task);
  if (stored.restUntil > deps.now()) return false;
  const after = Math.max(stored.place, webhook.beginsAfter);
  const reader = readerOf(deps, webhook);
  const { events, upTo } = await eventsAhead(reader, webhook, after, BATCH);
  if (events.length === 0) {
    if (upTo > stored.place) await keep(round, { ...stored, place: upTo }, []);
    return false;
  }
  let room = WAITING_MAX - (await waiting(round));
  let { failures } = stored;
  const told: WebhookDelivery[] = [];
  const keepTold = (place: number, restUntil = 0, isOver = false) =>
    keep(round, { place, failures, restUntil }, told.splice(0), isOver);
  let [place, keptAt] = [after, begun];
  for (const [at, event] of events.entries()) {
    const called = await round.call(reader, webhook, event, lease.signal).catch(async (error: unknown) => {
      // Called off: what has been delivered need not be delivered again.
      await keepTold(place);
      throw error;
    });
    const [now, elapsed] = [deps.now(), deps.elapsed()];
    const hasFailed = called.error !== null;
    failures = hasFailed ? failures + 1 : 0;
    if (hasFailed && room <= 0 && !isGone(called)) {
      await keepTold(place, now + restMs(failures));
      return true;
    }
    if (hasFailed) room -= 1;
    told.push(tried(untried(webhook.id, event, new Date(now).toISOString()), called, now, deps.random()));
    place = at === events.length - 1 ? upTo : event.place;
    const restUntil = failures >= DOWN_AFTER ? now + restMs(failures) : 0;
    const isLast = place === upTo || elapsed - begun >= ROUND_MS || restUntil > 0 || isGone(called);
    if (!isLast && !hasFailed && elapsed - keptAt < STORED_MS) continue;
    await keepTold(place, restUntil, isGone(called));
    if (isLast) return true;
    keptAt = elapsed;
  }
  return true;
}

function restMs(failures: number): number {
  return Math.min(REST_MAX_MS, REST_MS * 2 ** Math.max(0, failures - DOWN_AFTER));
}

async function waiting({ deps, webhook: { orgId, id } }: Round): Promise<number> {
  const where = [
    { field: 'webhookId', in: [id] },
    { field: 'status', in: ['pending'] },
  ];
  const [count] = await deps.store.counts(webhookDeliveries.collection, [{ orgId, where }]);
  return count ?? 0;
}

/** What was delivered and how far that is, in one commit: whoever goes on, here or elsewhere, goes on behind it. */
function keep(
  { deps, lease, webhook, serial }: Round,
  progress: Progress,
  deliveries: WebhookDelivery[],
  isOver = false,
): Promise<void> {
  const ctx = systemContext(deps, webhook.orgId);
  const rows = deliveries.map(
    (doc): Planned => ({ change: { type: 'insert', in: webhookDeliveries.collection, doc } }),
  );
  return serial(async () => {
    const ending = isOver ? await disabled(ctx, webhook) : [];
    await lease.advance(JSON.stringify(progress), (kept) => commit(ctx, [kept, ...rows, ...ending]));
  });
}
