import type { Mutant } from './mutant.ts';

const decisions = ['test/events/decisions.test.ts'];
const consoles = ['test/e2e/console-decisions.test.ts'];
const rights = ['test/events/rights.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'a decision is told once more when it is reported',
    file: 'src/store/telling.ts',
    edits: [['from.renumbered ? number(from, doc) : doc', 'doc']],
    tests: ['test/store/numbered.test.ts', ...decisions],
  },
  {
    breaks: 'a cursor stands where its decision does',
    file: 'src/nouns/decisions/schema-follow.ts',
    edits: [['const cursor = cursors.encode(node.place);', 'const cursor = cursors.encode(node.place + 1);']],
    tests: decisions,
  },
  {
    breaks: 'decisions are followed behind a cursor',
    file: 'src/nouns/decisions/schema-follow.ts',
    edits: [["(after == null ? last : placeOf(after, ['after']))", 'last']],
    tests: decisions,
  },
  {
    breaks: 'a cursor of decisions is good for its filters alone',
    file: 'src/nouns/decisions/schema-follow.ts',
    edits: [['filter(([, value]) => value != null)', 'filter(() => false)']],
    tests: decisions,
  },
  {
    breaks: 'a place that has not been given yet is no cursor',
    file: 'src/nouns/decisions/schema-follow.ts',
    edits: [['place === null || place > last', 'place === null']],
    tests: decisions,
  },
  {
    breaks: 'a token sees the decisions of its workspaces alone',
    file: 'src/nouns/decisions/schema-follow.ts',
    edits: [['canSee(principal, decisions, decision)', 'principal.orgId === decision.orgId']],
    tests: decisions,
  },
  {
    breaks: 'who follows decisions needs the right to read them, and no other',
    file: 'src/resource/feed/rooms.ts',
    edits: [
      [
        'lossOf(reader.principal, principal, reader.topic.permission)',
        "lossOf(reader.principal, principal, 'events:read')",
      ],
    ],
    tests: decisions,
  },
  {
    breaks: 'changes of rights are heard where no events are followed',
    file: 'src/resource/feed/rooms.ts',
    edits: [['      await checkConcerned(room, events);\n', '']],
    tests: [...rights, ...decisions],
  },
  {
    breaks: 'what is refused for a reason is found by it as it comes',
    file: 'src/nouns/decisions/filters.ts',
    edits: [['return code == null || decision.refusal?.code === code;', 'return true;']],
    tests: decisions,
  },
  {
    breaks: 'a view that is paused stands still',
    file: 'src/console/app/graph/follow-decisions.ts',
    edits: [['if (!isHeld.current) show(next);', 'show(next);']],
    tests: consoles,
  },
  {
    breaks: 'what came while the view was paused is shown then',
    file: 'src/console/app/graph/follow-decisions.ts',
    edits: [['if (!isPaused) show(latest.current);', '']],
    tests: consoles,
  },
  {
    breaks: 'a page that nobody looks at goes on behind what it has',
    file: 'src/console/app/graph/follow-decisions.ts',
    edits: [['    after = cursor;\n', '']],
    tests: consoles,
  },
  {
    breaks: 'a decision whose time is over is looked at again',
    file: 'src/console/app/graph/follow-decisions.ts',
    edits: [['setInterval(() => void askForOverdue().catch(() => {}), OVERDUE_MS)', 'undefined']],
    tests: consoles,
  },
  {
    breaks: 'a stream that has gone silent is begun again',
    file: 'src/console/app/graph/follow.ts',
    edits: [['timer = setTimeout(() => silence.abort(), SILENCE_MS);', '']],
    tests: consoles,
  },
  {
    breaks: 'after a long absence decisions are listed anew',
    file: 'src/console/app/graph/follow.ts',
    edits: [['ABSENCE_MAX_MS = 60_000', 'ABSENCE_MAX_MS = 600_000']],
    tests: consoles,
  },
  {
    breaks: 'a long way is gone in short steps',
    file: 'src/resource/feed/catch-up.ts',
    edits: [['Math.min(end, reader.place + PLACES_AT_ONCE)', 'end']],
    tests: ['test/events/tails.test.ts'],
  },
  {
    breaks: 'a page is looked for in short steps',
    file: 'src/resource/feed/read.ts',
    edits: [['Math.max(rest.after, rest.before - PLACES_AT_ONCE - 1)', 'rest.after']],
    tests: ['test/events/rare.test.ts'],
  },
  {
    breaks: 'no place lies between two steps',
    file: 'src/resource/feed/read.ts',
    edits: [['last?.place ?? query.after + 1', 'last?.place ?? query.after']],
    tests: ['test/events/rare.test.ts'],
  },
  {
    breaks: 'a page of the console that nobody looks at holds no stream of events',
    file: 'src/console/app/graph/follow-events.ts',
    edits: [['whileLookedAt((looking) => void follow(stream, looking), signal)', 'void follow(stream, signal)']],
    tests: ['test/e2e/console-streams.test.ts'],
  },
  {
    breaks: 'what happened while nobody looked is shown',
    file: 'src/console/app/graph/follow-events.ts',
    edits: [['if (wasTold && after === null) anythingMayHaveHappened();', '']],
    tests: ['test/e2e/console-streams.test.ts'],
  },
  {
    breaks: 'decisions are shown where there is no room for a stream',
    file: 'src/console/app/graph/follow-decisions.ts',
    edits: [["if (following !== 'live') void readNewest()", "if (following === 'denied') void readNewest()"]],
    tests: ['test/e2e/console-streams.test.ts'],
  },
];
