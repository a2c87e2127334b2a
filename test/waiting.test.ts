import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LEASE_MS } from '../src/routing/facts.ts';
import { overdueUntil, type StoredWaiting, waitingWith, waitingWithout } from '../src/routing/waiting.ts';

/** How many, by the millisecond. */
type Model = ReadonlyMap<number, number>;

const MOMENTS_MAX = 100;
const THRESHOLD_MS = 10;

const inOrder = (model: Model) => [...model].sort(([one], [other]) => one - other);

function forgotten(model: Model, until: number): Model {
  return new Map([...model].filter(([started]) => started > until));
}

/** The two that lie closest, the first of several such, are told apart no longer. */
function bounded(model: Model): Model {
  const moments = inOrder(model).map(([started]) => started);
  if (moments.length <= MOMENTS_MAX) return model;
  const gaps = moments.slice(1).map((started, at) => started - (moments[at] ?? 0));
  const at = gaps.indexOf(Math.min(...gaps));
  const [earlier = 0, later = 0] = moments.slice(at, at + 2);
  const next = new Map(model).set(later, (model.get(later) ?? 0) + (model.get(earlier) ?? 0));
  next.delete(earlier);
  return bounded(next);
}

function without(model: Model, started: number): Model {
  const own = inOrder(model).find(([moment]) => moment >= started);
  if (!own) return model;
  const next = new Map(model);
  if (own[1] > 1) next.set(own[0], own[1] - 1);
  else next.delete(own[0]);
  return next;
}

const overdueIn = (model: Model, now: number) =>
  inOrder(model)
    .filter(([started]) => now > started + 3 * THRESHOLD_MS)
    .map(([started, count]) => ({ since: started + 3 * THRESHOLD_MS + 1, until: started + LEASE_MS, count }));

const step = fc.record({
  does: fc.constantFrom('comes', 'comes', 'comes', 'ends'),
  at: fc.integer({ min: 1, max: 1_000 }),
  forgets: fc.oneof({ weight: 99, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 500 })),
});

test('what waits is told by its moments, of which the closest are told apart no longer, in either stored form', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 300, size: 'max' }), (steps) => {
      let model: Model = new Map();
      let waiting: StoredWaiting = {};
      for (const { does, at, forgets } of steps) {
        const was = Object.freeze(waiting);
        const before = JSON.stringify(was);
        // As 0.1.0 stored it.
        const byName = Object.fromEntries(model);
        const make = (from: StoredWaiting) =>
          does === 'comes' ? waitingWith(from, at, forgets) : waitingWithout(from, at);
        waiting = make(was);
        if (does === 'comes') model = bounded(forgotten(new Map(model).set(at, (model.get(at) ?? 0) + 1), forgets));
        else model = without(model, at);
        expect(waiting).toEqual(inOrder(model).flat());
        expect(make(byName)).toEqual(waiting);
        for (const now of [at, at + 3 * THRESHOLD_MS, at + 3 * THRESHOLD_MS + 1]) {
          expect(overdueUntil(waiting, THRESHOLD_MS, now)).toEqual(overdueIn(model, now));
          expect(overdueUntil(Object.fromEntries(model), THRESHOLD_MS, now)).toEqual(overdueIn(model, now));
        }
        // Whoever holds what was there before is not to notice.
        expect(JSON.stringify(was)).toBe(before);
      }
    }),
    { numRuns: 60, endOnFailure: true },
  );
});
