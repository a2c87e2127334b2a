const stopping = new AbortController();
/** Of them the last comes when a terminal is closed; there is nothing to read again by it. */
const STOPS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
let isWatching = false;

/**
 * Aborted by the first of these. Those that follow change nothing: npm passes on what its terminal has sent to
 * all of its group, and whoever is in a hurry has SIGKILL.
 */
export function stopSignal(): AbortSignal {
  if (!isWatching) for (const signal of STOPS) process.on(signal, () => stopping.abort());
  isWatching = true;
  return stopping.signal;
}

/** As if the signal had come: whoever goes on until it ends. */
export function stopNow(): void {
  stopping.abort();
}
