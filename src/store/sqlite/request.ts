import type { Deadline } from '../deadline.ts';
import type { Change, Committed, Store } from '../store.ts';

interface Engine extends Store {
  commit(changes: readonly Change[], deadline?: Deadline): Promise<Committed>;
}

/** The store for one request: reads answer at once, only a commit may have to wait. */
export function requestStore(store: Engine, deadline: Deadline): Store {
  return {
    engine: store.engine,
    stats: store.stats,
    changes: store.changes,
    numbers: store.numbers,
    numbered: (from, query) => store.numbered(from, query),
    lastNumbers: (from, orgIds) => store.lastNumbers(from, orgIds),
    get: (from, key) => store.get(from, key),
    getMany: (from, keys) => store.getMany(from, keys),
    getUnique: (from, orgId, unique) => store.getUnique(from, orgId, unique),
    page: (from, query) => store.page(from, query),
    pages: (from, queries) => store.pages(from, queries),
    counts: (from, queries) => store.counts(from, queries),
    lanes: (from, query) => store.lanes(from, query),
    due: (from, query) => store.due(from, query),
    commit: (changes) => store.commit(changes, deadline),
    scan: (from, after, limit) => store.scan(from, after, limit),
    load: (into, docs) => store.load(into, docs),
    discard: (from, keys) => store.discard(from, keys),
    ping: () => store.ping(),
    until: (other) => store.until(other),
    close: () => store.close(),
  };
}
