import type { Mutant } from './mutant.ts';

const TELL = 'src/process/runner/webhooks/tell.ts';
const TRIED = 'src/nouns/webhook-deliveries/tried.ts';
const delivery = ['test/webhooks/delivery.test.ts'];
const addresses = ['test/webhooks/addresses.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'a webhook goes on in the feed behind what it has told',
    file: TELL,
    edits: [['const after = Math.max(stored.place, webhook.beginsAfter);', 'const after = webhook.beginsAfter;']],
    tests: delivery,
  },
  {
    breaks: 'what has failed is tried again after the pauses that are told',
    file: TRIED,
    edits: [['PAUSES_MS[failures - 1]', 'PAUSES_MS[failures]']],
    tests: delivery,
  },
  {
    breaks: 'an answer of 410 disables',
    file: 'src/process/runner/webhooks/gone.ts',
    edits: [['if (!stored?.enabled ||', 'if (stored?.enabled ||']],
    tests: delivery,
  },
  {
    breaks: 'a webhook tells no more than whoever set its url may read',
    file: 'src/process/runner/webhooks/reading.ts',
    edits: [['tokenId: id, permissions,', "tokenId: id, permissions: ['*:*'],"]],
    tests: delivery,
  },
  {
    breaks: 'the old secret signs no longer than the overlap',
    file: 'src/nouns/webhooks/secrets.ts',
    edits: [['secrets.filter(({ endsAt }) => endsAt === null || Date.parse(endsAt) > nowMs)', 'secrets']],
    tests: delivery,
  },
  {
    breaks: 'what happens while a webhook is disabled is not told later',
    file: 'src/nouns/webhooks/repository.ts',
    edits: [['        doc.beginsAfter = await lastPlace(ctx);\n', '']],
    tests: delivery,
  },
  {
    breaks: 'a name is judged by what it resolves to',
    file: 'src/http/outside.ts',
    edits: [['allowPrivate || !isInside(address)', 'true']],
    tests: addresses,
  },
  {
    breaks: 'an address inside is not called by number',
    file: 'src/http/post.ts',
    edits: [['if (!allowPrivate && namesInside(address))', 'if (false as boolean)']],
    tests: addresses,
  },
  {
    breaks: 'a receiver that answers 101 holds nothing up',
    file: 'src/http/asking.ts',
    edits: [["request.on('upgrade', answered);", '']],
    tests: addresses,
  },
  {
    breaks: 'what has been delivered is stored as far as it was, and no further',
    file: TELL,
    edits: [['JSON.stringify(progress)', 'JSON.stringify({ ...progress, place: progress.place + 1 })']],
    tests: ['test/webhooks/killed.test.ts'],
  },
  {
    breaks: 'a thousand deliveries of a webhook wait at most',
    file: TELL,
    edits: [['const WAITING_MAX = 1_000;', 'const WAITING_MAX = 1_001;']],
    tests: ['test/webhooks/down.test.ts'],
  },
  {
    breaks: 'a receiver that is down rests between tries',
    file: TELL,
    edits: [['const DOWN_AFTER = 20;', 'const DOWN_AFTER = 2_000;']],
    tests: ['test/webhooks/down.test.ts'],
  },
  {
    breaks: 'an org has at most a hundred webhooks',
    file: 'src/store/evaluate.ts',
    edits: [['ids.length > change.max ?', 'ids.length > change.max + 1 ?']],
    tests: ['test/webhooks/noun.test.ts'],
  },
  {
    breaks: 'who listens goes on behind the last event',
    file: 'src/process/webhooks/following.ts',
    edits: [['after = told.id ?? after;', '']],
    tests: ['test/webhooks/following.test.ts'],
  },
];
