import { chain, type MaybePromise } from '../../store/store.ts';
import { auditEvents } from '../audit-event.ts';
import type { Context } from '../context.ts';
import type { FeedEvent } from '../feed-event.ts';
import { may } from '../noun.ts';

/**
 * The event with what was changed, for whoever may read the audit. It is stored once, in the audit event of the same id,
 * which nothing ever removes; those of many events are read together.
 */
export function withChanges(
  { loaders, principal }: Pick<Context, 'loaders' | 'principal'>,
  event: FeedEvent,
): MaybePromise<FeedEvent> {
  if (!event.isAudited || !may(principal, 'audit:read')) return event;
  return chain(loaders.get(auditEvents.collection, event.id), (audit) =>
    audit ? { ...event, data: { changes: audit.changes, ...event.data } } : event,
  );
}
