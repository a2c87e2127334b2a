import type { Mutant } from './mutant.ts';

export const mutants: Mutant[] = [
  {
    breaks: 'the errors of an answer repeat a bounded part of what was sent',
    file: 'src/graphql/told-back.ts',
    edits: [['left = after;', '']],
    tests: ['test/repeated-text.test.ts'],
  },
  {
    breaks: 'ids and filters of the graph hold no NUL',
    file: 'src/graphql/text-plugin.ts',
    edits: [['if (issues.length === 0) return resolver', 'if (names) return resolver']],
    tests: ['test/graphql/half-text.test.ts'],
  },
  {
    breaks: 'a long text is looked through once, wherever it stands',
    file: 'src/validation/issues.ts',
    edits: [['if (known !== undefined) return known;\n    const fault', 'const fault']],
    tests: ['test/repeated-text.test.ts'],
  },
  {
    breaks: 'issues repeat a bounded part of what was sent',
    file: 'src/validation/issues.ts',
    edits: [['if (this.#echoed + weight > ECHO_MAX) return null;', '']],
    tests: ['test/repeated-text.test.ts'],
  },
  {
    breaks: 'a reply is ended only when its request has been read',
    file: 'src/http/reply.ts',
    edits: [['if (!req.complete && hasBody(req))', 'if (!req.headers)']],
    tests: ['test/http/large.test.ts'],
  },
  {
    breaks: 'a mutation never runs by GET',
    file: 'src/graphql/front.ts',
    edits: [["readsOnly && node?.operation === 'mutation'", 'readsOnly && node === null']],
    tests: ['test/graphql/reader.test.ts'],
  },
  {
    breaks: 'a Content-Encoding is refused',
    file: 'src/graphql/front.ts',
    edits: [["isAsItIs(headers['content-encoding']) && ", '']],
    tests: ['test/graphql/reader.test.ts'],
  },
  {
    breaks: "what the graph's door refuses has the graph's form",
    file: 'src/process/refusals.ts',
    edits: [["    path === '/graphql'\n", "    path === ''\n"]],
    tests: ['test/graphql/reader.test.ts'],
  },
  {
    breaks: 'a fault of ours is never explained to the caller',
    file: 'src/graphql/errors.ts',
    edits: [['error || (original instanceof GraphQLError && original.nodes)', 'error || original instanceof Error']],
    tests: ['test/graphql/reader.test.ts'],
  },
  {
    breaks: 'both cursors bound a page',
    file: 'src/resource/page.ts',
    edits: [['const walked = end ? page.docs.filter(', 'const walked = end && !start ? page.docs.filter(']],
    tests: ['test/graphql/paging.test.ts'],
  },
  {
    breaks: 'an empty page is preceded by the item of its cursor',
    file: 'src/resource/page.ts',
    edits: [['found || any({ ...own, order, limit: 1 })', 'found']],
    tests: ['test/graphql/paging.test.ts'],
  },
  {
    breaks: 'a browser gets the page with a query in its address too',
    file: 'src/process/arrival.ts',
    edits: [["methodOf(req) === 'GET' && preferred", "req.url === '/graphql' && preferred"]],
    tests: ['test/http/graphiql.test.ts'],
  },
  {
    breaks: 'what the page consists of is sent compressed',
    file: 'src/http/assets.ts',
    edits: [['ENCODINGS.find((name) => taken.includes(name))', "taken.find((name) => name === 'identity')"]],
    tests: ['test/http/graphiql.test.ts'],
  },
  {
    breaks: 'what is wrong with the filters of a list is told beside what is wrong with its page',
    file: 'src/resource/page.ts',
    edits: [['issues.push(...(list.issues ?? []));', '']],
    tests: ['test/graphql/list-refusals.test.ts'],
  },
  {
    breaks: 'what only the list can judge is told beside what is wrong with the rest of the query',
    file: 'src/rest/input.ts',
    edits: [['if (!pageIssues || wrong.length === 0) return [];', 'if (!pageIssues) return [];\n  return [];']],
    tests: ['test/graphql/list-refusals.test.ts'],
  },
];
