import type { AnyCollection, Store } from '../src/store/store.ts';
import { required } from './required.ts';

/** What one request asked of its store. */
export interface Asked {
  /** The collections read, wave by wave: a read begins a new one when none is under way. */
  waves: string[][];
  commits: number;
}

const READS = ['get', 'getMany', 'getUnique', 'page', 'pages', 'counts'];

/** A store that tells what each request asks of it, the newest last; `pause` stands before and after every read. */
export function recorded(store: Store, pause: () => Promise<unknown>): { store: Store; requests: Asked[] } {
  const requests: Asked[] = [];
  const until: Store['until'] = (deadline) => {
    const asked: Asked = { waves: [], commits: 0 };
    requests.push(asked);
    return recording(store.until(deadline), asked, pause);
  };
  return { store: withMembers(store, { until }), requests };
}

function recording(store: Store, asked: Asked, pause: () => Promise<unknown>): Store {
  let underWay = 0;
  type Read = (from: AnyCollection, ...of: unknown[]) => unknown;
  const read =
    (name: string) =>
    async (from: AnyCollection, ...of: unknown[]) => {
      if (underWay === 0) asked.waves.push([]);
      required(asked.waves.at(-1)).push(from.name);
      underWay += 1;
      try {
        await pause();
        const answer = await Reflect.apply(store[name as keyof Store] as Read, store, [from, ...of]);
        await pause();
        return answer;
      } finally {
        underWay -= 1;
      }
    };
  const commit: Store['commit'] = (changes) => {
    asked.commits += 1;
    return store.commit(changes);
  };
  // Whoever asks reads together what a server would be asked together.
  const engine = 'mongodb';
  const until: Store['until'] = (deadline) => recording(store.until(deadline), asked, pause);
  return withMembers(store, { ...Object.fromEntries(READS.map((name) => [name, read(name)])), commit, engine, until });
}

/** The same store but for some members. */
export function withMembers(store: Store, members: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return members[name as keyof Store];
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
