import type { Store } from '../../src/store/store.ts';

export interface Watched {
  store: Store;
  /** How often each of its calls was made, with a deadline or without. */
  calls: Record<string, number>;
  /** How often reading the feed fails from now on. */
  fail: { numbered: number };
}

/** A store whose calls are counted. */
export function watched(store: Store): Watched {
  const calls: Record<string, number> = {};
  const fail = { numbered: 0 };
  const watch = (of: Store): Store =>
    new Proxy(of, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name === 'until') return (deadline: number) => watch(target.until(deadline));
        return (...args: unknown[]) => {
          calls[String(name)] = (calls[String(name)] ?? 0) + 1;
          if (name === 'numbered' && fail.numbered > 0) throw new Error(`fails ${fail.numbered--}`);
          return value.apply(target, args);
        };
      },
    });
  return { store: watch(store), calls, fail };
}
