import type { Mutant } from './mutant.ts';

const scheduler = ['test/runner/scheduler.test.ts'];
const crashes = ['test/runner/crashes.test.ts'];
const buckets = ['test/runner/buckets.test.ts'];
const s3 = ['test/runner/s3.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'a task is held by one',
    file: 'src/process/scheduler/lease.ts',
    edits: [['version: task.version + 1 };\n  return ignoring', 'version: task.version };\n  return ignoring']],
    tests: scheduler,
  },
  {
    breaks: 'a claim holds until its lease ends',
    file: 'src/process/scheduler/scheduler.ts',
    edits: [['dueAt: iso(LEASE_MS), held: true', 'dueAt: iso(LEASE_MS / 10), held: true']],
    tests: scheduler,
  },
  {
    breaks: 'a mark outlives its sweep by a minute, whoever is killed in between',
    file: 'src/process/runner/sweep.ts',
    edits: [['if (leftMs > 0) return', 'if (leftMs < 0) return']],
    tests: crashes,
  },
  {
    breaks: 'a sweep that somebody took and did not finish is taken up',
    file: 'src/process/scheduler/scheduler.ts',
    edits: [['{ dueAt: iso(LEASE_MS), held: true }', '{ dueAt: iso(LEASE_MS * 2), held: true }']],
    tests: crashes,
  },
  {
    breaks: 'a process does not take from itself what it has under way',
    file: 'src/process/scheduler/scheduler.ts',
    edits: [['!running.has(id)', 'id !== lane']],
    tests: scheduler,
  },
  {
    breaks: 'what is claimed is begun, whatever becomes of other claims',
    file: 'src/process/scheduler/scheduler.ts',
    edits: [
      [
        'for (const claim of claims) if',
        'if (claims.every((one) => one.status === "fulfilled")) for (const claim of claims) if',
      ],
    ],
    tests: scheduler,
  },
  {
    breaks: 'what is claimed while a process is told to stop is given back',
    file: 'src/process/scheduler/scheduler.ts',
    edits: [['await looking.catch(() => {});', '']],
    tests: scheduler,
  },
  {
    breaks: 'what failed is tried again after 1, 2, 4, 8 … s',
    file: 'src/process/scheduler/scheduler.ts',
    edits: [['1_000 * 2 ** (tries - 1)', '1_000 * tries']],
    tests: scheduler,
  },
  {
    breaks: 'places level among the orgs',
    file: 'src/process/scheduler/turn-taking.ts',
    edits: [['rank: held + at', 'rank: 0']],
    tests: scheduler,
  },
  {
    breaks: 'an org that holds nothing does not wait for calls that hang',
    file: 'src/process/scheduler/scheduler.ts',
    edits: [['if (isLate) mine', 'if (false) mine']],
    tests: scheduler,
  },
  {
    breaks: 'what is called off has not failed',
    file: 'src/process/scheduler/scheduler.ts',
    edits: [['if (signal.aborted) await move(store, task, { dueAt: iso(), held: false });\n    else if', 'if']],
    tests: [...scheduler, ...buckets],
  },
  {
    breaks: 'a call that does not heed its signal holds nothing',
    file: 'src/process/buckets/call.ts',
    edits: [['Promise.race([call(calledOff.signal), promise])', 'call(calledOff.signal)']],
    tests: buckets,
  },
  {
    breaks: 'a bucket fails at the fifth try',
    file: 'src/process/runner/provision.ts',
    edits: [['const TRIES_MAX = 5;', 'const TRIES_MAX = 6;']],
    tests: buckets,
  },
  {
    breaks: 'a workspace that is gone ends nothing for others',
    file: 'src/nouns/jobs/bucket.ts',
    edits: [['if (!workspace || workspace.', 'if (workspace!.']],
    tests: buckets,
  },
  {
    breaks: 'a queue answers only what is due',
    file: 'src/store/sqlite/queue.ts',
    edits: [['} <= ?\n', '} >= ?\n']],
    tests: ['test/store/contract.test.ts'],
  },
  {
    breaks: 'a reply shows the threads as its own commit left them',
    file: 'src/nouns/namespaces/threads.ts',
    edits: [['id <= end && ', '']],
    tests: ['test/threads.test.ts'],
  },
  {
    breaks: 'who does not ask for the ids of threads pays for none',
    file: 'src/nouns/namespaces/threads.ts',
    edits: [
      [
        '    if (before.threadCount >= THREADS_MAX)',
        '    await threadIdsOf(ctx, before);\n    if (before.threadCount >= THREADS_MAX)',
      ],
    ],
    tests: ['test/threads.test.ts'],
  },
  {
    breaks: 'what an account does not own is not its bucket',
    file: 'src/process/buckets/s3.ts',
    edits: [['if (await isOurs(client, bucket, abortSignal)) return;', 'return;']],
    tests: s3,
  },
  {
    breaks: 'a bucket of ours that some server says exists is made',
    file: 'src/process/buckets/s3.ts',
    edits: [['if (await isOurs(client, bucket, abortSignal)) return;', '']],
    tests: s3,
  },
  {
    breaks: 'the runner alone tries a bucket again',
    file: 'src/process/buckets/s3.ts',
    edits: [['maxAttempts: 1', 'maxAttempts: 3']],
    tests: s3,
  },
  {
    breaks: 'what a store answers is not repeated',
    file: 'src/process/buckets/s3.ts',
    edits: [[': new BucketRefused(wordsOf(error, region))', ': error']],
    tests: s3,
  },
];
