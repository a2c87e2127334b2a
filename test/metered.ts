import type { Store } from '../src/store/store.ts';

/** Calls of a store, and whatever it is asked to commit and answers, in characters. */
export interface Meter {
  calls: number;
  chars: number;
}

/** The same store, counted, in each request too. */
export function metered(store: Store, meter: Meter): Store {
  const count = (value: unknown) => {
    meter.chars += JSON.stringify(value ?? null).length;
  };
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== 'function') return value;
      if (name === 'until') return (...args: []) => metered(value.apply(target, args), meter);
      return (...args: unknown[]) => {
        meter.calls += 1;
        if (name === 'commit') count(args[0]);
        const answer = value.apply(target, args);
        void Promise.resolve(answer).then(count, () => {});
        return answer;
      };
    },
  });
}
