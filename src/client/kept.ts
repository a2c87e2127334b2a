import type { Clock } from './clock.ts';

export interface Kept<V> {
  /** Undefined where it is not kept, or no longer. */
  get(key: string): V | undefined;
  set(key: string, value: V, forMs: number): void;
}

/** Keeps each value for its while, and so many of them at most: the one that was set the longest ago goes first. */
export function createKept<V>({ now }: Clock, max: number): Kept<V> {
  const kept = new Map<string, { value: V; untilMs: number }>();
  return {
    get(key) {
      const found = kept.get(key);
      return found && now() < found.untilMs ? found.value : undefined;
    },
    set(key, value, forMs) {
      kept.delete(key);
      kept.set(key, { value, untilMs: now() + forMs });
      const [oldest] = kept.keys();
      if (oldest !== undefined && kept.size > max) kept.delete(oldest);
    },
  };
}
