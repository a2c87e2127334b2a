import { webhookDeliveries } from '../../../nouns/webhook-deliveries/model.ts';
import { progressIn } from '../../../nouns/webhooks/task.ts';
import type { Deps } from '../../../resource/context.ts';
import { createGate } from '../../scheduler/gate.ts';
import type { Lease } from '../../scheduler/lease.ts';
import type { Outcome } from '../../scheduler/scheduler.ts';
import { type Calling, createCalling } from './calling.ts';
import { webhookOf } from './reading.ts';
import { retryDue } from './retry.ts';
import { type Round, tellNext } from './tell.ts';

/** How long one webhook is served before others of its org have their turn. */
const TURN_MS = 15_000;
/** A webhook with nothing to do is looked at so rarely: whatever is to be done wakes it. */
const PARKED_MS = 3_600_000;
const FOREVER = '9999';

/** Delivers what a webhook has to tell, and what is to be tried again; its task's cursor says how far it is. */
export function createDelivering(deps: Deps, call: Calling = createCalling()) {
  return async (lease: Lease): Promise<Outcome> => {
    const { targetOrgId: orgId, targetId: id } = lease.task;
    const ends = deps.elapsed() + TURN_MS;
    while (deps.elapsed() < ends) {
      lease.signal.throwIfAborted();
      const webhook = await webhookOf(deps, orgId, id);
      if (!webhook) return 'done';
      if (!webhook.enabled) return { againInMs: PARKED_MS };
      // Results of both are stored one after the other: each moves the one task.
      const round: Round = { deps, lease, webhook, call, serial: createGate() };
      const done = await bothEnded(tellNext(round), retryDue(round));
      if (!done.includes(true)) return { againInMs: await idleMs(deps, lease) };
    }
    return { againInMs: 0 };
  };
}

/** The webhook is given back when neither is under way any more. */
async function bothEnded<T>(...works: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}

/** Until the next retry, or until the receiver has rested. */
async function idleMs({ store, now }: Deps, { task }: Lease): Promise<number> {
  const query = { orgId: task.targetOrgId, lane: task.targetId, now: FOREVER, limit: 1 };
  const [next] = await store.due(webhookDeliveries.collection, query);
  const { restUntil } = progressIn(task);
  const moments = [next?.nextTryAt ? Date.parse(next.nextTryAt) : null, restUntil > now() ? restUntil : null];
  return Math.max(0, Math.min(PARKED_MS, ...moments.flatMap((at) => (at === null ? [] : [at - now()]))));
}
