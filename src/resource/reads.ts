import DataLoader from 'dataloader';
import { chain, type MaybePromise } from '../store/store.ts';

/** Reads of one kind, each made once. */
export interface Reads<Q, T> {
  load(query: Q): MaybePromise<T>;
  /** Answers this from now on. */
  expect(query: Q, value: T): void;
}

/** Makes reads of the store's own, which take many. */
export type MakeReads = <Q, T>(
  keyOf: (query: Q) => string,
  many: (queries: readonly Q[]) => MaybePromise<T[]>,
) => Reads<Q, T>;

/** One by one, as soon as they are asked for: nobody waits for what another may ask. */
export const readsAtOnce: MakeReads = <Q, T>(
  keyOf: (query: Q) => string,
  many: (queries: readonly Q[]) => MaybePromise<T[]>,
): Reads<Q, T> => {
  const known = new Map<string, MaybePromise<T>>();
  return {
    load(query) {
      const key = keyOf(query);
      const before = known.get(key);
      if (before !== undefined) return before;
      const asked = chain(many([query]), only);
      known.set(key, asked);
      return asked;
    },
    expect: (query, value) => void known.set(keyOf(query), value),
  };
};

function only<T>(answers: T[]): T {
  // biome-ignore lint/style/noNonNullAssertion: one was asked for.
  return answers[0]!;
}

/** All that is asked for in one turn by one call. */
export const readsTogether: MakeReads = <Q, T>(
  keyOf: (query: Q) => string,
  many: (queries: readonly Q[]) => MaybePromise<T[]>,
): Reads<Q, T> => {
  const loader = new DataLoader<Q, T, string>(async (queries) => many(queries), { cacheKeyFn: keyOf });
  return {
    load: (query) => loader.load(query),
    expect: (query, value) => void loader.clear(query).prime(query, value),
  };
};
