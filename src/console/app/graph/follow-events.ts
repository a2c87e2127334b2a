import { Events, type EventsSubscription, type EventsSubscriptionVariables } from './documents.generated.ts';
import { ENDPOINT, headersOf, unknownToken } from './graph.ts';
import { happened } from './live.ts';
import { framesOf } from './sse.ts';

/** Whether what happens is told at once; `denied`: the token may not read events, so the views ask from time to time. */
export type Following = 'live' | 'away' | 'denied';

const PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 30_000;

interface Next {
  data?: EventsSubscription | null;
  errors?: { extensions?: { code?: string } }[];
}

/**
 * Follows the feed of the organization by the graph's subscription (GraphQL over SSE; read by hand, since an EventSource
 * sends no token), and begins again behind the last event that it heard whenever the stream ends.
 */
export async function followEvents(tell: (following: Following) => void, signal: AbortSignal): Promise<void> {
  let after: string | null = null;
  for (let pause = PAUSE_MS; !signal.aborted; pause = Math.min(PAUSE_MAX_MS, pause * 2)) {
    try {
      const response = await open({ after }, signal);
      if (response.status === 401) return unknownToken();
      if (response.status === 403) return tell('denied');
      // What it resumes behind is too old, or was never one of this organization's.
      if (!response.ok || !response.body) after = null;
      else {
        tell('live');
        for await (const { event, data } of framesOf(response.body)) {
          const { data: told, errors } = (event === 'next' ? JSON.parse(data) : {}) as Next;
          if (errors?.some(({ extensions }) => extensions?.code === 'FORBIDDEN')) return tell('denied');
          if (errors) after = null;
          if (!told) continue;
          pause = PAUSE_MS / 2;
          after = told.events.eventId;
          happened(told.events.type);
        }
      }
    } catch {
      // The server is away; the next try says whether it still is.
    }
    if (signal.aborted) return;
    tell('away');
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function open(variables: EventsSubscriptionVariables, signal: AbortSignal): Promise<Response> {
  return fetch(ENDPOINT, {
    method: 'POST',
    headers: headersOf('text/event-stream'),
    body: JSON.stringify({ query: Events, variables }),
    signal,
  });
}
