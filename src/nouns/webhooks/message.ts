import { createHmac } from 'node:crypto';
import type { Principal } from '../../resource/context.ts';
import type { FeedEvent } from '../../resource/feed-event.ts';
import { may } from '../../resource/noun.ts';

/** An event as `{org}/events` lists it to the same reader. */
export function bodyOf({ data: { changes, ...rest }, ...event }: FeedEvent, principal: Principal): string {
  const isTold = changes !== undefined && may(principal, 'audit:read');
  return JSON.stringify({
    event_id: event.id,
    at: event.createdAt,
    type: event.kind,
    resource_type: event.resourceType,
    resource_id: event.resourceId,
    workspace_id: event.workspaceId,
    actor_id: event.actorId,
    request_id: event.requestId,
    data: isTold ? { changes, ...rest } : rest,
  });
}

/** The headers of Standard Webhooks, with a signature of each secret. */
export function headersOf(id: string, body: string, secrets: readonly string[], nowMs: number) {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signatures = secrets.map((secret) => `v1,${sign(secret, `${id}.${timestamp}.${body}`)}`);
  return {
    'Content-Type': 'application/json',
    'User-Agent': 'Switchyard-Webhooks',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

function sign(secret: string, text: string): string {
  const key = Buffer.from(secret.slice(secret.indexOf('_') + 1), 'base64');
  return createHmac('sha256', key).update(text).digest('base64');
}
