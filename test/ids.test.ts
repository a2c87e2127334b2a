import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIds } from '../src/words/ids.ts';
import { required } from './required.ts';

test('ids differ and sort by creation, whatever the clock does, and longer than random bytes are kept for', () => {
  const step = fc.tuple(fc.integer({ min: -3, max: 3 }), fc.constantFrom('', 'x_', 'longer_'));
  const steps = fc.array(step, { minLength: 1, maxLength: 2_000, size: 'max' });
  fc.assert(
    fc.property(steps, (moves) => {
      let time = 1_750_000_000_000;
      const ids = createIds(() => time);
      const made = moves.map(([by, prefix]) => {
        time += by;
        return { prefix, id: ids.next(prefix) };
      });
      for (const { prefix, id } of made) expect(id).toMatch(new RegExp(`^${prefix}[0-9a-hjkmnp-tv-z]{26}$`));
      const ordered = made.map(({ prefix, id }) => id.slice(prefix.length));
      expect(ordered).toEqual([...new Set(ordered)].toSorted());
    }),
    { numRuns: 30 },
  );
});

test('ids of one moment increase; ids of two makers differ from the first random character on', () => {
  const [left, right] = [createIds(() => 1), createIds(() => 1)];
  const made = Array.from({ length: 100 }, () => left.next(''));
  expect(made.toSorted()).toEqual(made);
  expect(right.next('').slice(10, 22)).not.toBe(required(made[0]).slice(10, 22));
});
