import type { Mutant } from './mutant.ts';

const workers = ['test/e2e/workers.test.ts'];
const limits = ['test/workers.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'what a clock that was ahead has put off is taken up once it is set right',
    file: 'src/process/scheduler/scheduler.ts',
    edits: [['    await takeUpStranded();\n', '']],
    tests: ['test/time/set-clock.test.ts'],
  },
  {
    breaks: 'a worker that dies is started again',
    file: 'src/process/workers/parent.ts',
    edits: [['setTimeout(start, waitMs, slot)', 'undefined']],
    tests: workers,
  },
  {
    breaks: 'what was being handed to a worker that died goes to another',
    file: 'src/process/workers/handover.ts',
    edits: [['if (connection) waiting.unshift(connection);', '']],
    tests: workers,
  },
  {
    breaks: 'the parent keeps a connection until a worker says that it has it',
    file: 'src/process/workers/channel.ts',
    edits: [['keepOpen: true }, () =>', 'keepOpen: false }, () =>']],
    tests: workers,
  },
  {
    breaks: 'a worker is given one connection at a time',
    file: 'src/process/workers/handover.ts',
    edits: [['given.set(worker, connection);', 'given.set(worker, connection);\n    free.push(worker);']],
    tests: workers,
  },
  {
    breaks: 'who waits to be accepted as a signal comes is handed on',
    file: 'src/process/workers/door.ts',
    edits: [['    await takeUpWaiting(server, () => performance.now() >= until);\n', '']],
    tests: workers,
  },
  {
    breaks: 'a worker ends when it has been given the last connection, not before',
    file: 'src/process/main.ts',
    edits: [['lastGiven: team?.close', 'lastGiven: team ? async () => {} : undefined']],
    tests: workers,
  },
  {
    breaks: 'no worker is ready before all are',
    file: 'src/process/workers/worker.ts',
    edits: [['isReady: () => isOpen', 'isReady: () => true']],
    tests: workers,
  },
  {
    breaks: 'a worker that takes the place of a dead one is ready as soon as it serves',
    file: 'src/process/workers/worker.ts',
    edits: [["isOpen = await parent.ask('replaces', null);", '']],
    tests: workers,
  },
  {
    breaks: 'one process alone loads nothing of several',
    file: 'src/process/serve.ts',
    edits: [
      [
        "const isParent = !isAlone && (await import('node:cluster')).default.isPrimary;",
        "const isParent = (await import('node:cluster')).default.isPrimary && !isAlone;",
      ],
    ],
    tests: workers,
  },
  {
    breaks: 'a signal to the parent goes to its workers',
    file: 'src/process/workers/parent.ts',
    edits: [["worker.process.kill('SIGTERM')", 'void worker']],
    tests: workers,
  },
  {
    breaks: 'what a dead worker has counted stays counted',
    file: 'src/process/workers/figures.ts',
    edits: [['if (counted.length > 0) gone =', 'if (counted.length < 0) gone =']],
    tests: workers,
  },
  {
    breaks: 'workers count the requests of a token together',
    file: 'src/process/app.ts',
    edits: [['around.limiter ?? ', '']],
    tests: workers,
  },
  {
    breaks: 'few requests that are left are not kept beside',
    file: 'src/process/workers/shared-limits.ts',
    edits: [['there / (4 * workers)', 'there']],
    tests: limits,
  },
];
