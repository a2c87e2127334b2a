import type { Mutant } from './mutant.ts';

export const mutants: Mutant[] = [
  {
    breaks: 'each reply is what the OpenAPI document says',
    file: 'src/rest/openapi/replies.ts',
    edits: [['  if (reply.secret !== undefined) properties[reply.secret] = SECRET;\n', '']],
    tests: ['test/rest/replies.test.ts'],
  },
  {
    breaks: 'the OpenAPI document says what texts have to look like',
    file: 'src/rest/openapi/json-schema.ts',
    edits: [["'maxLength'), ...formOf(shape) }", "'maxLength') }"]],
    tests: ['test/rest/told-rules.test.ts'],
  },
  {
    breaks: 'the audit has the names of replies, inside of objects too',
    file: 'src/resource/audit.ts',
    edits: [['[snake(name), documented(', '[name, documented(']],
    tests: ['test/rest/resources.test.ts'],
  },
  {
    breaks: 'a member shows the name that its role has now, whatever the condition',
    file: 'src/nouns/members/rest.ts',
    edits: [['Object.hasOwn(BUILT_IN_ROLES, String(role))', 'role !== null']],
    tests: ['test/nouns/members.test.ts'],
  },
  {
    breaks: "a cursor is bound to a list's filters as the graph reads them, however they were written",
    file: 'src/rest/compile.ts',
    edits: [['coerceInputValue(sent[name], type)', 'sent[name]']],
    tests: ['test/rest/walks.test.ts'],
  },
  {
    breaks: 'a bad escape is a path that there is not, whatever the method',
    file: 'src/rest/router.ts',
    edits: [['  if (isEscaped && decode(path.slice(begin, end)) === null) return null;\n', '']],
    tests: ['test/rest/bad-input.test.ts'],
  },
  {
    breaks: 'a field that is refused is not missing besides',
    file: 'src/rest/input.ts',
    edits: [['[...issues, ...beside(issues, own)]', '[...issues, ...own]']],
    tests: ['test/rest/bad-input.test.ts'],
  },
  {
    breaks: 'a reply that cannot be made before its commit says nothing of a change',
    file: 'src/rest/adapter.ts',
    edits: [['throw (error as GraphQLError).originalError ?? error;', 'throw error;']],
    tests: ['test/rest/after-commit.test.ts'],
  },
  {
    breaks: 'what fails below a mutation says that a change may have been made',
    file: 'src/graphql/errors.ts',
    edits: [["operation === 'mutation' && error instanceof", "operation === 'query' && error instanceof"]],
    tests: ['test/rest/after-commit.test.ts'],
  },
  {
    breaks: 'the adapter checks all that the graph would',
    file: 'src/rest/compile.ts',
    edits: [['if (!asked || asked === sent) return asked === sent;', 'if (!asked || asked === sent) return true;']],
    tests: ['test/rest/checked.test.ts'],
  },
  {
    breaks: 'unknown names are told as they were sent',
    file: 'src/validation/walk.ts',
    edits: [["type: 'extra_forbidden', loc: [...loc, name]", "type: 'extra_forbidden', loc: [...loc, snake(name)]"]],
    tests: ['test/rest/locations.test.ts'],
  },
  {
    breaks: "what the graph refuses is told in the body's names",
    file: 'src/rest/adapter.ts',
    edits: [['throw asSent(compiled, error);', 'throw error;']],
    tests: ['test/rest/locations.test.ts'],
  },
  {
    breaks: 'the document says as much of counters as the contract',
    file: 'src/graphql/wire.ts',
    edits: [['wire: { minimum: 0 }', 'wire: {}']],
    tests: ['test/rest/openapi.test.ts'],
  },
  {
    breaks: 'the document describes every property',
    file: 'src/rest/openapi/json-schema.ts',
    edits: [['...wire, ...(field.description ? { description: field.description } : {})', '...wire']],
    tests: ['test/rest/openapi.test.ts'],
  },
  {
    breaks: 'a 201 names the address of what it made, a replayed one too',
    file: 'src/rest/adapter.ts',
    edits: [
      ['const reply = await replyOf(call, record);', 'const reply = await replyOf(call, { ...record, status: 200 });'],
    ],
    tests: ['test/rest/created.test.ts'],
  },
  {
    breaks: 'caches are told that a reply depends on its origin',
    file: 'src/http/cors.ts',
    edits: [['return varies;', 'return NONE;']],
    tests: ['test/http/cors.test.ts'],
  },
  {
    breaks: 'a conflict names the value that is taken',
    file: 'src/resource/write.ts',
    edits: [['value: wantedIn(failed, field), ', '']],
    tests: ['test/graphql/messages.test.ts'],
  },
  {
    breaks: 'threads are listed in order of addition',
    file: 'src/nouns/namespaces/schema.ts',
    edits: [['ascending: oldestFirst ?? true', 'ascending: oldestFirst ?? false']],
    tests: ['test/graphql/shape.test.ts'],
  },
  {
    breaks: '-0 changes nothing',
    file: 'src/validation/scalars.ts',
    edits: [['return value === 0 ? 0 : value;', 'return value;']],
    tests: ['test/rest/letter.test.ts'],
  },
  {
    breaks: 'an audit event tells nothing that no reply shows',
    file: 'src/resource/audit.ts',
    edits: [[' && !isHidden(fields[name])', '']],
    tests: ['test/rest/resources.test.ts'],
  },
  {
    breaks: 'an audit event tells a role by its name, before too',
    file: 'src/nouns/members/repository.ts',
    edits: [['told: { before: { role: await roleNameOf(ctx, before) }, after', 'told: { after']],
    tests: ['test/rest/resources.test.ts'],
  },
];
