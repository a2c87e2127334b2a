import type { Mutant } from './mutant.ts';

export const mutants: Mutant[] = [
  {
    breaks: 'a stored document becomes one of today as it is read, whole',
    file: 'src/store/complete.ts',
    edits: [['isNested(first) ? first.complete(value) : value', 'value']],
    tests: ['test/store/older-documents.test.ts'],
  },
  {
    breaks: 'a field can be set on a document that was stored before it',
    file: 'src/store/sqlite/table.ts',
    edits: [['return complete(this.collection, JSON.parse(text) as Doc);', 'return JSON.parse(text) as Doc;']],
    tests: ['test/store/older-documents.test.ts'],
  },
];
