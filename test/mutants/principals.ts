import type { Mutant } from './mutant.ts';

const tests = ['test/idle.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'a token that another process revokes is refused, though the clock was set back',
    file: 'src/access/authenticate.ts',
    edits: [
      ['deps.elapsed() - entry.readAt < FRESH_MS', 'deps.now() - entry.readAt < FRESH_MS'],
      ['const readAt = deps.elapsed();', 'const readAt = deps.now();'],
    ],
    tests: ['test/time/set-clock.test.ts'],
  },
  {
    breaks: 'only what decides who may do what empties the cache of principals',
    file: 'src/store/watched.ts',
    edits: [['change.in.watched && !CONDITIONS.includes(change.type)', '!CONDITIONS.includes(change.type)']],
    tests,
  },
  {
    breaks: 'a changed role holds at the next request',
    file: 'src/nouns/roles/model.ts',
    edits: [['    watched: true,\n', '']],
    tests,
  },
  {
    breaks: 'a changed member holds at the next request',
    file: 'src/nouns/members/model.ts',
    edits: [['    watched: true,\n', '']],
    tests,
  },
  {
    breaks: 'a changed token holds at the next request',
    file: 'src/nouns/tokens/model.ts',
    edits: [['    watched: true,\n', '']],
    tests,
  },
  {
    breaks: 'an idle process writes nothing',
    file: 'src/store/sqlite/engine.ts',
    edits: [['    if (this.#isIdle(changes)) return { results: [0] };\n', '']],
    tests,
  },
];
