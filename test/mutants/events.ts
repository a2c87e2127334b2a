import type { Mutant } from './mutant.ts';

const streams = ['test/events/stream.test.ts'];
const rights = ['test/events/rights.test.ts'];
const decisions = ['test/events/decisions.test.ts'];
const tails = ['test/events/tails.test.ts'];
const changes = ['test/events/changes.test.ts'];
const sockets = ['test/http/streams.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'what was changed is stored once',
    file: 'src/resource/audit-event.ts',
    edits: [['data: { counts }', 'data: { changes: event.changes, counts }']],
    tests: changes,
  },
  {
    breaks: 'what was changed is told of what has been',
    file: 'src/resource/feed/catch-up.ts',
    edits: [['await wholeFor(reader, docs, asked)', 'docs']],
    tests: changes,
  },
  {
    breaks: 'what was changed is told of what comes',
    file: 'src/resource/feed/rooms.ts',
    edits: [['await wholeFor(reader, docs, shared)', 'docs']],
    tests: changes,
  },
  {
    breaks: 'what was changed is read for nobody who may not read it',
    file: 'src/resource/feed/changes.ts',
    edits: [[" || !may(principal, 'audit:read')", '']],
    tests: changes,
  },
  {
    breaks: 'what another process has committed is looked for',
    file: 'src/resource/feed/tails.ts',
    edits: [['setInterval(() => lookAt(followed.keys()), LOOK_MS)', 'setInterval(() => {}, LOOK_MS)']],
    tests: tails,
  },
  {
    breaks: 'readers of one org share a tail',
    file: 'src/resource/feed/tails.ts',
    edits: [['followed.get(orgId) ?? begin(orgId)', 'begin(orgId)']],
    tests: tails,
  },
  {
    breaks: 'a tail that could not read goes on where it was',
    file: 'src/resource/feed/tails.ts',
    edits: [['      one.end = one.place;\n    } finally', '    } finally']],
    tests: tails,
  },
  {
    breaks: 'a stream without a cursor begins now',
    file: 'src/nouns/events/schema.ts',
    edits: [['?? (await placeNow(ctx))', '?? 0']],
    tests: streams,
  },
  {
    breaks: 'a stream goes on behind Last-Event-ID',
    file: 'src/nouns/events/schema.ts',
    edits: [['if (lastEventId !== null) place', 'if (lastEventId === "") place']],
    tests: streams,
  },
  {
    breaks: 'a stream shows what was asked for alone',
    file: 'src/resource/feed/reader.ts',
    edits: [['if (topic.passes(doc) && ', 'if (']],
    tests: [...streams, ...decisions],
  },
  {
    breaks: 'a token has twenty streams',
    file: 'src/http/streams.ts',
    edits: [['const PER_TOKEN = 20;', 'const PER_TOKEN = 21;']],
    tests: streams,
  },
  {
    breaks: 'a revoked token ends its streams',
    file: 'src/resource/feed/rights.ts',
    edits: [
      ["return resourceType === 'token' ? resourceId === tokenId : ", "return resourceType === 'token' ? false : "],
    ],
    tests: rights,
  },
  {
    breaks: 'a member who goes ends the streams of their tokens',
    file: 'src/resource/feed/rights.ts',
    edits: [[" : resourceType === 'member' && resourceId === memberId;", ' : false;']],
    tests: rights,
  },
  {
    breaks: 'an expired token ends its streams',
    file: 'src/resource/feed/rooms.ts',
    edits: [['clock ??= setInterval(endExpired, EXPIRY_MS).unref();', 'clock ??= null;']],
    tests: rights,
  },
  {
    breaks: 'narrowed workspaces end a stream',
    file: 'src/resource/feed/rights.ts',
    edits: [
      [
        'return workspaceIds === null || before.workspaceIds?.every(sees) ? null : forbidden(permission);',
        'return null;',
      ],
    ],
    tests: rights,
  },
  {
    breaks: 'narrowed permissions end a stream',
    file: 'src/resource/feed/rights.ts',
    edits: [['if (missing !== null) return forbidden(missing);', '']],
    tests: rights,
  },
  {
    breaks: 'what is hidden is not shown',
    file: 'src/resource/feed/reader.ts',
    edits: [[' && (await topic.sees(ctx, doc))', '']],
    tests: [...rights, ...decisions],
  },
  {
    breaks: 'who takes nothing is cut',
    file: 'src/http/streams.ts',
    edits: [['res.destroy();', 'res.write(frame);']],
    tests: sockets,
  },
  {
    breaks: 'a comment comes again and again',
    file: 'src/http/streams.ts',
    edits: [['heart ??= setInterval(beat, heartbeatMs).unref();', '']],
    tests: sockets,
  },
  {
    breaks: 'a comment comes every ten seconds',
    file: 'src/http/streams.ts',
    edits: [['HEARTBEAT_MS = 10_000', 'HEARTBEAT_MS = 30_000']],
    tests: sockets,
  },
  {
    breaks: 'a process has a thousand streams',
    file: 'src/http/streams.ts',
    edits: [['PER_PROCESS = 1_000', 'PER_PROCESS = 1_001']],
    tests: sockets,
  },
  {
    breaks: 'each share of a quota is told once',
    file: 'src/routing/thresholds.ts',
    edits: [['filter((percent) => percent > known)', 'filter((percent) => percent > (passed(from).at(-1) ?? 0))']],
    tests: ['test/decisions.test.ts'],
  },
  {
    breaks: 'the feed has transitions that are not to be noted',
    file: 'src/routing/rules.ts',
    edits: [["const isNoted = data.kind !== 'breaker' || input.settings.notifyOnOpen;", 'const isNoted = true;']],
    tests: ['test/breaker.test.ts'],
  },
  {
    breaks: 'a subscription whose field stands under a condition is invalid, no fault of ours',
    file: 'src/graphql/conditional-roots.ts',
    edits: [['found.add(selection);', 'continue;']],
    tests: ['test/events/stream.test.ts'],
  },
  {
    breaks: 'conditions of a subscription are found in fragments of fragments, too',
    file: 'src/graphql/conditional-roots.ts',
    edits: [['look(fragments.get(selection.name.value)?.selectionSet);', '{}']],
    tests: ['test/events/stream.test.ts'],
  },
];
