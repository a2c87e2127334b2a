import { setImmediate as nextTurn } from 'node:timers/promises';

export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** One batch at a time, however many sweeps are under way, and a turn of the event loop between two. */
export function createGate(): Gate {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(() => nextTurn()).then(work);
    last = done.catch(() => {});
    return done;
  };
}
