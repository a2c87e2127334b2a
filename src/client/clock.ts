export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Rejects with the signal's reason when that comes first. What is `idle` keeps no process alive. */
  sleep(ms: number, signal?: AbortSignal, idle?: boolean): Promise<void>;
}

export const wallClock: Clock = {
  now: () => Date.now(),
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

/** The work's result, or the reason of the signal; the signal is aborted when the time is over. */
export function within<T>(clock: Clock, ms: number, stop: AbortController, work: Promise<T>): Promise<T> {
  const { signal } = stop;
  const timer = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const settle = (how: () => void) => {
      timer.abort();
      signal.removeEventListener('abort', onAbort);
      how();
    };
    const onAbort = () => settle(() => reject(signal.reason));
    work.then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    );
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort);
    clock.sleep(ms, timer.signal).then(
      () => stop.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError')),
      () => {},
    );
  });
}
