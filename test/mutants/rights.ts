import type { Mutant } from './mutant.ts';

export const mutants: Mutant[] = [
  {
    breaks: 'a change leaves no token without role, permissions and member',
    file: 'src/tokens/repository.ts',
    edits: [['      checkHolds(doc, input);\n', '']],
    tests: ['test/rest/rights.test.ts'],
  },
  {
    breaks: "a token's list stands in the place of its role's",
    file: 'src/auth/rights.ts',
    edits: [
      ['const own = token.permissions ?? role?.permissions', 'const own = role?.permissions ?? token.permissions'],
    ],
    tests: ['test/rest/rights.test.ts'],
  },
  {
    breaks: 'a built-in role allows what the program says, whatever an older one stored',
    file: 'src/roles/model.ts',
    edits: [['    read: withTodaysPermissions,\n', '']],
    tests: ['test/rest/built-in-roles.test.ts'],
  },
  {
    breaks: "the ETag of a built-in role moves with the program's list",
    file: 'src/etag.ts',
    edits: [['...(doc.edition ? [doc.edition] : [])', '']],
    tests: ['test/rest/built-in-roles.test.ts'],
  },
];
