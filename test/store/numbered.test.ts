import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Decision, decisions } from '../../src/nouns/decisions/model.ts';
import { type AuditEvent, auditEvents } from '../../src/resource/audit-event.ts';
import { type FeedEvent, feedEvents } from '../../src/resource/feed-event.ts';
import { complete } from '../../src/store/complete.ts';
import { afterMs } from '../../src/store/deadline.ts';
import { type Change, type Store, StoreConflict } from '../../src/store/store.ts';
import { describeEngines, type Opened, openEngine, PATIENCE_MS } from '../harness.ts';
import { required } from '../required.ts';

/** Numbers are what an org's feed rests on: one order of commits, without a hole, whoever makes them. */
describeEngines('a numbered collection', (engine) => {
  let opened: Opened;
  let other: Opened;
  beforeAll(async () => {
    opened = await openEngine(engine);
    other = await opened.again();
  });
  afterAll(async () => {
    await other.close();
    await opened.close();
  });

  const event = (orgId: string, id: string): Change => {
    const at = new Date().toISOString();
    const doc = { id, orgId, version: 1, createdAt: at, updatedAt: at, createdBy: null, action: id };
    return { type: 'insert', in: auditEvents.collection, doc: complete(auditEvents.collection, doc as AuditEvent) };
  };
  const decision = (orgId: string, id: string, version = 1) => {
    const at = new Date().toISOString();
    const doc = { id, orgId, version, createdAt: at, updatedAt: at, createdBy: null };
    return complete(decisions.collection, doc as Decision);
  };
  const readAll = async (store: Store, orgId: string, after = 0): Promise<FeedEvent[]> => {
    const [last] = await store.lastNumbers(feedEvents.collection, [orgId]);
    const query = { orgId, after, before: required(last) + 1, order: 'asc', limit: 10_000 } as const;
    return store.numbered(feedEvents.collection, query);
  };

  test('writers of two processes make one order without a hole, and whoever reads meanwhile misses nothing', async () => {
    const seen: FeedEvent[][] = [[], []];
    let writing = true;
    const readers = [opened.store, other.store].map(async (store, at) => {
      while (writing || required(seen[at]).length < 600) {
        required(seen[at]).push(...(await readAll(store, 'busy', required(seen[at]).at(-1)?.place)));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
    await Promise.all(
      Array.from({ length: 50 }, async (_, writer) => {
        // A busy machine must not end what waits for its turn.
        const store = (writer % 2 === 0 ? opened : other).store.until(afterMs(PATIENCE_MS));
        for (let at = 0; at < 6; at += 1)
          await store.commit([event('busy', `a${writer}.${at}`), event('busy', `b${writer}.${at}`)]);
      }),
    );
    writing = false;
    await Promise.all(readers);
    expect(required(seen[0]).map(({ place }) => place)).toEqual(Array.from({ length: 600 }, (_, at) => at + 1));
    expect(seen[1]).toEqual(seen[0]);
    expect(new Set(required(seen[0]).map(({ id }) => id)).size).toBe(600);
    // What one commit tells lies together, in the order of its changes.
    for (let at = 0; at < 600; at += 2)
      expect(required(required(seen[0])[at]).id.slice(1)).toBe(required(required(seen[0])[at + 1]).id.slice(1));
  });

  test('a commit that is refused takes no number, and each org has its own', async () => {
    await opened.store.commit([event('one', 'x')]);
    await expect(opened.store.commit([event('one', 'y'), event('one', 'x')])).rejects.toBeInstanceOf(StoreConflict);
    await Promise.all([opened.store.commit([event('two', 'x')]), opened.store.commit([event('one', 'z')])]);
    expect((await readAll(other.store, 'one')).map(({ id, place }) => [id, place])).toEqual([
      ['x', 1],
      ['z', 2],
    ]);
    expect(await other.store.lastNumbers(feedEvents.collection, ['two', 'none', 'one'])).toEqual([1, 0, 2]);
  });

  test('a number is never given again, although the document that had it is gone', async () => {
    await opened.store.commit([event('gone', 'x')]);
    await opened.store.discard(feedEvents.collection, [{ orgId: 'gone', id: 'x' }]);
    await opened.store.commit([event('gone', 'y')]);
    expect((await readAll(other.store, 'gone')).map(({ place }) => place)).toEqual([2]);
  });

  test('what is renumbered has the number of its last change, and whoever reads on finds each once', async () => {
    const { collection } = decisions;
    const insert = (id: string): Change => ({ type: 'insert', in: collection, doc: decision('moved', id) });
    const read = async (after: number) => {
      const [last] = await other.store.lastNumbers(collection, ['moved']);
      const query = { orgId: 'moved', after, before: required(last) + 1, order: 'asc', limit: 9 } as const;
      return (await other.store.numbered(collection, query)).map(({ id, place, version }) => [id, place, version]);
    };
    await opened.store.commit([insert('a'), insert('b'), insert('c')]);
    await other.store.commit([{ type: 'put', in: collection, doc: decision('moved', 'b', 2), expected: 1 }]);
    expect(await read(0)).toEqual([
      ['a', 1, 1],
      ['c', 3, 1],
      ['b', 4, 2],
    ]);
    expect(await read(3)).toEqual([['b', 4, 2]]);
  });

  test('a range is read from either end, by conditions too', async () => {
    await opened.store.commit(['k', 'l', 'k', 'l', 'k'].map((kind, at) => event('range', `${kind}${at}`)));
    const read = async (query: object) =>
      (
        await opened.store.numbered(feedEvents.collection, {
          orgId: 'range',
          after: 0,
          before: 9,
          order: 'asc',
          limit: 9,
          ...query,
        })
      ).map(({ place }) => place);
    expect(await read({ after: 2 })).toEqual([3, 4, 5]);
    expect(await read({ order: 'desc', before: 5, limit: 2 })).toEqual([4, 3]);
    expect(await read({ where: [{ field: 'kind', from: 'k', until: 'l' }], after: 1 })).toEqual([3, 5]);
  });

  test('a commit rings for the orgs in which it gave numbers, once it is made, and for no others: to who listens for the collection', async () => {
    const rung: string[] = [];
    const stop = opened.store.numbers.hear(feedEvents.collection, (orgId) => void rung.push(orgId));
    await opened.store.commit([event('bell', 'x'), event('bell', 'y')]);
    await opened.store.commit([{ type: 'none', in: auditEvents.collection, query: { orgId: 'quiet' } }]);
    await opened.store.commit([{ type: 'insert', in: decisions.collection, doc: decision('other', 'x') }]);
    await new Promise((resolve) => setImmediate(resolve));
    stop();
    await opened.store.commit([event('bell', 'z')]);
    expect(rung).toEqual(['bell']);
  });
});
