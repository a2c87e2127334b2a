import { setTimeout as sleep } from 'node:timers/promises';

/** An answer, or none, that trying again will not better. */
export class Unanswered extends Error {
  /** The HTTP status; null: nobody answered. */
  readonly status: number | null;
  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

export interface Call {
  url: string;
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
  signal: AbortSignal;
  /** How long one attempt may take. */
  timeoutMs: number;
  maxBytes: number;
  /** How often it is tried while the other side is away or busy. */
  tries: number;
  /** Where nobody answers at all, the address is wrong: it is not tried again. */
  mustBeThere?: boolean;
  /** Shared by all who ask the same side: whoever is told to wait makes all wait, and that is no failure. */
  pace?: Pace;
  /** Told of each pause, and how long it will be. */
  waits?: (why: string, ms: number) => void;
}

export interface Pace {
  /** Nobody asks before; milliseconds of the monotonic clock. */
  until: number;
  /** How often in a row it came to nothing. */
  failures: number;
  /** Why it rests. */
  why: string;
}

/** Whoever rests longer is not waited for: others have work too. */
const REST_MS = 10_000;

export function isLong({ until }: Pace): boolean {
  return until - performance.now() > REST_MS;
}

/** Waits until it may be asked; answers whether that is worth it. */
export async function inTime(pace: Pace, signal: AbortSignal): Promise<boolean> {
  const leftMs = () => pace.until - performance.now();
  for (let left = leftMs(); left > 0 && left <= REST_MS; left = leftMs()) await sleep(left, undefined, { signal });
  return !isLong(pace);
}

/** Where everything fails, the tries of all items would be gone in seconds: it rests, longer each time. */
export function note(pace: Pace, failure?: Error): void {
  if (!failure) pace.failures = 0;
  else if (performance.now() >= pace.until) {
    pace.failures += 1;
    pace.until = performance.now() + backOff(pace.failures);
    pace.why = failure.message;
  }
}

const PAUSE_MAX_MS = 60_000;
/** Node's timers count to 24 days; nobody means more than a day. */
const RETRY_AFTER_MAX_MS = 86_400_000;

/** The text of a 2xx answer. Who is away or busy is asked again, as late as it says, or after 1, 2, 4, 8 … s. */
export async function call(request: Call): Promise<string> {
  const { pace, signal, tries, mustBeThere, waits } = request;
  for (let [failed, held] = [0, 0]; ; ) {
    if (pace && !(await inTime(pace, signal))) throw new Unanswered(pace.why, 429);
    const { text, failure, afterMs } = await attempt(request);
    signal.throwIfAborted();
    if (failure === null) return text;
    if (pace && failure.status === 429) {
      held += 1;
      pace.until = Math.max(pace.until, performance.now() + (afterMs ?? backOff(held)));
      pace.why = failure.message;
      waits?.(failure.message, pace.until - performance.now());
      if (isLong(pace)) throw failure;
      continue;
    }
    failed += 1;
    if (!isPassing(failure, mustBeThere) || failed >= tries) throw failure;
    const pause = afterMs ?? backOff(failed);
    waits?.(failure.message, pause);
    await sleep(pause, undefined, { signal });
  }
}

function isPassing({ status }: Unanswered, mustBeThere = false): boolean {
  return status === null ? !mustBeThere : status === 429 || status >= 500;
}

/** With chance in it, so that many who failed together do not come back together. */
export function backOff(tried: number): number {
  return Math.min(PAUSE_MAX_MS, 1_000 * 2 ** (tried - 1)) * (0.5 + Math.random() / 2);
}

/** `Retry-After` in its two forms, seconds and a date; null: none that could be read. */
export function retryAfterMs(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  const ms = /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), RETRY_AFTER_MAX_MS);
}

interface Attempt {
  text: string;
  failure: Unanswered | null;
  afterMs: number | null;
}

async function attempt({ url, method = 'GET', headers, body, signal, timeoutMs, maxBytes }: Call): Promise<Attempt> {
  try {
    const response = await fetch(url, {
      method,
      headers,
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const text = await readText(response, maxBytes);
    const failure = response.ok ? null : new Unanswered(whatItSays(response.status, text), response.status);
    return { text, failure, afterMs: retryAfterMs(response.headers.get('retry-after'), Date.now()) };
  } catch (error) {
    const failure = error instanceof Unanswered ? error : new Unanswered(whyNobody(error, timeoutMs), null);
    return { text: '', failure, afterMs: null };
  }
}

/** No answer is read to its end that would not fit into what is meant for it. */
export async function readText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Unanswered(`an answer of more than ${maxBytes} bytes`, response.status);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const SAID_MAX = 300;

/** The message that most APIs send beside a status, in one line. */
export function whatItSays(status: number, text: string): string {
  const said = messageOf(text).replaceAll(/\s+/g, ' ').slice(0, SAID_MAX);
  return `answered ${status}${said && `: ${said}`}`;
}

function messageOf(text: string): string {
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown };
    const inner = (error as { message?: unknown } | undefined)?.message ?? message;
    return typeof inner === 'string' ? inner : '';
  } catch {
    return '';
  }
}

export function whyNobody(error: unknown, timeoutMs: number): string {
  const { name, cause } = error as Error;
  if (name === 'TimeoutError') return `gave no answer within ${timeoutMs / 1_000} s`;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return `could not be reached${code ? ` (${code})` : ''}`;
}
