import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Decision, decisions } from '../../src/nouns/decisions/model.ts';
import { type AuditEvent, auditEvents } from '../../src/resource/audit-event.ts';
import type { Deps } from '../../src/resource/context.ts';
import { catchUp } from '../../src/resource/feed/catch-up.ts';
import type { Reader } from '../../src/resource/feed/reader.ts';
import { createTails, type Tail, type Tails } from '../../src/resource/feed/tails.ts';
import { type FeedEvent, feedEvents } from '../../src/resource/feed-event.ts';
import { complete } from '../../src/store/complete.ts';
import type { Store } from '../../src/store/store.ts';
import { describeEngines, type Opened, openEngine, PATIENCE_MS } from '../harness.ts';
import { required } from '../required.ts';
import { watched } from './watched.ts';

const LISTENERS = 40;

describeEngines('a tail', (engine) => {
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

  const tell = (by: Store, orgId: string, ...ids: string[]) => {
    const at = new Date().toISOString();
    const doc = (id: string) => ({ id, orgId, version: 1, createdAt: at, updatedAt: at, createdBy: null, action: id });
    const of = auditEvents.collection;
    return by.commit(ids.map((id) => ({ type: 'insert', in: of, doc: complete(of, doc(id) as AuditEvent) })));
  };
  const idsOf = (events: readonly FeedEvent[]) => events.map(({ id }) => id);
  const warnings: object[] = [];
  const log = { warn: (what: object) => void warnings.push(what) } as never;
  const heardBy = async (tails: Tails<FeedEvent>, orgId: string) => {
    const heard: string[] = [];
    const tail = await tails.follow(orgId, async (events) => void heard.push(...idsOf(events)));
    return { heard, tail };
  };
  const until = (holds: () => void) => vi.waitFor(holds, { timeout: PATIENCE_MS });

  test('reads once what has come, however many listen, and tells each of all of it in its order', async () => {
    const { store, calls } = watched(opened.store);
    await tell(opened.store, 'org', 'before');
    const tails = createTails({ store, log }, feedEvents.collection);
    const all = await Promise.all(Array.from({ length: LISTENERS }, () => heardBy(tails, 'org')));
    for (const { tail } of all) expect(tail.place).toBe(1);
    await tell(opened.store, 'org', 'a', 'b');
    await until(() => expect(required(all.at(-1)).heard).toHaveLength(2));
    expect(calls.numbered).toBe(1);
    // Of another process nothing rings: it is looked for.
    await tell(other.store, 'org', 'c');
    await until(() => expect(required(all.at(-1)).heard).toHaveLength(3));
    expect(calls.numbered).toBe(2);
    await tell(opened.store, 'org', ...Array.from({ length: 120 }, (_, at) => `d${at}`));
    await until(() => expect(required(all.at(-1)).heard).toHaveLength(123));
    expect(calls.numbered).toBe(5);
    for (const { heard, tail } of all) {
      expect(heard).toEqual(['a', 'b', 'c', ...Array.from({ length: 120 }, (_, at) => `d${at}`)]);
      expect(tail.place).toBe(124);
      tail.stop();
    }
    await tell(opened.store, 'org', 'unheard');
    await tell(opened.store, 'elsewhere', 'unheard');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(calls.numbered).toBe(5);
  });

  test('goes on where it was when it could not read, and waits for who is not done yet', async () => {
    const { store, fail } = watched(opened.store);
    const tails = createTails({ store, log }, feedEvents.collection);
    const { heard, tail } = await heardBy(tails, 'flaky');
    fail.numbered = 2;
    await tell(opened.store, 'flaky', 'a');
    await tell(other.store, 'flaky', 'b');
    await until(() => expect(heard).toEqual(['a', 'b']));
    expect(warnings.length).toBeGreaterThan(0);

    const slow: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const held: Tail = await tails.follow('flaky', (events) => {
      slow.push(...idsOf(events));
      return promise;
    });
    await tell(opened.store, 'flaky', 'c');
    await until(() => expect(slow).toEqual(['c']));
    await tell(opened.store, 'flaky', 'd');
    await new Promise((go) => setTimeout(go, 50));
    expect([heard.at(-1), slow]).toEqual(['c', ['c']]);
    resolve();
    await until(() => expect(slow).toEqual(['c', 'd']));
    expect(heard).toEqual(['a', 'b', 'c', 'd']);
    for (const one of [tail, held]) one.stop();
  });

  test('that cannot begin says so, and the next one begins anew', async () => {
    const broken = new Error('down');
    const { lastNumbers } = opened.store;
    let fails = true;
    const store = new Proxy(opened.store, {
      get: (target, name) => {
        if (name === 'until') return () => store;
        if (name === 'lastNumbers')
          return (...args: Parameters<typeof lastNumbers>) => {
            if (fails) throw broken;
            return target.lastNumbers(...args);
          };
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }) as Store;
    const tails = createTails({ store, log }, feedEvents.collection);
    await expect(heardBy(tails, 'late')).rejects.toBe(broken);
    fails = false;
    const { heard, tail } = await heardBy(tails, 'late');
    await tell(opened.store, 'late', 'a');
    await until(() => expect(heard).toEqual(['a']));
    tail.stop();
  });

  test('that a reader comes to from far behind is caught up with in steps, with all that lies between', async () => {
    const { store, calls } = watched(opened.store);
    const { collection } = decisions;
    const at = new Date().toISOString();
    const doc = (place: number) => {
      const fields = {
        id: `d${place}`,
        orgId: 'far',
        version: 1,
        createdAt: at,
        updatedAt: at,
        createdBy: null,
        place,
      };
      return complete(collection, fields as Decision);
    };
    const places = [1, 2, 5_000, 5_001, 11_999, 12_000];
    await opened.store.load(collection, places.map(doc));
    const told: number[] = [];
    const reader = {
      principal: { orgId: 'far' },
      topic: { collection, where: [], passes: () => true, sees: () => true },
      place: 1,
      sink: { next: async ({ place }: Decision) => void told.push(place), drained: () => null },
    } as unknown as Reader;
    await catchUp({ store } as Deps, { place: 12_000, stop: () => {} }, reader);
    expect(told).toEqual(places.slice(1));
    expect([reader.place, reader.isLive, calls.numbered]).toEqual([12_000, true, 3]);
  });
});
