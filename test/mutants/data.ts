import type { Mutant } from './mutant.ts';

export const mutants: Mutant[] = [
  {
    breaks: 'a stored document becomes one of today as it is read, whole',
    file: 'src/store/complete.ts',
    edits: [['firstOf(first) : nested?.complete(value)', 'firstOf(first) : value']],
    tests: ['test/store/older-documents.test.ts'],
  },
  {
    breaks: 'a field can be set on a document that was stored before it',
    file: 'src/store/sqlite/table.ts',
    edits: [['return complete(this.collection, JSON.parse(text) as Doc);', 'return JSON.parse(text) as Doc;']],
    tests: ['test/store/older-documents.test.ts'],
  },
  {
    breaks: 'a document has a longest length, whichever write makes it',
    file: 'src/resource/write.ts',
    edits: [['  await checkSizes(ctx, changes);\n', '']],
    tests: ['test/document-size.test.ts'],
  },
  {
    breaks: 'what is longer already may become shorter',
    file: 'src/resource/size.ts',
    edits: [["change.type === 'put' ? await", "change.type === 'insert' ? await"]],
    tests: ['test/document-size.test.ts'],
  },
  {
    breaks: 'what is longer already may not grow',
    file: 'src/resource/size.ts',
    edits: [['change.doc, size) > size', 'change.doc, DOCUMENT_MAX) < 0']],
    tests: ['test/document-size.test.ts'],
  },
  {
    breaks: 'the audit names the thread that came or went',
    file: 'src/nouns/namespaces/lists.ts',
    edits: [['threadId: thread?.after', 'threadId: thread?.before']],
    tests: ['test/nouns/audit-events.test.ts'],
  },
];
