import { type Webhook, webhooks } from '../../../nouns/webhooks/model.ts';
import { progressIn, WEBHOOK_DESK } from '../../../nouns/webhooks/task.ts';
import type { Deps } from '../../../resource/context.ts';
import { whereOf } from '../../../resource/feed/filter.ts';
import { feedEvents } from '../../../resource/feed-event.ts';
import { type Task, tasks } from '../../../resource/task.ts';
import { everyLanes } from '../../../store/every.ts';
import { paired } from '../../../words/paired.ts';
import { move } from '../../scheduler/lease.ts';

/** Orgs asked for at once, and webhooks of one org. */
const ORGS_AT_ONCE = 500;
const WEBHOOKS_MAX = 1_000;
/** Of what is not told, so much may lie behind a webhook before its place is stored. */
const UNTOLD_MAX = 1_000;
const FOREVER = '9999';

export interface Watch {
  /** Finds the webhooks that have something to tell, in all orgs or (where they have any) in some. Answers whether one was woken. */
  look(orgIds?: readonly string[]): Promise<boolean>;
}

/** Wakes the webhooks for which something has happened. One read for all orgs tells whether anything has; processes may do the same twice. */
export function createWatch({ store, now }: Deps): Watch {
  /** How far each org's feed has been looked at, for the orgs that have webhooks. */
  const seen = new Map<string, number>();
  /** Up to where there is nothing for a webhook. */
  const untold = new Map<string, number>();
  let orgs: ReadonlySet<string> = new Set();

  async function orgsWithWebhooks(): Promise<Set<string>> {
    const found = new Set<string>();
    const query = { orgId: WEBHOOK_DESK, now: FOREVER, limit: ORGS_AT_ONCE };
    for await (const lanes of everyLanes(store, tasks, query)) for (const lane of lanes) found.add(lane);
    return found;
  }

  async function lookAt(orgId: string, last: number): Promise<boolean> {
    const query = { orgId: WEBHOOK_DESK, lane: orgId, now: FOREVER, limit: WEBHOOKS_MAX };
    const all = (await store.due(tasks, query)).filter(({ kind }) => kind === 'webhook');
    const keys = all.map(({ targetId }) => ({ orgId, id: targetId }));
    const stored = await store.getMany(webhooks.collection, keys);
    let [isSettled, hasWoken] = [true, false];
    for (const [at, task] of all.entries()) {
      // Whoever has it, or is about to, may have looked already: it is looked at again.
      if (task.held || task.dueAt <= new Date(now()).toISOString()) isSettled = false;
      else if (await hasWork(task, stored[at] ?? null, last)) {
        await move(store, task, { dueAt: new Date(now()).toISOString() });
        hasWoken = true;
      }
    }
    if (isSettled) seen.set(orgId, last);
    return hasWoken;
  }

  async function hasWork(task: Task, webhook: Webhook | null, last: number): Promise<boolean> {
    // What is left of a webhook that is deleted ends when it is held next.
    if (!webhook) return true;
    const progress = progressIn(task);
    const after = Math.max(progress.place, webhook.beginsAfter, untold.get(webhook.id) ?? 0);
    if (!webhook.enabled || progress.restUntil > now() || after >= last) return false;
    const range = { orgId: webhook.orgId, where: whereOf(webhook), after, before: last + 1 };
    const [next] = await store.numbered(feedEvents.collection, { ...range, order: 'asc', limit: 1 });
    if (next) return true;
    untold.set(webhook.id, last);
    if (last - progress.place >= UNTOLD_MAX)
      await move(store, task, { cursor: JSON.stringify({ ...progress, place: last }) });
    return false;
  }

  return {
    async look(orgIds) {
      if (!orgIds) orgs = await orgsWithWebhooks();
      const wanted = [...(orgIds ?? orgs)].filter((orgId) => orgs.has(orgId));
      let hasWoken = false;
      for (let at = 0; at < wanted.length; at += ORGS_AT_ONCE) {
        const some = wanted.slice(at, at + ORGS_AT_ONCE);
        const numbers = await store.lastNumbers(feedEvents.collection, some);
        for (const [orgId, last] of paired(some, numbers))
          if (seen.get(orgId) !== last && (await lookAt(orgId, last))) hasWoken = true;
      }
      return hasWoken;
    },
  };
}
