import type { Mutant } from './mutant.ts';

const tests = ['test/pace.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'a large answer leaves turns to others',
    file: 'src/graphql/execution/run.ts',
    edits: [['if (run.pace.isUp()) return true;', '']],
    tests,
  },
  {
    breaks: 'a large answer is written in turns',
    file: 'src/words/pace.ts',
    edits: [['if (isUp()) return', 'if (isUp() && false) return']],
    tests,
  },
];
