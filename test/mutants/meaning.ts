import type { Mutant } from './mutant.ts';

const tests = ['test/graphql/meaning.test.ts'];
const ARGUMENTS = 'src/graphql/execution/arguments.ts';
const LEAF = 'src/graphql/execution/leaf.ts';
const COLLECT = 'src/graphql/execution/collect.ts';

export const mutants: Mutant[] = [
  {
    breaks: 'an absent variable is absent from the arguments',
    file: ARGUMENTS,
    edits: [['if (isGiven || read !== undefined) values[name] = read;', 'values[name] = read ?? null;']],
    tests,
  },
  {
    breaks: 'an absent variable inside an input object, a list or a free-form value is absent there',
    file: ARGUMENTS,
    edits: [
      [
        'if (one === undefined) return (variables) => getArgumentValues(field, node, variables);',
        'if (one === undefined) return (variables) => getArgumentValues(field, node, new Proxy(variables, { get: (all, name) => Reflect.get(all, name) ?? null }));',
      ],
    ],
    tests,
  },
  {
    breaks: 'a free-form literal leaves out what an absent variable stands for',
    file: 'src/graphql/builder.ts',
    edits: [['value.kind !== Kind.VARIABLE || Object.hasOwn(variables, value.name.value)', 'true']],
    tests: ['test/graphql/graph.test.ts'],
  },
  {
    breaks: 'the arguments of one call are not those of the next',
    file: ARGUMENTS,
    edits: [
      [
        'return (variables) => read(simple, variables) ?? getArgumentValues(field, node, variables);',
        'let kept: Record<string, unknown> | undefined;\n  return (variables) => (kept ??= read(simple, variables) ?? getArgumentValues(field, node, variables));',
      ],
    ],
    tests: ['test/graphql/graph.test.ts'],
  },
  {
    breaks: 'a fragment whose spread is left out can still be spread elsewhere',
    file: COLLECT,
    edits: [
      [
        'if (!isIncluded(plan, selection)) continue;',
        'if (selection.kind === Kind.FRAGMENT_SPREAD) spread.add(selection.name.value);\n    if (!isIncluded(plan, selection)) continue;',
      ],
    ],
    tests,
  },
  {
    breaks: 'a fragment spread twice is one',
    file: COLLECT,
    edits: [['if (selection.kind === Kind.FRAGMENT_SPREAD && spread.has(selection.name.value)) continue;', '']],
    tests,
  },
  {
    breaks: 'a condition is looked at in each call',
    file: 'src/graphql/execution/execute.ts',
    edits: [["(Object.hasOwn(variables, name) ? variables[name] : '')", "''"]],
    tests: ['test/graphql/graph.test.ts'],
  },
  {
    breaks: 'one null has one error',
    file: 'src/graphql/execution/failure.ts',
    edits: [['  nulled.add(path);\n', '']],
    tests,
  },
  {
    breaks: 'no rejection goes unheard',
    file: 'src/graphql/execution/complete.ts',
    edits: [['    for (const items of lists) hear(items);\n', '']],
    tests,
  },
  {
    breaks: 'an alias may be any word, `__proto__` too',
    file: 'src/graphql/execution/shape.ts',
    edits: [['const members = keys.map(', "const members = keys.filter((key) => key !== '__proto__').map("]],
    tests,
  },
  {
    breaks: 'an enum shows its own words alone',
    file: LEAF,
    edits: [['return (value) => words.has(value);', 'return (value) => typeof value === "string";']],
    tests,
  },
  {
    breaks: 'an Int has 32 bits',
    file: LEAF,
    edits: [['value === (value | 0)', 'Number.isInteger(value)']],
    tests,
  },
  {
    breaks: 'a list is shown as it is only where each of its items is',
    file: LEAF,
    edits: [['value.every(isItem)', 'value.some(isItem)']],
    tests,
  },
  {
    breaks: 'what is wrong with the arguments of a field that looks at none is told',
    file: 'src/graphql/execution/direct.ts',
    edits: [['  if (args.length > 0) return null;\n', '']],
    tests,
  },
  {
    breaks: 'what is read off a parent is asked for once',
    file: 'src/graphql/execution/fields.ts',
    edits: [["if (!isRead || value === UNREAD || typeof value === 'function')", 'if (true as boolean)']],
    tests,
  },
  {
    breaks: 'a method of the parent is called',
    file: 'src/graphql/execution/fields.ts',
    edits: [[" || typeof value === 'function'", '']],
    tests,
  },
  {
    breaks: 'a page size in a variable counts in each call',
    file: 'src/graphql/limits.ts',
    edits: [['if (varies) return errorsOf;', '']],
    tests: ['test/graphql/graph.test.ts'],
  },
  {
    breaks: 'errors come in the order of their places',
    file: 'src/graphql/execution/execute.ts',
    edits: [['errors: inPlace(errors, data), data', 'errors, data']],
    tests: ['test/graphql/errors-in-place.test.ts'],
  },
  {
    breaks: 'errors of a list come in the order of its items',
    file: 'src/graphql/execution/in-place.ts',
    edits: [
      [
        'if (Array.isArray(values)) return',
        'if (Array.isArray(values)) return below.keys();\n  if (values === below) return',
      ],
    ],
    tests: ['test/graphql/errors-in-place.test.ts'],
  },
];
