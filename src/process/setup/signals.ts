const stopping = new AbortController();
let isWatching = false;

/**
 * Aborted by the first SIGTERM or SIGINT. Those that follow change nothing: npm passes on what its terminal has sent to
 * all of its group, and whoever is in a hurry has SIGKILL.
 */
export function stopSignal(): AbortSignal {
  if (!isWatching) for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());
  isWatching = true;
  return stopping.signal;
}

/** As if the signal had come: whoever goes on until it ends. */
export function stopNow(): void {
  stopping.abort();
}
