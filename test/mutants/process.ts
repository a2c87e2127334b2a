import type { Mutant } from './mutant.ts';

const shutdown = ['test/e2e/shutdown.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'connections that wait to be accepted are answered before the end',
    file: 'src/http/drain.ts',
    edits: [[' : takeUpWaiting(server, isLate));', ' : undefined);']],
    tests: shutdown,
  },
  {
    breaks: 'only the last answer of a connection ends it',
    file: 'src/process/app.ts',
    edits: [['if (endsIt) head.push', 'head.push']],
    tests: shutdown,
  },
  {
    breaks: 'an answer that ends its connection waits for what has been sent and not been read',
    file: 'src/http/connections.ts',
    edits: [['  await nextLook();\n', '']],
    tests: shutdown,
  },
  {
    breaks: 'an answer on its way out is not cut off',
    file: 'src/http/drain.ts',
    edits: [['NetServer.prototype.close.call(server);', 'server.close();']],
    tests: shutdown,
  },
  {
    breaks: 'silent connections do not hold the exit',
    file: 'src/http/drain.ts',
    edits: [['  server.closeAllConnections();\n', '  await new Promise((resolve) => server.on("close", resolve));\n']],
    tests: shutdown,
  },
  {
    breaks: 'a second signal kills nothing',
    file: 'src/process/setup/signals.ts',
    edits: [['process.on(signal', 'process.once(signal']],
    tests: shutdown,
  },
  {
    breaks: 'background work that hangs does not hold the exit',
    file: 'src/process/main.ts',
    edits: [['await Promise.race([flushed, sleep(BACKGROUND_SECONDS * 1000)])', 'await flushed']],
    tests: shutdown,
  },
  {
    breaks: 'a server whose terminal is closed answers what was sent',
    file: 'src/process/setup/signals.ts',
    edits: [[", 'SIGHUP'] as const", '] as const']],
    tests: ['test/e2e/shutdown.test.ts'],
  },
  {
    breaks: 'a signal during the start ends it',
    file: 'bin/switchyard.js',
    edits: [["if (process.argv[2] === 'serve') (await import('../src/process/setup/signals.ts')).stopSignal();", '']],
    tests: shutdown,
  },
  {
    breaks: 'who comes with the first of a turn is read before that one’s turn goes on',
    file: 'src/http/pressure.ts',
    edits: [['waiting.length === 0 && begun === 0', 'waiting.length === 0 && hasTime()']],
    tests: ['test/pressure.test.ts'],
  },
  {
    breaks: 'callers that wait for each other’s answers are not refused',
    file: 'src/http/pressure.ts',
    edits: [['Math.floor((WAIT_MAX_MS * pace.requests) / pace.ms)', '0']],
    tests: ['test/pressure.test.ts'],
  },
  {
    breaks: 'what cannot be answered in time is refused',
    file: 'src/http/pressure.ts',
    edits: [['refused.push(...waiting.splice(letIn));', '']],
    tests: ['test/pressure.test.ts'],
  },
  {
    breaks: 'the sockets are looked at every few milliseconds',
    file: 'src/http/pressure.ts',
    edits: [['const TURN_MS = 2;', 'const TURN_MS = 100;']],
    tests: ['test/pressure.test.ts'],
  },
  {
    breaks: 'so many wait for the store at most, also of those who have waited for their turn',
    file: 'src/http/pressure.ts',
    edits: [['first && isFull()', 'false']],
    tests: ['test/pressure.test.ts'],
  },
  {
    breaks: 'refusals leave time for those who were let in',
    file: 'src/http/pressure.ts',
    edits: [['now() < until ? refused.shift() : undefined', 'refused.shift()']],
    tests: ['test/pressure.test.ts'],
  },
  {
    breaks: 'whoever was let in is answered',
    file: 'src/http/pressure.ts',
    edits: [['Math.max(letIn, Math.min(waiting.length, inTime))', 'Math.min(waiting.length, inTime)']],
    tests: ['test/pressure.test.ts'],
  },
  {
    breaks: 'a pace is measured for a while before anybody is refused by it',
    file: 'src/http/pressure.ts',
    edits: [['if (pace.ms < MEASURED_MIN_MS) return;', '']],
    tests: ['test/pressure.test.ts'],
  },
  {
    breaks: 'who connects waits for no more than an answer for each who did before',
    file: 'src/http/pressure.ts',
    edits: [['hasMet ? 0 : TURN_MS', 'TURN_MS']],
    tests: ['test/pressure.test.ts'],
  },
  {
    breaks: 'those who were let in are answered while others connect',
    file: 'src/http/pressure.ts',
    edits: [['begun === 0 || ', '']],
    tests: ['test/pressure.test.ts'],
  },
  {
    breaks: 'a refusal does not make the next one likelier',
    file: 'src/http/pressure.ts',
    edits: [
      ['    decide();\n', '    turnBegan = now();\n    decide();\n'],
      ['turnBegan = now();\n    worksUntil = turnBegan + ms', 'worksUntil = now() + ms'],
    ],
    tests: ['test/pressure.test.ts'],
  },
  {
    breaks: 'so many requests are in flight at most',
    file: 'src/http/pressure.ts',
    edits: [[' || inFlight - resting > IN_FLIGHT_MAX', '']],
    tests: ['test/pressure.test.ts'],
  },
  {
    breaks: 'a refusal for overload says when it was made',
    file: 'src/process/refusals.ts',
    edits: [['if (told.at !== at) told.by.clear();', '']],
    tests: ['test/http/overload.test.ts'],
  },
  {
    breaks: 'a refusal for overload has the form that was asked for',
    file: 'src/process/refusals.ts',
    edits: [["(arrival.req.headers.accept ?? '')", "''"]],
    tests: ['test/http/overload.test.ts'],
  },
  {
    breaks: 'from the second start on no compiler of TypeScript is loaded',
    file: 'bin/switchyard.js',
    edits: [["if (compiled !== null) (await import('node:module')).enableCompileCache(compiled);\n", '']],
    tests: ['test/e2e/loaded.test.ts'],
  },
  {
    breaks: 'a secret is not made where standard output is closed',
    file: 'src/process/operator/print.ts',
    edits: [['  if (leadsNowhere())\n', '  if (false)\n']],
    tests: ['test/e2e/output.test.ts'],
  },
  {
    breaks: 'what a killed backup has left is taken away by the next one',
    file: 'src/process/backup/target.ts',
    edits: [['  removeAbandoned(place, NAMES);\n', '']],
    tests: ['test/operations/backup.test.ts'],
  },
  {
    breaks: 'a backup that is under way is left alone',
    file: 'src/process/backup/abandoned.ts',
    edits: [['!isAlive(pid)', 'true']],
    tests: ['test/operations/backup.test.ts'],
  },
  {
    breaks: 'a bar asks nothing of the terminal that outlasts it',
    file: 'src/process/operator/progress.ts',
    edits: [['linewrap: true', 'linewrap: false']],
    tests: ['test/operations/progress.test.ts'],
  },
  {
    breaks: 'a command that goes on ends where its reader has gone',
    file: 'src/process/cli.ts',
    edits: [["if (error.code === 'EPIPE') stopNow();", '']],
    tests: ['test/e2e/unread-output.test.ts'],
  },
  {
    breaks: 'no compiled code is run that another user may have made',
    file: 'bin/own-folder.js',
    edits: [['return isOurs ? folder : null;', 'return folder;']],
    tests: ['test/e2e/own-folder.test.ts'],
  },
];
