import { expect, test } from 'vitest';
import { ShortLists } from '../src/resource/short-lists.ts';

test('a list is known to be short until it is not, and what was searched for at length is never kept', () => {
  const lists = new ShortLists();
  lists.note('namespaces', true);
  lists.note('a'.repeat(500_000), true);
  expect([lists.has('namespaces'), lists.has('a'.repeat(500_000))]).toEqual([true, false]);
  lists.note('namespaces', false);
  expect(lists.has('namespaces')).toBe(false);
});
