import type { Mutant } from './mutant.ts';

const atOnce = ['test/http/at-once.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'what is tagged keeps its tag on the way',
    file: 'src/http/reply.ts',
    edits: [['headers.ETag ? TAGGED : KEPT_BY_CALLERS', 'KEPT_BY_CALLERS']],
    tests: ['test/http/caching.test.ts'],
  },
  {
    breaks: 'every method is answered',
    file: 'src/http/server.ts',
    edits: [["server.on('connect',", "server.on('never',"]],
    tests: ['test/http/malformed.test.ts'],
  },
  {
    breaks: 'no shared cache keeps what is not said to be for all',
    file: 'src/http/reply.ts',
    edits: [["headers['Cache-Control'] === undefined", 'false']],
    tests: ['test/http/caching.test.ts'],
  },
  {
    breaks: 'what is expected of an answer beside its body changes nothing of it',
    file: 'src/http/server.ts',
    edits: [["  server.on('checkExpectation', serve);\n", '']],
    tests: ['test/http/forms.test.ts'],
  },
  {
    breaks: 'a target in the absolute form is that of its path',
    file: 'src/process/arrival.ts',
    edits: [["url.startsWith('/')", 'url']],
    tests: ['test/http/forms.test.ts'],
  },
  {
    breaks: 'more than one space may stand before a token',
    file: 'src/access/authenticate.ts',
    edits: [['/^Bearer +(', '/^Bearer (']],
    tests: ['test/http/forms.test.ts'],
  },
  {
    breaks: 'a read waits for nothing',
    file: 'src/process/app.ts',
    edits: [['  function answer(arrival', '  async function answer(arrival']],
    tests: atOnce,
  },
  {
    breaks: 'who is known by the header is asked for again once rights have changed',
    file: 'src/access/authenticate.ts',
    edits: [['!entry || !isFresh(deps, entry) ||', '!entry ||']],
    tests: atOnce,
  },
  {
    breaks: 'an access line is written where the log says what goes well',
    file: 'src/process/observe/access-line.ts',
    edits: [["if (!log.isLevelEnabled('info')) return", 'return']],
    tests: ['test/operations/access-line.test.ts'],
  },
  {
    breaks: 'no path ends an access line, or says something else in it',
    file: 'src/process/observe/line-pieces.ts',
    edits: [['inAscii(JSON.stringify(unmatched(route)))', 'String(route)']],
    tests: ['test/operations/access-line.test.ts'],
  },
  {
    breaks: 'an observation lies within the bound that it reaches',
    file: 'src/process/observe/tallies.ts',
    edits: [['value <= one.bound', 'value < one.bound']],
    tests: ['test/operations/tallies.test.ts'],
  },
  {
    breaks: 'ids of one millisecond and of the next differ',
    file: 'src/words/ids.ts',
    edits: [['used += TAIL;', '']],
    tests: ['test/ids.test.ts'],
  },
  {
    breaks: 'text that is no ASCII is written as UTF-8',
    file: 'src/http/reply.ts',
    edits: [["length === body?.length ? 'latin1' : 'utf8'", "'latin1'"]],
    tests: ['test/http/text.test.ts'],
  },
  {
    breaks: 'a warning is written before anything else happens',
    file: 'src/process/setup/lines.ts',
    edits: [['if ((this.lastLevel ?? 0) >= WARN) flush();', '']],
    tests: ['test/log.test.ts'],
  },
  {
    breaks: 'lines are written many at a time',
    file: 'src/process/setup/lines.ts',
    edits: [['if (waiting.length >= LINES_MAX) return flush();', 'return flush();']],
    tests: ['test/log.test.ts'],
  },
  {
    breaks: 'lines of requests and others are written in the order in which they came',
    file: 'src/process/setup/lines.ts',
    edits: [['draft: put,', 'draft: (line) => { page.add(line); page.send(); },']],
    tests: ['test/log.test.ts'],
  },
  {
    breaks: 'no process waits for whoever reads its log',
    file: 'src/process/setup/outlet.ts',
    edits: [['awaitRoom();\n    }', 'for (;;) try { return rest.subarray(writeSync(fd, rest)); } catch {}\n    }']],
    tests: ['test/e2e/unread.test.ts'],
  },
  {
    breaks: 'lines that are left out of a log are counted',
    file: 'src/process/setup/outlet.ts',
    edits: [['leftOut += linesIn(lines);', '']],
    tests: ['test/outlet.test.ts'],
  },
  {
    breaks: 'what a pipe had no room for is kept while the memory that it came in is used again',
    file: 'src/process/setup/outlet.ts',
    edits: [['kept.push(Buffer.from(rest))', 'kept.push(rest)']],
    tests: ['test/outlet.test.ts'],
  },
  {
    breaks: 'a line of the trace and one without say which it was',
    file: 'src/process/observe/access-line.ts',
    edits: [['this.#asked.subarray(NO_TRACE.length)', 'this.#asked']],
    tests: ['test/operations/access-line.test.ts'],
  },
  {
    breaks: 'what was asked is told apart by all that a line says of it',
    file: 'src/process/observe/line-pieces.ts',
    edits: [['asked.status === status &&', '']],
    tests: ['test/operations/access-line.test.ts'],
  },
  {
    breaks: 'what a look at the parent cannot tell is asked for',
    file: 'src/nouns/namespaces/schema.ts',
    edits: [['threadCount === 0 ? NO_THREADS : UNREAD', 'threadCount < 9 ? NO_THREADS : UNREAD']],
    tests: ['test/threads.test.ts'],
  },
  {
    breaks: 'an answer that is kept is of the version that is stored',
    file: 'src/store/sqlite/engine.ts',
    edits: [['() => this.#shared.forget()', '() => {}']],
    tests: ['test/rest/kept.test.ts'],
  },
  {
    breaks: 'what JSON leaves out of an object is left out of kept text too',
    file: 'src/words/json-text.ts',
    edits: [['if (own !== undefined) text', 'text']],
    tests: ['test/json-text.test.ts'],
  },
];
