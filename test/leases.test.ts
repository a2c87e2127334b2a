import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Leases, openOf, totalOf, withMore } from '../src/routing/leases.ts';

/** By the second: tokens, and how many decisions hold them. */
type Model = ReadonlyMap<number, readonly [tokens: number, count: number]>;

const WIDTH = 3;
const inOrder = (model: Model): Leases =>
  [...model].sort(([one], [other]) => one - other).flatMap(([second, held]) => [second, ...held]);
const sumOf = (model: Model, at: 0 | 1) => [...model.values()].reduce((sum, held) => sum + held[at], 0);

const second = fc.integer({ min: 1, max: 9 });
const step = fc.oneof(
  fc.record({ does: fc.constant('take' as const), second }),
  fc.record({ does: fc.constant('giveBack' as const), second }),
  fc.record({ does: fc.constant('look' as const), second }),
);

function played(model: Model, { does, second: one }: { does: string; second: number }): Model {
  if (does === 'look') return new Map([...model].filter(([ends]) => ends > one));
  const [tokens, count] = model.get(one) ?? [0, 0];
  const next = new Map(model);
  if (does === 'take') return next.set(one, [tokens + 7, count + 1]);
  next.delete(one);
  return count > 1 ? next.set(one, [tokens - 7, count - 1]) : next;
}

test('leases are open until their second has come, whatever was taken, given back and looked through before', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let leases: Leases = [];
      let model: Model = new Map();
      for (const one of steps) {
        const was = Object.freeze(leases);
        const before = [...was];
        if (one.does === 'look') leases = openOf(leases, WIDTH, one.second * 1_000);
        else leases = withMore(leases, one.second, one.does === 'take' ? [7, 1] : [-7, -1]);
        model = played(model, one);
        expect(leases).toEqual(inOrder(model));
        expect([totalOf(leases, WIDTH, 1), totalOf(leases, WIDTH, 2)]).toEqual([sumOf(model, 0), sumOf(model, 1)]);
        // Whoever holds what was there before is not to notice.
        expect(was).toEqual(before);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('leases as 0.1.0 stored them are read, of either kind', () => {
  const byName = { '1790000010': [40, 2], '1790000002': [30, 1], '1790000001': [9, 1] };
  expect(openOf(byName, 3, 1_790_000_001_000)).toEqual([1_790_000_002, 30, 1, 1_790_000_010, 40, 2]);
  expect(openOf({ '1790000010': 2, '1790000001': 1 }, 2, 0)).toEqual([1_790_000_001, 1, 1_790_000_010, 2]);
});
