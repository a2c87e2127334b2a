import type { Mutant } from './mutant.ts';

const tests = ['test/kept-replies.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'a reply is given again only while the store answers the same',
    file: 'src/store/recorded.ts',
    edits: [['if (!this.#asked.every(({ ask, answer }) => isSame(atOnce(ask(store)), answer))) return false;', '']],
    tests,
  },
  {
    breaks: 'a reply is made anew after a write of this process to what it shows',
    file: 'src/store/sqlite/table.ts',
    edits: [['    this.#writes += 1;\n', '']],
    tests,
  },
  {
    breaks: 'a reply is made anew after a write of another process',
    file: 'src/store/sqlite/shared.ts',
    edits: [['    this.foreign += 1;\n', '']],
    tests,
  },
  {
    breaks: 'a reply is made anew after what it shows was buried',
    file: 'src/store/sqlite/shared.ts',
    edits: [['    this.buried += 1;\n', '']],
    tests,
  },
  {
    breaks: 'what depends on the time is made anew each time',
    file: 'src/resource/recorded.ts',
    edits: [['return other(deps.now);', 'return deps.now;']],
    tests,
  },
  {
    breaks: 'a reply is given to nobody else',
    file: 'src/process/kept-replies.ts',
    edits: [['const asker = askerOf(principal);', "const asker = '';"]],
    tests,
  },
  {
    breaks: 'a question in another manner is another question',
    file: 'src/process/kept-replies.ts',
    edits: [['!known || !isSame(known.manner, manner)', '!known']],
    tests,
  },
  {
    breaks: 'what is asked for is kept longer than what is not',
    file: 'src/words/second-chance.ts',
    edits: [['if (oldest.isUsed) this.#renew(oldest);\n      else ', '']],
    tests: ['test/second-chance.test.ts'],
  },
  {
    breaks: 'a write elsewhere makes no reply anew',
    file: 'src/store/sqlite/table.ts',
    edits: [['this.#writes + foreign', 'this.#shared.writes + foreign']],
    tests,
  },
  {
    breaks: 'a commit says beside the numbering what it has changed',
    file: 'src/store/mongodb/stamping.ts',
    edits: [['if (slot) stamps.set(', 'if (!slot) stamps.set(']],
    tests: [...tests, 'test/store/moments.test.ts', 'test/store/stale.test.ts'],
  },
  {
    breaks: 'a reply is made anew after what it shows was buried, by whoever',
    file: 'src/store/mongodb/stamps.ts',
    edits: [['names.push(tombstones.name)', 'names.push()']],
    tests: ['test/store/moments.test.ts', 'test/store/stale.test.ts'],
  },
  {
    breaks: 'what was told before somebody asked is not told to that one',
    file: 'src/store/mongodb/stamps.ts',
    edits: [['      this.#next = null;\n', '']],
    tests: ['test/store/moments.test.ts', 'test/store/stale.test.ts'],
  },
  {
    breaks: 'a reply holds as of before its first read',
    file: 'src/store/recorded.ts',
    edits: [
      ['readonly #since: Moments | null;', 'readonly #last: () => Moments | null;'],
      ['this.#since = store', 'this.#last = () => store'],
      ['note(this.#since,', 'note(this.#last(),'],
    ],
    tests: ['test/store/exchanges.test.ts'],
  },
  {
    breaks: 'what was changed by hand shows within a minute',
    file: 'src/store/mongodb/stamps.ts',
    edits: [['return [this.round, ...', 'return [...']],
    tests: ['test/store/moments.test.ts'],
  },
  {
    breaks: 'nothing is asked of what is known to have changed',
    file: 'src/store/recorded.ts',
    edits: [['if (last?.isNow === false && ', 'if (last?.isNow === true && ']],
    tests: ['test/store/exchanges.test.ts'],
  },
];
