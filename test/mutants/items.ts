import type { Mutant } from './mutant.ts';

const told = ['test/long-work/told.test.ts'];
const reindex = ['test/long-work/reindex.test.ts'];
const kept = ['test/long-work/changed-progress.test.ts'];
const ways = ['test/long-work/worker-ways.test.ts'];
const lists = ['test/namespace-lists.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'a worker that rests asks no timer for a time that is past',
    file: 'src/worker/http.ts',
    edits: [['await sleep(left, undefined', 'await sleep(leftMs(), undefined']],
    tests: ['test/long-work/resting.test.ts'],
  },
  {
    breaks: 'the feed is told of whole percents alone',
    file: 'src/nouns/jobs/counts.ts',
    edits: [['Math.floor(percent) > Math.floor(before.percent)', 'percent > before.percent']],
    tests: told,
  },
  {
    breaks: 'a job that ends shows how far it came',
    file: 'src/nouns/work-items/settle.ts',
    edits: [['{ progress: progressOf(next), ...how }', 'how']],
    tests: told,
  },
  {
    breaks: 'what a thread adds to a reindex is in the reply that an Idempotency-Key keeps',
    file: 'src/nouns/work-items/settle.ts',
    edits: [['  ctx.loaders.expect(jobCounts, next);\n', '']],
    tests: kept,
  },
  {
    breaks: 'what was planned and is refused is not seen further on in the same request',
    file: 'src/resource/write.ts',
    edits: [['    // What was expected of this commit has not come about.\n    ctx.loaders.clear();\n', '']],
    tests: kept,
  },
  {
    breaks: 'where a job begins again is in the reply that an Idempotency-Key keeps',
    file: 'src/nouns/work-items/again.ts',
    edits: [['  ctx.loaders.expect(jobCounts, counts);\n', '']],
    tests: kept,
  },
  {
    breaks: 'a report under a lapsed lease is stale',
    file: 'src/nouns/work-items/report.ts',
    edits: [[' && dueAt !== null && nowMs < Date.parse(dueAt)', ' && dueAt !== null']],
    tests: reindex,
  },
  {
    breaks: 'the same report again is accepted again',
    file: 'src/nouns/work-items/report.ts',
    edits: [['ended.lease === lease && ended.status === status', 'false']],
    tests: reindex,
  },
  {
    breaks: 'a lease that is given back was no try',
    file: 'src/nouns/work-items/claim.ts',
    edits: [['isGivenBack ? tries : tries + 1', 'tries + 1']],
    tests: reindex,
  },
  {
    breaks: 'what is given back on the fifth try has not failed for good',
    file: 'src/nouns/work-items/given-up.ts',
    edits: [['tries >= TRIES_MAX && !isGivenBack', 'tries >= TRIES_MAX']],
    tests: reindex,
  },
  {
    breaks: 'progress does not go back at a retry',
    file: 'src/nouns/work-items/again.ts',
    edits: [["reset === 'all' ? 0 : sofar(before)", '0']],
    tests: reindex,
  },
  {
    breaks: 'an account that is to rest holds up no other',
    file: 'src/worker/http.ts',
    edits: [['return until - performance.now() > REST_MS;', 'return until < 0;']],
    tests: ways,
  },
  {
    breaks: 'credentials that are kept elsewhere cost no try',
    file: 'src/worker/batch.ts',
    edits: [['    await leave(failed, held, tools);\n', '']],
    tests: ways,
  },
  {
    breaks: 'what an older program stored in a namespace is shown when it moves',
    file: 'src/nouns/namespaces/lists.ts',
    edits: [['{ ...after, ...(lists?.after ?? own) }', '{ ...after, ...lists?.after }']],
    tests: lists,
  },
  {
    breaks: 'sources and nodes are no part of what every thread changes',
    file: 'src/nouns/namespaces/lists.ts',
    edits: [
      [
        'const doc = { ...bare(next), listsVersion, ...',
        'const doc = { ...next, ...(await listsOf(ctx, before)), listsVersion, ...',
      ],
    ],
    tests: lists,
  },
  {
    breaks: 'lists that lie apart stay there, however short they become',
    file: 'src/nouns/namespaces/lists.ts',
    edits: [['before.listsVersion === 0 && (!wanted', '(!wanted']],
    tests: lists,
  },
];
