export interface Clock {
  /** Milliseconds since the epoch; they never go back, whatever the machine's clock is set to. */
  now(): number;
  /** Rejects with the signal's reason when that comes first. What is `idle` keeps no process alive. */
  sleep(ms: number, signal?: AbortSignal, idle?: boolean): Promise<void>;
}

export const wallClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: (ms, signal, idle = false) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      if (idle) (timer as { unref?: () => void }).unref?.();
      if (signal?.aborted) stop();
      else signal?.addEventListener('abort', stop, { once: true });
    }),
};

/** The work's result, or the reason of the signal when that comes first. */
export async function unless<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  return Promise.race([aborted, work]).finally(() => signal.removeEventListener('abort', onAbort));
}

/** The work's result, or the reason of the signal; the signal is aborted when the time is over. */
export function within<T>(clock: Clock, ms: number, stop: AbortController, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  clock.sleep(ms, timer.signal).then(
    () => stop.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError')),
    () => {},
  );
  return unless(stop.signal, work).finally(() => timer.abort());
}
