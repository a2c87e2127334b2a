import type { WebhookDelivery } from './model.ts';

/** How one call to a receiver ended: what it answered, and why that is no success; null: it is one. */
export interface Called {
  statusCode: number | null;
  error: string | null;
}

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
/** When a failed delivery is tried again; after the last one it has failed. */
const PAUSES_MS = [5 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR] as const;
/** What chance adds to a pause at most: what failed together does not come back together. */
const JITTER = 0.1;
const GONE = 410;

/** A delivery after one more try. */
export function tried(
  delivery: WebhookDelivery,
  { statusCode, error }: Called,
  nowMs: number,
  chance: number,
): WebhookDelivery {
  const now = new Date(nowMs).toISOString();
  const one = {
    ...delivery,
    tries: delivery.tries + 1,
    lastStatusCode: statusCode,
    lastError: error,
    lastTriedAt: now,
    nextTryAt: null,
    updatedAt: now,
  };
  if (error === null) return { ...one, status: 'delivered', failures: 0 };
  const failures = delivery.failures + 1;
  const pause = statusCode === GONE ? undefined : PAUSES_MS[failures - 1];
  if (pause === undefined) return { ...one, status: 'failed', failures };
  const nextTryAt = new Date(nowMs + pause * (1 + JITTER * chance)).toISOString();
  return { ...one, status: 'pending', failures, nextTryAt };
}

/** The receiver says that it will never take anything again. */
export function isGone({ statusCode }: Called): boolean {
  return statusCode === GONE;
}

/** What cannot be told any more: the event is not kept, or hidden from the webhook now. */
export function untellable(delivery: WebhookDelivery, nowMs: number): WebhookDelivery {
  const lastError = 'the event is not kept any more, or the webhook may not tell of it now';
  return { ...delivery, status: 'failed', lastError, nextTryAt: null, updatedAt: new Date(nowMs).toISOString() };
}
