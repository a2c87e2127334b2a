import type { Mutant } from './mutant.ts';

const FOLD = 'src/words/fold.ts';
const tests = ['test/fold.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'no letter’s fold depends on its neighbours',
    file: FOLD,
    edits: [["return folded.normalize('NFC');", "return text.toLowerCase().normalize('NFC');"]],
    tests,
  },
  {
    breaks: 'what folds to several characters does',
    file: FOLD,
    edits: [['Object.entries(FOLDED)', '[]']],
    tests,
  },
  {
    breaks: 'texts are folded whatever their normal form',
    file: FOLD,
    edits: [["text.normalize('NFD')", 'text']],
    tests,
  },
  {
    breaks: 'a fold has one normal form',
    file: FOLD,
    edits: [["folded.normalize('NFC')", 'folded']],
    tests,
  },
  {
    breaks: 'characters beyond the first plane fold',
    file: FOLD,
    edits: [['String.fromCodePoint(code + distance)', 'String.fromCharCode(code + distance)']],
    tests,
  },
  {
    breaks: 'a range of foldings ends where it says',
    file: FOLD,
    edits: [['code <= to', 'code < to']],
    tests,
  },
  {
    breaks: 'searches fold what they look for',
    file: 'src/nouns/namespaces/connection.ts',
    edits: [['search: fold(search)', 'search']],
    tests: ['test/store/older-data.test.ts'],
  },
  {
    breaks: 'searches fold what they look in',
    file: 'src/nouns/namespaces/model.ts',
    edits: [["[fold(doc.name), fold(doc.description ?? '')]", "[fold(doc.name), doc.description ?? '']"]],
    tests: ['test/rest/resources.test.ts', 'test/graphql/graph.test.ts'],
  },
  {
    breaks: 'names are taken whatever their letters’ case',
    file: 'src/nouns/apps/model.ts',
    edits: [['fold(doc.name)', 'doc.name']],
    tests: ['test/races/races.test.ts'],
  },
  {
    breaks: 'a member’s address is taken whatever its letters’ case',
    file: 'src/nouns/members/model.ts',
    edits: [['fold(doc.email)', 'doc.email']],
    tests: ['test/rest/identity.test.ts', 'test/rest/resources.test.ts'],
  },
];
