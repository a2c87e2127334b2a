import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FeedEvent, feedEvent, feedEvents } from '../../src/resource/feed-event.ts';
import { numberingKey, numberings } from '../../src/store/numberings.ts';
import { describeEngines, type Harness, startHarness } from '../harness.ts';
import { watched } from './watched.ts';

const { collection } = feedEvents;
/** Around the ends of the steps in which the feed is looked through. */
const STEP = 5_000;
const near = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: -3, max: 3 }))
  .map(([steps, by]) => steps * STEP + by);
const distance = fc.oneof(fc.integer({ min: 1, max: 4 }), near, fc.integer({ min: 5, max: 4 * STEP }));
const distances = fc
  .uniqueArray(distance, { minLength: 1, maxLength: 7 })
  .map((drawn) => drawn.toSorted((a, b) => a - b));

describeEngines('what is rare in the feed', (engine) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness(engine);
  });
  afterAll(() => harness.close());

  /** Events at these distances from what an org has at its beginning, and that it has been counted as far as that. */
  async function orgWith(places: readonly number[]) {
    const org = await harness.org();
    const { store, ids } = harness.deps;
    const [begin = 0] = await store.lastNumbers(collection, [org.orgId]);
    const createdAt = new Date().toISOString();
    const docs: FeedEvent[] = places.map((place, at) => {
      const made = { id: ids.next('evt_'), orgId: org.orgId, createdAt, createdBy: null };
      const happened = { kind: 'rare.made', resourceType: 'rare', resourceId: `thing ${at % 2}`, data: {} };
      return feedEvent(made, { ...happened, workspaceId: `ws ${at % 3}`, place: begin + place }).doc;
    });
    await store.load(collection, docs);
    const last = begin + 4 * STEP;
    await harness.rewrite(numberings.name, numberingKey(collection, org.orgId), (doc) => ({ ...doc, last }));
    return { org, ids: docs.map(({ id }) => id) };
  }

  test('is found at any distance, from either end', async () => {
    const drawn = fc.tuple(distances, fc.integer({ min: 1, max: 3 }), fc.constantFrom('rare.*', 'rare.made'));
    await fc.assert(
      fc.asyncProperty(drawn, async ([places, limit, types]) => {
        const { org, ids } = await orgWith(places);
        const page = async (query: string) => {
          const { body } = await org.rest('GET', `${org.base}/events?types=${types}&limit=${limit}${query}`);
          return { found: body.events.map((event: { event_id: string }) => event.event_id), more: body.has_more };
        };
        expect(await page('')).toEqual({ found: ids.slice(-limit), more: false });
        for (const [at, id] of ids.entries()) {
          const rest = ids.slice(at + 1);
          expect(await page(`&after=${id}`)).toEqual({ found: rest.slice(0, limit), more: rest.length > limit });
          const odd = rest.filter((one) => ids.indexOf(one) % 2 === 1);
          const things = await page(`&after=${id}&resource_id=thing%201`);
          expect(things).toEqual({ found: odd.slice(0, limit), more: odd.length > limit });
        }
      }),
      { numRuns: engine === 'sqlite' ? 10 : 4 },
    );
  });

  test('is looked for in short steps, as far back as anything is kept', async () => {
    const { org } = await orgWith([4 * STEP]);
    await harness.runner.stop();
    const { store, calls } = watched(harness.deps.store);
    const other = await harness.again({ store });
    await other.runner.stop();
    const stepsTaken = async () => {
      calls.numbered = 0;
      const { body } = await other.client(org.token).rest('GET', `${org.base}/events?types=rare.none`);
      expect(body.events).toEqual([]);
      return calls.numbered;
    };
    // One more finds where it begins.
    expect(await stepsTaken()).toBe(1 + 5);
    const { body } = await org.rest('GET', `${org.base}/events`);
    const all: { event_id: string }[] = body.events;
    const keys = all.slice(0, -1).map(({ event_id }) => ({ orgId: org.orgId, id: event_id }));
    await harness.deps.store.discard(collection, keys);
    expect(await stepsTaken()).toBe(1 + 1);
    await other.close();
  });
});
