import { afterMs, REQUEST_MS } from '../../store/deadline.ts';
import type { Collection } from '../../store/store.ts';
import { paired } from '../../words/paired.ts';
import type { Deps } from '../context.ts';
import type { Numbered } from './topic.ts';

/** Hears of what has come, in its order; what comes next waits until it is done with it. */
export type Listener<D> = (docs: readonly D[]) => Promise<void>;

/** Follows a numbered collection in some orgs: what comes is read once for all of this process who listen. */
export interface Tails<D> {
  /** From its answer on the listener hears of all that follows its place. */
  follow(orgId: string, listener: Listener<D>): Promise<Tail>;
}

export interface Tail {
  /** The last number that has been told of; what is told of now counts. */
  readonly place: number;
  stop(): void;
}

interface Followed<D> {
  orgId: string;
  place: number;
  /** How far it is known to go. */
  end: number;
  listeners: Set<Listener<D>>;
  isTelling: boolean;
  begun: Promise<void>;
}

/** How often is looked for what other processes have committed: by one read for all orgs. */
const LOOK_MS = 300;
const READ_AT_ONCE = 50;

export function createTails<D extends Numbered>(
  { store, log }: Pick<Deps, 'store' | 'log'>,
  collection: Collection<D>,
): Tails<D> {
  const followed = new Map<string, Followed<D>>();
  /** Orgs of which something may have come. */
  const due = new Set<string>();
  let isLooking = false;
  let timer: NodeJS.Timeout | null = null;
  const asked = () => store.until(afterMs(REQUEST_MS));

  function lookAt(orgIds: Iterable<string>): void {
    for (const orgId of orgIds) if (followed.has(orgId)) due.add(orgId);
    if (isLooking || due.size === 0) return;
    isLooking = true;
    // Whatever this turn commits is looked at together.
    setImmediate(look);
  }

  async function look(): Promise<void> {
    while (due.size > 0) {
      const orgIds = [...due];
      due.clear();
      try {
        const ends = await asked().lastNumbers(collection, orgIds);
        for (const [orgId, end] of paired(orgIds, ends)) goOn(followed.get(orgId), end);
      } catch (error) {
        log.warn({ err: error }, `cannot look for what has come to ${collection.name}; it is tried again`);
      }
    }
    isLooking = false;
  }

  function goOn(one: Followed<D> | undefined, end: number): void {
    if (!one || end <= one.end) return;
    one.end = end;
    void tell(one);
  }

  async function tell(one: Followed<D>): Promise<void> {
    if (one.isTelling) return;
    one.isTelling = true;
    try {
      while (one.place < one.end && one.listeners.size > 0) await tellNext(one);
    } catch (error) {
      log.warn({ err: error }, `cannot read what has come to ${collection.name}; it is tried again`);
      // So that the next look goes on from here.
      one.end = one.place;
    } finally {
      one.isTelling = false;
    }
  }

  async function tellNext(one: Followed<D>): Promise<void> {
    const { orgId, place, end } = one;
    const query = { orgId, after: place, before: end + 1, order: 'asc', limit: READ_AT_ONCE } as const;
    const docs = await asked().numbered(collection, query);
    one.place = (docs.length < READ_AT_ONCE ? null : docs.at(-1)?.place) ?? end;
    if (docs.length > 0) await Promise.all([...one.listeners].map((listener) => listener(docs)));
  }

  function begin(orgId: string): Followed<D> {
    const start = async () => {
      const [last = 0] = await asked().lastNumbers(collection, [orgId]);
      one.place = one.end = last;
      lookAt([orgId]);
    };
    // Until its place is known nothing is behind it.
    const one: Followed<D> = {
      orgId,
      place: Number.POSITIVE_INFINITY,
      end: Number.POSITIVE_INFINITY,
      listeners: new Set(),
      isTelling: false,
      begun: Promise.resolve(),
    };
    followed.set(orgId, one);
    one.begun = start();
    timer ??= setInterval(() => lookAt(followed.keys()), LOOK_MS).unref();
    return one;
  }

  function leave(one: Followed<D>, listener: Listener<D>): void {
    one.listeners.delete(listener);
    if (one.listeners.size > 0 || followed.get(one.orgId) !== one) return;
    followed.delete(one.orgId);
    if (followed.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  store.numbers.hear(collection, (orgId) => lookAt([orgId]));
  return {
    async follow(orgId, listener) {
      const one = followed.get(orgId) ?? begin(orgId);
      one.listeners.add(listener);
      const stop = () => leave(one, listener);
      try {
        await one.begun;
      } catch (error) {
        stop();
        throw error;
      }
      return {
        get place() {
          return one.place;
        },
        stop,
      };
    },
  };
}
