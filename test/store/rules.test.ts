import { expect, test } from 'vitest';
import { bump, generations } from '../../src/resource/generation.ts';
import { meterReserve } from '../../src/routing/rules.ts';
import { meters } from '../../src/routing/state.ts';
import { apply, defineRule } from '../../src/store/rule.ts';

const key = { orgId: 'org', id: 'one' };

test('a rule is applied to its own collection, to what it needs and to nothing else: the rest does not compile', () => {
  expect(apply(bump, key, null)).toMatchObject({ type: 'apply', in: generations, key });
  // @ts-expect-error: an input that it does not take
  apply(bump, key, { by: 2 });
  // @ts-expect-error: the limits are missing
  apply(meterReserve, key, { tokens: 1, nowMs: 0, leaseEndsMs: 1 });
  // @ts-expect-error: no rule of today is a name
  apply('meter.reserve', key, null);
});

test('a rule stores fields of its collection, of their types: the rest does not compile', () => {
  expect(
    apply(
      defineRule(meters, () => ({ next: { requestCount: 1 } })),
      key,
      null,
    ).in,
  ).toBe(meters);
  // @ts-expect-error: a field of another type
  defineRule(meters, () => ({ next: { requestCount: '1' } }));
  // @ts-expect-error: no such field
  defineRule(meters, () => ({ next: { requestCounts: 1 } }));
});
