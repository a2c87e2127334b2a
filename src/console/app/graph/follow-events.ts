import { Events, type EventsSubscription } from './documents.generated.ts';
import { ABSENCE_MAX_MS, type Following, follow, type Stream, whileLookedAt } from './follow.ts';
import { anythingMayHaveHappened, happened, tellsNow } from './live.ts';

/** Follows the feed of the organization while somebody looks, and goes on behind the last event that it heard. */
export function followEvents(tell: (following: Following) => void, signal: AbortSignal): void {
  let after: string | null = null;
  let wasTold = false;
  let heardMs = performance.now();
  const stream: Stream<EventsSubscription, { after: string | null }> = {
    query: Events,
    variables() {
      if (performance.now() - heardMs > ABSENCE_MAX_MS) after = null;
      return { after };
    },
    async opened() {
      if (wasTold && after === null) anythingMayHaveHappened();
      wasTold = true;
    },
    next({ events }) {
      after = events.eventId;
      heardMs = performance.now();
      happened(events.type, events.resourceId);
    },
    lost() {
      after = null;
    },
    tell(following) {
      tellsNow(following === 'live');
      tell(following);
    },
  };
  whileLookedAt((looking) => void follow(stream, looking), signal);
}
