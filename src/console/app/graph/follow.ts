import type { Document } from './document.ts';
import { ENDPOINT, headersOf, unknownToken } from './graph.ts';
import { framesOf } from './sse.ts';

/** Whether what happens is told at once; `denied`: the token may not read it, so the views ask from time to time. */
export type Following = 'live' | 'away' | 'denied';

const PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 30_000;
/** A stream that says nothing, not even a comment, for so long is not there any more. */
const SILENCE_MS = 30_000;
/** After a longer absence what is shown is read anew: it would take long to be told of all that was. */
export const ABSENCE_MAX_MS = 60_000;

export interface Stream<Data, Variables> {
  query: Document<Data, Variables>;
  /** What is asked for now: it begins where it left off. */
  variables: () => Variables;
  /** What to do once it is open, before anything is heard of it. */
  opened?: () => Promise<void>;
  next: (data: Data) => void;
  /** The server cannot go on there. */
  lost: () => void;
  tell: (following: Following) => void;
}

/**
 * Follows a subscription of the graph (GraphQL over SSE; read by hand, since an EventSource sends no token), and begins
 * again whenever the stream ends, until the signal or a missing right ends it.
 */
export async function follow<Data, Variables>(stream: Stream<Data, Variables>, signal: AbortSignal): Promise<void> {
  const { opened, next, lost, tell } = stream;
  for (let pause = PAUSE_MS; !signal.aborted; pause = Math.min(PAUSE_MAX_MS, pause * 2)) {
    const silence = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
    };
    try {
      heard();
      const response = await open(stream, AbortSignal.any([signal, silence.signal]));
      if (response.status === 401) return unknownToken();
      if (response.status === 403) return tell('denied');
      if (response.status === 422) lost();
      if (response.ok && response.body) {
        await opened?.();
        tell('live');
        for await (const { event, data } of framesOf(response.body)) {
          heard();
          // Rights that have changed end a stream by an error; what the token still may, asking again tells.
          const { data: told } = (event === 'next' ? JSON.parse(data) : {}) as { data?: Data | null };
          if (!told) continue;
          pause = PAUSE_MS / 2;
          next(told);
        }
      }
    } catch {
      // The server is away; the next try says whether it still is.
    } finally {
      clearTimeout(timer);
    }
    if (signal.aborted) return;
    tell('away');
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function open<Data, Variables>({ query, variables }: Stream<Data, Variables>, signal: AbortSignal): Promise<Response> {
  return fetch(ENDPOINT, {
    method: 'POST',
    headers: headersOf('text/event-stream'),
    body: JSON.stringify({ query, variables: variables() }),
    signal,
  });
}

/** A page that nobody looks at holds no connection: a browser has few of them for one server. */
export function whileLookedAt(begin: (looking: AbortSignal) => void, signal: AbortSignal): void {
  let looking: AbortController | null = null;
  const look = () => {
    if (document.hidden) looking?.abort();
    if (document.hidden) looking = null;
    else if (!looking) {
      looking = new AbortController();
      begin(AbortSignal.any([signal, looking.signal]));
    }
  };
  look();
  document.addEventListener('visibilitychange', look, { signal });
}
