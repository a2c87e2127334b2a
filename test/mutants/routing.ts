import type { Mutant } from './mutant.ts';

export const mutants: Mutant[] = [
  {
    breaks: 'a lowered limit counts what was taken as a full bucket at most',
    file: 'src/decisions/bucket.ts',
    edits: [['Math.min(units, burstOf(rate))', 'units']],
    tests: ['test/limits.test.ts'],
  },
  {
    breaks: 'meters that the last release stored are read',
    file: 'src/decisions/bucket.ts',
    edits: [['return [Math.max(0, arrival - writtenMs) * perMs, writtenMs];', 'return [0, writtenMs];']],
    tests: ['test/limits.test.ts'],
  },
];
