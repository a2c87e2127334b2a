import type { Mutant } from './mutant.ts';

const tests = ['test/fields.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'what is said once cannot be said again',
    file: 'src/resource/field/modifiers.ts',
    edits: [['return { ...field, update: null };', 'return field as never;']],
    tests,
  },
  {
    breaks: 'what only a change says is not said by POST',
    file: 'src/resource/field/modifiers.ts',
    edits: [['return { ...field, create: null };', 'return field as never;']],
    tests,
  },
  {
    breaks: 'a change may set to null what replies may show as null',
    file: 'src/resource/field/kinds.ts',
    edits: [['shown: { ...shown, nullable: true } };', 'shown };']],
    tests,
  },
  {
    breaks: 'what POST leaves out has its first value',
    file: 'src/resource/new-doc.ts',
    edits: [
      [
        'complete(noun.collection, { ...blankOf(noun), ...first, ...made } as DocOf<F>)',
        '{ ...first, ...made } as unknown as DocOf<F>',
      ],
    ],
    tests,
  },
  {
    breaks: 'two documents share nothing of their first values',
    file: 'src/store/complete.ts',
    edits: [['return copied(first);', 'return first;']],
    tests,
  },
  {
    breaks: 'a change of settings leaves what it does not say',
    file: 'src/resource/patch.ts',
    edits: [["else if (shape.kind === 'object')", "else if (shape.kind === 'number')"]],
    tests,
  },
  {
    breaks: 'bodies repeat nothing that nobody sees',
    file: 'src/resource/field/bodies.ts',
    edits: [['shown && (shown.rest === undefined ? name : shown.rest)', 'name as string | null']],
    tests,
  },
  {
    breaks: 'parts are stored in their object alone',
    file: 'src/resource/field/values.ts',
    edits: [["fields[name]?.place === 'stored' && fields[name].create", 'fields[name] && fields[name].create']],
    tests,
  },
  {
    breaks: 'an update that changes nothing leaves no audit event',
    file: 'src/resource/write.ts',
    edits: [['if (isDeepStrictEqual(doc, before) && also.length === 0)', 'if (also.length === 99)']],
    tests: ['test/nouns/roles.test.ts'],
  },
  {
    breaks: 'a workspace begins with a default environment',
    file: 'src/nouns/workspaces/repository.ts',
    edits: [['      ...madeWith(ctx, workspaces, workspace),\n', '']],
    tests: ['test/nouns/workspaces.test.ts'],
  },
];
