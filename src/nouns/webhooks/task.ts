import type { Context } from '../../resource/context.ts';
import { type Task, taskChange } from '../../resource/task.ts';
import type { Change } from '../../store/store.ts';
import type { Webhook } from './model.ts';

/** The tasks of webhooks are apart from all others: a receiver that is slow takes no place from them. */
export const WEBHOOK_DESK = 'webhooks';

/** How far a webhook has come along the feed, and how it fares with its receiver. */
export interface Progress {
  /** All up to this place has had its first try. */
  place: number;
  /** How often in a row the receiver has failed. */
  failures: number;
  /** Before this moment (milliseconds) nothing new is tried; 0: at once. */
  restUntil: number;
}

export function progressIn({ cursor }: Pick<Task, 'cursor'>): Progress {
  return cursor === null ? { place: 0, failures: 0, restUntil: 0 } : (JSON.parse(cursor) as Progress);
}

/** A webhook's one task, there as long as the webhook: who holds it delivers, and its cursor says how far. */
export function posting(ctx: Context, { orgId, id, beginsAfter }: Webhook): Change {
  const progress: Progress = { place: beginsAfter, failures: 0, restUntil: 0 };
  return taskChange(ctx, 'webhook', orgId, id, {
    desk: WEBHOOK_DESK,
    id: `task_${id}`,
    cursor: JSON.stringify(progress),
  });
}

/** Has the webhook's task looked at, whoever may hold it at this moment. */
export function waking(ctx: Context, { orgId, id }: Webhook): Change {
  return taskChange(ctx, 'webhook_wake', orgId, id, { desk: WEBHOOK_DESK });
}
