import { setTimeout as sleep } from 'node:timers/promises';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { backOff, readText, retryAfterMs, Unanswered, whatItSays, whyNobody } from '../../worker/http.ts';

interface Stream {
  url: string;
  token: string;
  /** It begins behind this event; without one, now. */
  after: string | undefined;
  signal: AbortSignal;
}

/** A stream that says nothing, not even a comment, for so long is not there any more. */
const SILENCE_MS = 30_000;
/** How often in a row it is asked for while the other side is away or busy. */
const TRIES = 10;
const REFUSAL_MAX_BYTES = 65_536;

/** The data of what follows, for ever: a stream that breaks off is gone on with behind the last event that it gave. */
export async function* following(stream: Stream): AsyncGenerator<string> {
  const { signal } = stream;
  for (let { after } = stream, failed = 0, retryMs: number | null = null; ; ) {
    try {
      const response = await opened({ ...stream, after });
      failed = 0;
      for await (const told of messagesOf(response)) {
        if (typeof told === 'number') retryMs = told;
        // Rights that have ended end a stream by an error; what it may still see, asking again tells.
        else if (told.event === undefined) {
          yield told.data;
          after = told.id ?? after;
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      failed += 1;
      if (!(error instanceof Passing) || failed >= TRIES) throw error;
      retryMs ??= error.afterMs;
    }
    await sleep(retryMs ?? backOff(Math.max(1, failed)), undefined, { signal });
    retryMs = null;
  }
}

/** What another try may better. */
class Passing extends Unanswered {
  readonly afterMs: number | null;
  constructor(message: string, status: number | null, afterMs: number | null = null) {
    super(message, status);
    this.afterMs = afterMs;
  }
}

async function opened({ url, token, after, signal }: Stream): Promise<Opened> {
  const silent = new AbortController();
  const begin = () => setTimeout(() => silent.abort(), SILENCE_MS);
  const timer = begin();
  const headers: Record<string, string> = { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' };
  if (after !== undefined) headers['Last-Event-ID'] = after;
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.any([signal, silent.signal]) });
    if (response.ok) return { response, listen: begin };
    const message = whatItSays(response.status, await readText(response, REFUSAL_MAX_BYTES));
    const { status } = response;
    if (status !== 429 && status < 500) throw new Unanswered(message, status);
    throw new Passing(message, status, retryAfterMs(response.headers.get('retry-after'), Date.now()));
  } catch (error) {
    throw error instanceof Unanswered ? error : new Passing(whyNobody(error, SILENCE_MS), null);
  } finally {
    clearTimeout(timer);
  }
}

interface Opened {
  response: Response;
  /** Ends it, unless the timer is cleared in time. */
  listen(): NodeJS.Timeout;
}

/** Its messages, and after how long to come back where it says so; nothing is read on before they are dealt with. */
async function* messagesOf({ response, listen }: Opened): AsyncGenerator<EventSourceMessage | number> {
  const told: (EventSourceMessage | number)[] = [];
  const parser = createParser({ onEvent: (message) => void told.push(message), onRetry: (ms) => void told.push(ms) });
  const decoder = new TextDecoder();
  let timer = listen();
  try {
    for await (const bytes of response.body ?? []) {
      clearTimeout(timer);
      parser.feed(decoder.decode(bytes, { stream: true }));
      yield* told.splice(0);
      timer = listen();
    }
  } catch (error) {
    throw new Passing(whyNobody(error, SILENCE_MS), null);
  } finally {
    clearTimeout(timer);
  }
}
