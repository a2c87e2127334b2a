import type { Mutant } from './mutant.ts';

export const mutants: Mutant[] = [
  {
    breaks: 'a test of a match takes a flag in every spelling in which a decision does',
    file: 'src/routing/matching.ts',
    edits: [["return 'value' in read && read.value === true;", "return 'value' in read && get(name) === true;"]],
    tests: ['test/nouns/router-policies.test.ts'],
  },
  {
    breaks: 'of several accounts without room the one that has it first is told of',
    file: 'src/routing/hops.ts',
    edits: [['soonest(drawn) ?? soonest(usedUpOnes)', 'drawn[0] ?? usedUpOnes[0]']],
    tests: ['test/soonest-account.test.ts'],
  },
  {
    breaks: 'what was stored by a clock that was ahead holds nothing up once it is set right',
    file: 'src/routing/ahead.ts',
    edits: [['return writtenMs > nowMs + APART_MAX_MS;', 'return writtenMs < nowMs - Number.MAX_VALUE;']],
    tests: ['test/time/set-clock.test.ts'],
  },
  {
    breaks: 'a policy that names a deleted workspace matches no more',
    file: 'src/nouns/router-policies/test-match.ts',
    edits: [['workspaceId: workspace?.id ?? null, ', '']],
    tests: ['test/nouns/router-policies.test.ts'],
  },
  {
    breaks: 'a change that changes nothing shows a latched policy as it is',
    file: 'src/nouns/router-policies/repository.ts',
    edits: [
      [
        'return (await breakerNow(ctx, policy)).breaker.latched;',
        'return (await breakerNow(ctx, policy)).breaker.latched && (await reset(ctx, policy)).length > 0;',
      ],
    ],
    tests: ['test/breaker.test.ts'],
  },
  {
    breaks: 'a lowered limit counts what was taken as a full bucket at most',
    file: 'src/routing/bucket.ts',
    edits: [['Math.min(units, burstOf(rate))', 'units']],
    tests: ['test/limits.test.ts'],
  },
  {
    breaks: 'a lease that ends before the others is found when it has ended',
    file: 'src/routing/leases.ts',
    edits: [['(leases[behind - width] ?? 0) > second', 'false']],
    tests: ['test/leases.test.ts'],
  },
  {
    breaks: 'what open decisions hold is read as the last release stored it',
    file: 'src/routing/leases.ts',
    edits: [['isList(stored) ? stored : listed(stored)', 'isList(stored) ? stored : []']],
    tests: ['test/leases.test.ts', 'test/limits.test.ts'],
  },
  {
    breaks: 'meters that the last release stored are read',
    file: 'src/routing/bucket.ts',
    edits: [['return [Math.max(0, arrival - writtenMs) * perMs, writtenMs];', 'return [0, writtenMs];']],
    tests: ['test/limits.test.ts'],
  },
  {
    breaks: 'what was decided before a reset does not count after it',
    file: 'src/routing/policy-breaker.ts',
    edits: [['floor: Math.max(breaker.floor, ...generations) + 3', 'floor: 0']],
    tests: ['test/breaker.test.ts'],
  },
  {
    breaks: 'calls that hang open no target by a moment whose results are forgotten',
    file: 'src/routing/breaker.ts',
    edits: [['bucketOf(settings, moment) >= last && ', '']],
    tests: ['test/routing-rules.test.ts'],
  },
  {
    breaks: 'calls that hang are judged by changed settings from the change on',
    file: 'src/routing/breaker.ts',
    edits: [['Math.max(since, target.judgedFrom)', 'since']],
    tests: ['test/breaker.test.ts'],
  },
  {
    breaks: 'retry_after waits for every limit that has no room',
    file: 'src/routing/limits.ts',
    edits: [['others.reduce(longest, first.waitMs)', 'first.waitMs']],
    tests: ['test/limits.test.ts'],
  },
  {
    breaks: 'no cooldown ends before a Retry-After of its generation, whatever went wrong',
    file: 'src/routing/breaker.ts',
    edits: [['current.restUntil, current.retryUntil)', 'current.restUntil)']],
    tests: ['test/breaker.test.ts'],
  },
  {
    breaks: 'only a 429 rests its target at once',
    file: 'src/routing/breaker.ts',
    edits: [['restUntil: rests ? Math.max', 'restUntil: true ? Math.max']],
    tests: ['test/breaker.test.ts'],
  },
  {
    breaks: 'the result of a probe whose lease has run out moves nothing',
    file: 'src/routing/breaker.ts',
    edits: [
      ["if (current.state === 'half_open' && !Object.hasOwn(current.probes, result.decisionId)) return current;", ''],
    ],
    tests: ['test/breaker.test.ts'],
  },
  {
    breaks: 'a decision that hangs is counted once when its outcome comes',
    file: 'src/routing/breaker.ts',
    edits: [['const waiting = waitingWithout(told.waiting, result.decidedMs);', 'const waiting = told.waiting;']],
    tests: ['test/breaker.test.ts'],
  },
  {
    breaks: 'of moments that lie close the earlier one is counted at the later',
    file: 'src/routing/waiting.ts',
    edits: [['if (gap < least)', 'if (gap <= least)']],
    tests: ['test/waiting.test.ts'],
  },
  {
    breaks: 'what waits is copied before it is changed',
    file: 'src/routing/waiting.ts',
    edits: [['const next = [...listOf(stored)];', 'const next = listOf(stored) as number[];']],
    tests: ['test/waiting.test.ts'],
  },
  {
    breaks: 'an opening that nobody reported counts towards the latch',
    file: 'src/routing/policy-breaker.ts',
    edits: [
      [
        '.reduce((state, moment) => withOpening(state, watched.settings, moment), written)',
        '.reduce((state) => state, written)',
      ],
    ],
    tests: ['test/breaker.test.ts'],
  },
  {
    breaks: 'a change is tried before it is told',
    file: 'src/routing/smallest-change.ts',
    edits: [['remedies.find((change) => admits(withChange(world, change), request)) ?? null', 'remedies[0] ?? null']],
    tests: ['test/routing-world.test.ts'],
  },
  {
    breaks: 'another workspace’s policy is not taken from it',
    file: 'src/routing/nearest-policy.ts',
    edits: [[" || only.name === 'workspaceId'", '']],
    tests: ['test/routing-world.test.ts'],
  },
  {
    breaks: 'a latched policy is passed over whatever its model says',
    file: 'src/routing/policy-breaker.ts',
    edits: [['return breaker.latched || (enabled.length', 'return (enabled.length']],
    tests: ['test/routing-world.test.ts'],
  },
  {
    breaks: 'every commit that changes what is kept counts its generation on',
    file: 'src/resource/generation.ts',
    edits: [['!change.in.kept ||', "change.in.name !== 'policies' ||"]],
    tests: ['test/settings.test.ts'],
  },
  {
    breaks: 'what is kept holds for its own generation alone',
    file: 'src/resource/kept.ts',
    edits: [['known?.generation !== generation', '!known']],
    tests: ['test/settings.test.ts'],
  },
  {
    breaks: 'what changes with every request is fetched at once',
    file: 'src/nouns/router-policies/gather.ts',
    edits: [['all(ctx, meters, meterIds),', 'await all(ctx, meters, meterIds),']],
    tests: ['test/settings.test.ts'],
  },
  {
    breaks: 'a retry follows no chain of decisions',
    file: 'src/nouns/decisions/decide.ts',
    edits: [['if (failed.failedBefore)', 'if (failed.failedBefore === undefined)']],
    tests: ['test/settings.test.ts'],
  },
  {
    breaks: 'every filter of the decisions holds',
    file: 'src/nouns/decisions/filters.ts',
    edits: [["'providerAccountId', 'admitted'] as const", "'providerAccountId'] as const"]],
    tests: ['test/decision-filters.test.ts'],
  },
];
