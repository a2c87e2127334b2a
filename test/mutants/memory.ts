import type { Mutant } from './mutant.ts';

const tests = ['test/store/stale.test.ts'];

const POLICIES = 'src/nouns/router-policies/cache.ts';
const settings = ['test/settings.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'statements that callers can have prepared are let go of',
    file: 'src/store/sqlite/table.ts',
    edits: [['this.#statements.size >= STATEMENTS_MAX', 'this.#statements.size > Infinity']],
    tests: ['test/store/let-go.test.ts'],
  },
  {
    breaks: 'what is written twice in a transaction, or removed, is kept in memory as it is left',
    file: 'src/store/sqlite/table.ts',
    edits: [['    this.#shared.draft.outdate(this, { orgId, id });\n', '']],
    tests: ['test/store/grouped.test.ts'],
  },
  {
    breaks: 'policies are read once after a change, however many wait',
    file: POLICIES,
    edits: [['    if (!reading) return', '    if (!reading || !cameBefore) return']],
    tests: settings,
  },
  {
    breaks: 'whoever knows of a change shares no read of policies that was begun before it',
    file: POLICIES,
    edits: [['index && (cameBefore || reading.generation === generation)', 'index']],
    tests: settings,
  },
  {
    breaks: 'a read of policies that has failed fails nobody else',
    file: POLICIES,
    edits: [['answer.catch(() => null)', 'answer']],
    tests: settings,
  },
  {
    breaks: 'nobody waits for policies beyond its own time',
    file: POLICIES,
    edits: [
      ['return answerBy(store.answersBy, read(store, orgId, generation))', 'return read(store, orgId, generation)'],
    ],
    tests: settings,
  },
  {
    breaks: 'policies are read on for others when the time of whoever began is up',
    file: POLICIES,
    edits: [['store.until(Math.max(store.answersBy, afterMs(REQUEST_MS)))', 'store']],
    tests: settings,
  },
  {
    breaks: 'a process is at rest only after some quiet seconds',
    file: 'src/process/setup/at-rest.ts',
    edits: [['worked < WORKS_MAX ? Math.min(LOOKS, quiet + 1) : 0', 'worked < WORKS_MAX ? LOOKS : 0']],
    tests: ['test/e2e/at-rest.test.ts'],
  },
  {
    breaks: 'a server at rest gives memory back',
    file: 'src/process/setup/at-rest.ts',
    edits: [["memory ? '--optimize-for-size' : '--no-optimize-for-size'", "'--no-optimize-for-size'"]],
    tests: ['test/e2e/at-rest.test.ts'],
  },
  {
    breaks: 'what another process has committed is not answered from memory',
    file: 'src/store/sqlite/snapshot.ts',
    edits: [['    this.#outdated();\n', '']],
    tests,
  },
  {
    breaks: 'a commit is decided on what another process has committed before it',
    file: 'src/store/sqlite/commits.ts',
    edits: [['    this.#snapshot.check();\n', '']],
    tests,
  },
  {
    breaks: 'what a commit writes or removes is forgotten',
    file: 'src/store/sqlite/table.ts',
    edits: [['    this.#shelf.forget(orgId, id);\n', '']],
    tests,
  },
  {
    breaks: 'a tombstone of this process is seen at once',
    file: 'src/store/sqlite/shared.ts',
    edits: [['    this.burials.change();\n', '']],
    tests,
  },
  {
    breaks: 'a tombstone of another process is seen at once',
    file: 'src/store/sqlite/shared.ts',
    edits: [['    this.burials.clear();\n', '']],
    tests,
  },
  {
    breaks: 'what a commit wrote before it was undone is not kept',
    file: 'src/store/sqlite/table.ts',
    edits: [['if (!this.#shared.isWriting) this', 'this']],
    tests,
  },
  {
    breaks: 'a tombstone that was undone is not kept',
    file: 'src/store/sqlite/burials.ts',
    edits: [['    if (this.#isChanging) return buried;\n', '']],
    tests,
  },
  {
    breaks: 'the rows of a page are of one instant',
    file: 'src/store/sqlite/snapshot.ts',
    edits: [['    this.#begin.get();\n', '']],
    tests: ['test/store/instant.test.ts'],
  },
  {
    breaks: 'who asks after a look is answered by a later one',
    file: 'src/store/sqlite/request.ts',
    edits: [['of(from, this.#looks)', 'of(from, -1)']],
    tests: ['test/store/instant.test.ts', 'test/kept-replies.test.ts'],
  },
  {
    breaks: 'what is in memory is nobody’s to change',
    file: 'src/store/sqlite/memory.ts',
    edits: [['doc: frozen(doc)', 'doc']],
    tests: ['test/store/instant.test.ts'],
  },
  {
    breaks: 'a commit that is refused after it has written leaves nothing, whoever shares its transaction',
    file: 'src/store/sqlite/member.ts',
    edits: [['  if (isRefused && writes() !== before) throw new Undone();\n', '']],
    tests,
  },
  {
    breaks: 'a cursor that is kept is good for its own list alone',
    file: 'src/resource/cursors.ts',
    edits: [['last?.isBoundTo(binding())', 'last']],
    tests: ['test/graphql/paging.test.ts'],
  },
  {
    breaks: 'what holds something frozen is written as JSON writes it, lists of nothing included',
    file: 'src/words/json-text.ts',
    edits: [["?? 'null'", "?? ''"]],
    tests: ['test/json-text.test.ts'],
  },
  {
    breaks: 'a mistake that never changes is one, around which nothing is kept',
    file: 'src/graphql/execution/kept.ts',
    edits: [[' && !(value instanceof Error)', '']],
    tests: ['test/graphql/frozen.test.ts'],
  },
  {
    breaks: 'what is promised is waited for, whatever the promise looks like',
    file: 'src/graphql/execution/kept.ts',
    edits: [[' && !isPromise(value)', '']],
    tests: ['test/graphql/frozen.test.ts'],
  },
  {
    breaks: 'a reply that is kept holds no document',
    file: 'src/store/recorded.ts',
    edits: [
      ['  serials.set(fixed, lastSerial);', '  serials.set(fixed, lastSerial);\n  held.push(fixed);'],
      ['let lastSerial = 0;', 'let lastSerial = 0;\nconst held: object[] = [];'],
    ],
    tests: ['test/store/let-go.test.ts'],
  },
  {
    breaks: 'an object that was not met before is another one',
    file: 'src/store/recorded.ts',
    edits: [["return typeof before === 'number' && serials.get(now) === before;", 'return serialOf(now) !== -1;']],
    tests: ['test/store/let-go.test.ts', 'test/store/stale.test.ts'],
  },
  {
    breaks: 'a document that comes once is not remembered',
    file: 'src/graphql/operations.ts',
    edits: [['if (this.#once.delete(query)) this', 'if (query) this']],
    tests: ['test/graphql/remembered.test.ts'],
  },
  {
    breaks: 'a document is remembered by what it takes, not by its text',
    file: 'src/graphql/operations.ts',
    edits: [['4_096 + 120 * characters', 'characters']],
    tests: ['test/graphql/remembered.test.ts'],
  },
  {
    breaks: 'nothing is kept for a plan that was carried out once',
    file: 'src/graphql/execution/fields.ts',
    edits: [['run.plan.isKnown && ', '']],
    tests: ['test/graphql/remembered.test.ts'],
  },
];
