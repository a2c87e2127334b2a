import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Leases, openOf, withLease, withoutLease } from '../src/routing/leases.ts';

test('leases are open until their second has come, whatever was added, taken away and looked through before', () => {
  const second = fc.integer({ min: 1, max: 9 });
  const step = fc.oneof(
    fc.record({ does: fc.constant('add' as const), second }),
    fc.record({ does: fc.constant('remove' as const), second }),
    fc.record({ does: fc.constant('look' as const), second }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let leases: Leases<number> = {};
      let model = new Map<number, number>();
      for (const [at, { does, second: one }] of steps.entries()) {
        const before = JSON.stringify(leases);
        const was = leases;
        if (does === 'add') {
          leases = withLease(leases, String(one), at);
          model.set(one, at);
        } else if (does === 'remove') {
          leases = withoutLease(leases, String(one));
          model.delete(one);
        } else {
          leases = openOf(leases, one * 1_000);
          model = new Map([...model].filter(([ends]) => ends > one));
        }
        expect(leases).toEqual(Object.fromEntries(model));
        // Whoever holds what was there before is not to notice.
        expect(JSON.stringify(was)).toBe(before);
      }
    }),
    { numRuns: 1_000 },
  );
});
