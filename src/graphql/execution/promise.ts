/** Anything with a `then`, as graphql-js has it: drivers and loaders may bring promises of their own. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** Goes on at once with a value, later with a promise. */
export function after(value: unknown, next: (value: unknown) => unknown): unknown {
  return isPromise(value) ? value.then(next) : next(value);
}
