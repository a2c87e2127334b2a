import { Events } from './documents.generated.ts';
import { type Following, follow } from './follow.ts';
import { happened, tellsNow } from './live.ts';

/** Follows the feed of the organization, and goes on behind the last event that it heard. */
export function followEvents(tell: (following: Following) => void, signal: AbortSignal): Promise<void> {
  let after: string | null = null;
  return follow(
    {
      query: Events,
      variables: () => ({ after }),
      next({ events }) {
        after = events.eventId;
        happened(events.type, events.resourceId);
      },
      lost() {
        after = null;
      },
      tell(following) {
        tellsNow(following === 'live');
        tell(following);
      },
    },
    signal,
  );
}
