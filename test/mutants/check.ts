import type { Mutant } from './mutant.ts';

const planted = ['test/operations/planted.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'a folder that cannot be written to is checked as one that can',
    file: 'src/store/sqlite/reading.ts',
    edits: [['  if (!isShutFor(db)) return db;\n', '  if (db.isOpen || !isShutFor(db)) return db;\n']],
    tests: ['test/operations/check.test.ts'],
  },
  {
    breaks: 'what waits at a desk belongs to the organization that it is done for',
    file: 'src/resource/task.ts',
    edits: [["  home: 'targetOrgId',\n", '']],
    tests: ['test/operations/check.test.ts'],
  },
  {
    breaks: 'two parents of a document are held against each other',
    file: 'src/store/sqlite/check.ts',
    edits: [[' IS NOT p.', ' IS NULL AND p.']],
    tests: planted,
  },
  {
    breaks: 'what is half swept is no fault',
    file: 'src/store/sqlite/check.ts',
    edits: [['ancestors.map(({ field }) =>', 'ancestors.slice(-1).map(({ field }) =>']],
    tests: ['test/operations/check.test.ts'],
  },
  {
    breaks: 'an event that is missing is found',
    file: 'src/store/sqlite/check.ts',
    edits: [['OR (number > before + 1 AND kept > ?)', 'OR ? IS NULL']],
    tests: planted,
  },
  {
    breaks: 'a change leaves a hole that is none',
    file: 'src/store/sqlite/check.ts',
    edits: [['pairs.iterate(renumbered ? NEVER : until)', 'pairs.iterate(until)']],
    tests: ['test/operations/check.test.ts'],
  },
  {
    breaks: 'what has expired may be gone',
    file: 'src/store/findings.ts',
    edits: [['new Date(now + SKEW_MS).toISOString()', "''"]],
    tests: planted,
  },
  {
    breaks: 'the rest is looked at behind what cannot be read',
    file: 'src/store/sqlite/check.ts',
    edits: [["if ((error as NodeJS.ErrnoException).code !== 'ERR_SQLITE_ERROR') throw error;", 'throw error;']],
    tests: planted,
  },
  {
    breaks: 'progress in a pipe is lines without control characters, now and then',
    file: 'src/process/operator/progress.ts',
    edits: [['if (now() - shownAt < EVERY_MS) return;', '']],
    tests: ['test/operations/progress.test.ts'],
  },
  {
    breaks: 'nothing but JSON is on standard output with --json',
    file: 'src/process/copy/command.ts',
    edits: [['if (json) printJson', 'if (!json) printJson']],
    tests: ['test/operations/json.test.ts'],
  },
];
