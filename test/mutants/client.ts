import type { Mutant } from './mutant.ts';

const tests = ['test/client/client.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'the last line of a stream needs no end',
    file: 'src/client/meter.ts',
    edits: [["    addText('\\n');\n", '']],
    tests: ['test/client/tokens.test.ts'],
  },
  {
    breaks: 'a failed decision is named by the next',
    file: 'src/client/index.ts',
    edits: [['retryOf = (await isTold(done)) ? grant.route.decisionId : null;', 'retryOf = null;']],
    tests,
  },
  {
    breaks: 'what no other provider can help is not tried again',
    file: 'src/client/index.ts',
    edits: [["'rate_limited', 'overloaded'];", "'rate_limited', 'overloaded', 'caller_error'];"]],
    tests,
  },
  {
    breaks: 'a request to decide is named, so that it happens once',
    file: 'src/client/plane.ts',
    edits: [[', key: uuid(),', ', key: undefined,']],
    tests,
  },
  {
    breaks: 'reports wait for a control plane that is away',
    file: 'src/client/reports.ts',
    edits: [['plane.report(decisionId, outcome, untilMs)', 'plane.report(decisionId, outcome, 0)']],
    tests,
  },
  {
    breaks: 'what cannot be told is bounded',
    file: 'src/client/reports.ts',
    edits: [['const isFull = () => pending.size >= queueMax;', 'const isFull = () => pending.size < 0 * queueMax;']],
    tests,
  },
  {
    breaks: 'an onLost that fails ends no process',
    file: 'src/client/options.ts',
    edits: [['onLost(...lost))?.catch(() => {}),', 'onLost(...lost)),']],
    tests,
  },
  {
    breaks: 'a classify that throws loses no report',
    file: 'src/client/options.ts',
    edits: [['classify: (error) => harmless(() => classify(error)),', 'classify,']],
    tests,
  },
  {
    breaks: 'the last good decision is used for a bounded time',
    file: 'src/client/kept.ts',
    edits: [['found && now() < found.untilMs', 'found']],
    tests,
  },
  {
    breaks: 'a decision that nobody waits for is given back',
    file: 'src/client/grants.ts',
    edits: [['deciding.then(undo, () => {});', 'void undo;']],
    tests,
  },
  {
    breaks: 'a stream holds its lease to its end',
    file: 'src/client/watch.ts',
    edits: [['else attempt.meter.add(step.value);', 'else attempt.end(null);']],
    tests,
  },
  {
    breaks: 'half a stream is no success',
    file: 'src/client/meter.ts',
    edits: [['failure ?? (isKnown && !isWhole ? cut : null)', 'failure']],
    tests: ['test/client/tokens.test.ts'],
  },
  {
    breaks: 'cached input is counted',
    file: 'src/client/meter.ts',
    edits: [[", 'cache_creation_input_tokens', 'cache_read_input_tokens'", '']],
    tests: ['test/client/tokens.test.ts'],
  },
  {
    breaks: 'a stream is reported before its lease is over',
    file: 'src/client/attempt.ts',
    edits: [['() => end(meter.error()),', '() => {},']],
    tests,
  },
];
