import type { Mutant } from './mutant.ts';

const NAMES = 'src/validation/names.ts';
const WALK = 'src/validation/walk.ts';
const ISSUES = 'src/validation/issues.ts';
const BODY = 'src/http/body.ts';
const names = ['test/rest/names.test.ts'];
const large = ['test/http/large.test.ts', 'test/rest/input.test.ts'];
const input = ['test/rest/input.test.ts', 'test/rest/bad-input.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'a name is trimmed before its length is looked at',
    file: WALK,
    edits: [['shape.isName ? trimWhite(checked.value as string) : checked.value', 'checked.value']],
    tests: names,
  },
  {
    breaks: 'exactly White_Space is cut off',
    file: NAMES,
    edits: [['/\\p{White_Space}/u', '/\\s/u']],
    tests: names,
  },
  {
    breaks: 'what nobody sees is refused inside names',
    file: NAMES,
    edits: [['\\p{Default_Ignorable_Code_Point}', '']],
    tests: names,
  },
  {
    breaks: 'a joiner stands between two others',
    file: NAMES,
    edits: [['&& after !== undefined && !JOINER', '&& !JOINER']],
    tests: names,
  },
  {
    breaks: 'a variation selector stands behind a character that is seen',
    file: NAMES,
    edits: [
      ['if (SELECTOR.test(character)) return !UNSEEN.test(before);', 'if (SELECTOR.test(character)) return true;'],
    ],
    tests: names,
  },
  {
    breaks: 'what is stored can be sent back as it is, though it could not be given any more',
    file: WALK,
    edits: [
      ["if (kept != null && shape.kind !== 'object' && isSame(shape, input, kept, this.#naming)) return kept;", ''],
    ],
    tests: ['test/stored-values.test.ts'],
  },
  {
    breaks: 'what several stored fields lack together is no fault of a change of others',
    file: 'src/nouns/provider-accounts/repository.ts',
    edits: [['bridgeFindings(before)', 'bridgeFindings({})']],
    tests: ['test/stored-values.test.ts'],
  },
  {
    breaks: 'a name has at most 255 characters',
    file: 'src/validation/fields.ts',
    edits: [['    .max(255)\n', '    .max(256)\n']],
    tests: input,
  },
  {
    breaks: 'a body of 1 MiB is taken, one byte more is not',
    file: BODY,
    edits: [['export const BODY_MAX_BYTES = 1_048_576;', 'export const BODY_MAX_BYTES = 1_048_575;']],
    tests: large,
  },
  {
    breaks: 'a body in chunks is counted while it streams in',
    file: BODY,
    edits: [['if (size <= maxBytes) return void', 'return void']],
    tests: large,
  },
  {
    breaks: 'a body that announces too much is not read',
    file: BODY,
    edits: [["if (Number(req.headers['content-length'] ?? 0) > maxBytes) return 'too_large';", '']],
    tests: large,
  },
  {
    breaks: 'a body is UTF-8',
    file: BODY,
    edits: [['fatal: true', 'fatal: false']],
    tests: input,
  },
  {
    breaks: 'at most 1,000 issues are told',
    file: ISSUES,
    edits: [['if (this.list.length >= ISSUES_MAX) return;', '']],
    tests: input,
  },
  {
    breaks: 'JSON is nested at most 32 levels deep',
    file: WALK,
    edits: [['depth > DEPTH_MAX &&', 'depth > DEPTH_MAX + 1 &&']],
    tests: input,
  },
  {
    breaks: 'no name changes a prototype',
    file: WALK,
    edits: [["new Set(['__proto__', 'constructor', 'prototype'])", "new Set(['__proto__', 'constructor'])"]],
    tests: input,
  },
  {
    breaks: 'numbers beyond what JSON carries exactly are refused wherever they are',
    file: WALK,
    edits: [['!(Math.abs(value) <= Number.MAX_SAFE_INTEGER)', '!(Math.abs(value) <= 2 ** 53)']],
    tests: [...input, 'test/large-numbers.test.ts', 'test/rest/letter.test.ts'],
  },
  {
    breaks: 'NUL is refused wherever it is',
    file: WALK,
    edits: [["text.includes('\\0')", 'false']],
    tests: input,
  },
  {
    breaks: 'no id is stored as another that JSON made of its number',
    file: 'src/graphql/execution/unsafe-ids.ts',
    edits: [['Math.abs(value) > Number.MAX_SAFE_INTEGER', 'Number.isNaN(value)']],
    tests: ['test/large-numbers.test.ts'],
  },
];
