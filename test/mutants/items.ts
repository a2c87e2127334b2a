import type { Mutant } from './mutant.ts';

const told = ['test/long-work/told.test.ts'];
const reindex = ['test/long-work/reindex.test.ts'];
const lists = ['test/namespace-lists.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'the feed is told of whole percents alone',
    file: 'src/nouns/jobs/counts.ts',
    edits: [['Math.floor(percent) > Math.floor(before.percent)', 'percent > before.percent']],
    tests: told,
  },
  {
    breaks: 'a job that ends shows how far it came',
    file: 'src/nouns/work-items/settle.ts',
    edits: [['{ progress: progressOf(settled), ...how }', 'how']],
    tests: told,
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
        'const doc = { ...bare(next), listsVersion };',
        'const doc = { ...next, ...(await listsOf(ctx, before)), listsVersion };',
      ],
    ],
    tests: lists,
  },
];
