import type { Mutant } from './mutant.ts';

const tests = ['test/pace.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'a large answer leaves turns to others',
    file: 'src/graphql/execution/complete.ts',
    edits: [['if (run.pace.isUp()) return true;', '']],
    tests,
  },
  {
    breaks: 'a large answer is written in turns',
    file: 'src/words/pace.ts',
    edits: [['if (isUp()) return', 'if (isUp() && false) return']],
    tests,
  },
  {
    breaks: 'a group of commits takes no more of a turn than it may',
    file: 'src/store/sqlite/commits.ts',
    edits: [['if (settlements.length > 0 && performance.now() > until) break;', '']],
    tests: ['test/store/large.test.ts'],
  },
  {
    breaks: 'the log is moved beside the commits',
    file: 'src/store/sqlite/checkpoints.ts',
    edits: [['      this.#worker.postMessage(true);\n', '']],
    tests: ['test/store/checkpoints.test.ts'],
  },
  {
    breaks: 'who moves the log makes no file',
    file: 'src/store/sqlite/checkpoint-worker.js',
    edits: [['?mode=rw', '']],
    tests: ['test/store/checkpoints.test.ts'],
  },
  {
    breaks: 'no connection outlives its store',
    file: 'src/store/sqlite/engine.ts',
    edits: [['    await this.#checkpoints.close();\n', '']],
    tests: ['test/store/checkpoints.test.ts'],
  },
  {
    breaks: 'large documents are read in turns',
    file: 'src/store/sqlite/reads.ts',
    edits: [['    yield;\n    load.sinceStep = 0;', '    load.sinceStep = 0;']],
    tests: ['test/store/large.test.ts'],
  },
];
