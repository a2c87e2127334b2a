import { within } from './clock.ts';
import { failureOf } from './failures.ts';
import { createMeter, type Meter } from './meter.ts';
import type { Failure, Tokens, Wired } from './types.ts';

/** What became of an attempt. */
export interface End {
  failure: Failure | null;
  tokens: Tokens;
  latencyMs: number;
}

/** One call of a provider, from its beginning to the end of what it answers; it ends once, however it ends. */
export interface Attempt {
  signal: AbortSignal;
  meter: Meter;
  /** Null while it has not ended. */
  ended(): End | null;
  end(failure: Failure | null): void;
  endBy(error: unknown): void;
  /** The caller goes away. */
  leave(reason?: unknown): void;
  /** The work's result, unless it is silent for too long or the caller goes away. */
  race<T>(work: Promise<T>): Promise<T>;
}

const ABORTED: Failure = { error_class: 'aborted', retry_after_seconds: null };
/** What still runs then is told as far as it is known: after its lease nobody would count it. */
const LEASE_MARGIN_MS = 15_000;

export function createAttempt(
  { clock, silenceMs, classify }: Wired,
  { leaseMs, signal: caller }: { leaseMs: number; signal: AbortSignal | undefined },
  onEnd: (end: End) => void,
): Attempt {
  const stop = new AbortController();
  const lease = new AbortController();
  const meter = createMeter();
  const beganMs = clock.now();
  let ended: End | null = null;

  const end = (failure: Failure | null) => {
    if (ended) return;
    ended = { failure, tokens: { ...meter.tokens }, latencyMs: Math.max(0, Math.round(clock.now() - beganMs)) };
    lease.abort();
    caller?.removeEventListener('abort', onAbort);
    onEnd(ended);
  };
  const endBy = (error: unknown) => {
    const known = failureOf(error, clock.now());
    end(caller?.aborted ? ABORTED : { ...known, ...classify(error) });
  };
  const leave = (reason: unknown = new DOMException('the caller went away', 'AbortError')) => {
    end(meter.isWhole() ? meter.verdict() : ABORTED);
    stop.abort(reason);
  };
  const onAbort = () => leave(caller?.reason);
  if (caller?.aborted) onAbort();
  else caller?.addEventListener('abort', onAbort, { once: true });
  const margin = Math.min(LEASE_MARGIN_MS, leaseMs / 10);
  clock.sleep(leaseMs - margin, lease.signal, true).then(
    () => end(meter.error()),
    () => {},
  );

  return {
    signal: stop.signal,
    meter,
    ended: () => ended,
    end,
    endBy,
    leave,
    race: (work) => within(clock, silenceMs, stop, work),
  };
}
