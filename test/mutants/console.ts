import type { Mutant } from './mutant.ts';

export const mutants: Mutant[] = [
  {
    breaks: 'of a long table no more rows are drawn than are seen, and a few around them',
    file: 'src/console/app/parts/rows.ts',
    edits: [['const OVERSCAN = 12;', 'const OVERSCAN = 1_200;']],
    tests: ['test/e2e/console-many.test.ts'],
  },
  {
    breaks: 'the page keys lead by screens',
    file: 'src/console/app/parts/rows.ts',
    edits: [['const page = Math.max(1, Math.floor(innerHeight / height) - 2);', 'const page = 1;']],
    tests: ['test/e2e/console-many.test.ts'],
  },
  {
    breaks: 'an account says when its tokens end',
    file: 'src/console/app/views/accounts.ts',
    edits: [['        ? `used up on', '        ? `gone on']],
    tests: ['test/e2e/console.test.ts'],
  },
  {
    breaks: 'a request of the demo that met the outage is tried again elsewhere',
    file: 'src/process/demo/traffic.ts',
    edits: [['    if (outcome.success) return;', '    return;']],
    tests: ['test/demo-traffic.test.ts'],
  },
  {
    breaks: 'the outage of the demo ends',
    file: 'src/process/demo/content.ts',
    edits: [['from: 8, to: 30 }', 'from: 8, to: 160 }']],
    tests: ['test/demo-traffic.test.ts'],
  },
  {
    breaks: 'a rank is never older than a change in the same request',
    file: 'src/nouns/router-policies/rank.ts',
    edits: [['    asked.delete(ctx.loaders);\n', '']],
    tests: ['test/policy-targets.test.ts'],
  },
  {
    breaks: 'a target tells when it may be probed next',
    file: 'src/nouns/router-policies/targets-now.ts',
    edits: [['admits(current, watched.settings, now) ? null', "current.state !== 'open' ? null"]],
    tests: ['test/policy-targets.test.ts'],
  },
  {
    breaks: 'usage by workspace names none that the caller does not see',
    file: 'src/nouns/decisions/schema-usage.ts',
    edits: [['workspaceIds === null || workspaceIds.includes(id)', 'true']],
    tests: ['test/decisions.test.ts'],
  },
  {
    breaks: 'latencies of two buckets are put together place by place',
    file: 'src/routing/latency.ts',
    edits: [['counts[place - from]', 'counts[Math.abs(place - from)]']],
    tests: ['test/latency.test.ts'],
  },
  {
    breaks: 'no percentile is further than 5 % from the true one',
    file: 'src/routing/latency.ts',
    edits: [['const WIDTH_PERCENT = 110;', 'const WIDTH_PERCENT = 112;']],
    tests: ['test/latency.test.ts'],
  },
  {
    breaks: 'a model may be called as something every object has',
    file: 'src/routing/usage.ts',
    edits: [['Object.hasOwn(to, id) ? to[id] : undefined', 'to[id]']],
    tests: ['test/latency.test.ts'],
  },
  {
    breaks: 'who leaves a panel by a link is not led back to what it lay over',
    file: 'src/console/app/parts/panel.ts',
    edits: [['isLeft.current || close()', 'close()']],
    tests: ['test/e2e/console-filters.test.ts'],
  },
  {
    breaks: 'other filters begin with none of the decisions of those before',
    file: 'src/console/app/views/decisions.ts',
    edits: [['key: JSON.stringify(wanted), asked', 'asked']],
    tests: ['test/e2e/console-filters.test.ts'],
  },
  {
    breaks: 'the filters stand in the address',
    file: 'src/console/app/parts/router.ts',
    edits: [['const query = new URLSearchParams(asked).toString();', "const query = '';"]],
    tests: ['test/e2e/console-filters.test.ts'],
  },
  {
    breaks: 'a change of one policy reads no others',
    file: 'src/console/app/graph/all-pages.ts',
    edits: [['const SOME = 100;', 'const SOME = 0;']],
    tests: ['test/e2e/console-kept-up.test.ts'],
  },
  {
    breaks: 'policies below a new one move down',
    file: 'src/console/app/views/policy-list.ts',
    edits: [['{ ...policy, rank: at + 1 }', 'policy']],
    tests: ['test/e2e/console-kept-up.test.ts'],
  },
  {
    breaks: 'a workspace beyond the newest 200 can be chosen',
    file: 'src/console/app/parts/choice.ts',
    edits: [['isWhole: nodes.length >= totalCount', 'isWhole: true']],
    tests: ['test/e2e/console-choices.test.ts'],
  },
  {
    breaks: 'a name of the list that is typed means the one that has it',
    file: 'src/console/app/parts/choice.ts',
    edits: [['(options.find(([, label]) => label === text)?.[0] ?? text)', 'text']],
    tests: ['test/e2e/console-choices.test.ts'],
  },
  {
    breaks: 'names that have no place to break are wrapped',
    file: 'src/console/app/frame.css',
    edits: [['  overflow-wrap: anywhere;\n', '']],
    tests: ['test/e2e/console-names.test.ts'],
  },
];
