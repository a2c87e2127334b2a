import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Held, SecondChance } from '../src/words/second-chance.ts';
import { required } from './required.ts';

const ROOM = 640;
const sizes = fc.integer({ min: 1, max: ROOM / 64 });

/** What is in it, as its owner knows. */
function filled() {
  const there = new Set<Held>();
  const all = new SecondChance<Held>(ROOM, (held) => expect(there.delete(held)).toBe(true));
  const add = (size: number) => {
    const held = { size, isUsed: false };
    there.add(held);
    all.add(held);
    return held;
  };
  const taken = () => [...there].reduce((sum, { size }) => sum + size, 0);
  return { all, there, add, taken };
}

test('it holds no more than there is room for, and lets go of nothing that fits', () => {
  const steps = fc.array(fc.record({ size: sizes, use: fc.nat(), remove: fc.nat(), clear: fc.nat({ max: 200 }) }), {
    maxLength: 600,
  });
  fc.assert(
    fc.property(steps, (list) => {
      const { all, there, add, taken } = filled();
      for (const { size, use, remove, clear } of list) {
        const before = taken();
        add(size);
        if (before + size <= ROOM) expect(taken()).toBe(before + size);
        else expect(taken()).toBeGreaterThan(ROOM - 2 * (ROOM / 64));
        expect(taken()).toBeLessThanOrEqual(ROOM);
        const kept = [...there];
        const used = kept[use % kept.length];
        if (used) used.isUsed = true;
        const removed = kept[remove % (kept.length * 4)];
        if (removed) all.remove(removed);
        if (clear === 0) {
          all.clear();
          there.clear();
          expect(all.isEmpty).toBe(true);
        }
      }
    }),
  );
});

test('what is asked for again and again outlives any number of things that nobody asks for', () => {
  fc.assert(
    fc.property(fc.array(sizes, { minLength: 500, maxLength: 1_000 }), fc.nat({ max: 30 }), (list, at) => {
      const { there, add } = filled();
      const wanted = required(list.slice(0, at + 1).map(add)[at]);
      for (const size of list) {
        wanted.isUsed = true;
        add(size);
      }
      expect(there.has(wanted)).toBe(true);
    }),
  );
});

test('what is asked for again and again is soon found, whatever was asked for before', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 10, maxLength: 90 }), (list) => {
      const { there, add } = filled();
      for (let at = 0; at < 1_000; at += 1) add(2).isUsed = true;
      const kept = new Map<number, Held>();
      const ask = (at: number, size: number): boolean => {
        const known = kept.get(at);
        const isFound = known !== undefined && there.has(known);
        if (isFound) known.isUsed = true;
        else kept.set(at, add(size));
        return isFound;
      };
      for (let round = 0; round < 8; round += 1) for (const [at, size] of list.entries()) ask(at, size);
      expect(list.map((size, at) => ask(at, size))).not.toContain(false);
    }),
  );
});

test('it says what would empty it', () => {
  const { all } = filled();
  expect(all.takes(ROOM / 64)).toBe(true);
  expect(all.takes(ROOM / 64 + 1)).toBe(false);
});
