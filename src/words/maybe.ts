/** What is there already, or comes later: who answers at once makes nobody wait, and costs no promise. */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on at once with a value, later with a promise. */
export function chain<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** All of them: at once where none is a promise. */
export function all<T>(values: readonly MaybePromise<T>[]): MaybePromise<T[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as T[]);
}

/** What the work answers, or what is made of its failure, whether it fails at once or later. */
export function rescue<T>(work: () => MaybePromise<T>, from: (cause: unknown) => MaybePromise<T>): MaybePromise<T> {
  try {
    const value = work();
    return value instanceof Promise ? value.catch(from) : value;
  } catch (cause) {
    return from(cause);
  }
}
