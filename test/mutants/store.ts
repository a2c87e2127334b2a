import type { Mutant } from './mutant.ts';

export const mutants: Mutant[] = [
  {
    breaks: 'whoever loses a conflict waits by how long commits take',
    file: 'src/store/mongodb/back-off.ts',
    edits: [['this.#usualMs += (ms - this.#usualMs) / 8;', 'if (ms < 0) this.#usualMs = ms;']],
    tests: ['test/store/back-off.test.ts'],
  },
  {
    breaks: 'what is asked of MongoDB in one turn goes by one command',
    file: 'src/store/mongodb/together.ts',
    edits: [['if (!batch || batch.ids.size', 'if (!batch || Date.now() > 0 || batch.ids.size']],
    tests: ['test/store/exchanges.test.ts'],
  },
  {
    breaks: 'a parsed document is given again only where the server has sent the same bytes',
    file: 'src/store/mongodb/parsed.ts',
    edits: [['Buffer.compare(known.fields, fields) === 0', 'known.fields.length > 0']],
    tests: ['test/store/exchanges.test.ts', 'test/store/stale.test.ts'],
  },
  {
    breaks: 'what is looked for by keys is told the tombstones that were read along',
    file: 'src/store/mongodb/together.ts',
    edits: [['new Set(rows.map(buriedIn)', 'new Set(rows.slice(rows.length).map(buriedIn)']],
    tests: ['test/store/exchanges.test.ts'],
  },
  {
    breaks: 'a page of MongoDB tells how many there are where it is the whole list, and else does not',
    file: 'src/resource/page.ts',
    edits: [['const isWhole = !start && !page.more;', 'const isWhole = !start;']],
    tests: ['test/store/exchanges.test.ts'],
  },
  {
    breaks: 'tombstones that a page went by are proven to be those of now',
    file: 'src/store/mongodb/reads.ts',
    edits: [['return guess.size === buried.size && ', 'return guess.size >= 0 || ']],
    tests: ['test/store/exchanges.test.ts', 'test/store/stale.test.ts'],
  },
  {
    breaks: 'a commit on MongoDB reads all that it names at once',
    file: 'src/store/mongodb/writes.ts',
    edits: [
      [
        'const wanted = wantedOf(reader, changes, orgs, numbered);',
        'const wanted = wantedOf(reader, changes, orgs, numbered); await reader.db.collection(numberings.name).findOne({ orgId: orgs[0] });',
      ],
    ],
    tests: ['test/store/exchanges.test.ts'],
  },
  {
    breaks: 'an organization that somebody else writes to holds back no commit of another one',
    file: 'src/store/mongodb/commits.ts',
    edits: [
      [
        'this.#goApart(orgId, group, lost.size === 1);',
        '{ this.#goApart(orgId, group, lost.size === 1); await this.#apart.get(orgId)?.done; }',
      ],
    ],
    tests: ['test/store/apart.test.ts'],
  },
  {
    breaks: 'commits behind a lost try are made after it',
    file: 'src/store/mongodb/commits.ts',
    edits: [['const apart = this.#apart.get(one.orgId);', 'const apart = this.#apart.get("nobody");']],
    tests: ['test/store/apart.test.ts'],
  },
  {
    breaks: 'a total is asked of MongoDB beside its page',
    file: 'src/resource/page.ts',
    edits: [['list.isCounted && !guess?.isShort ? totalOf', 'Date.now() < 0 ? totalOf']],
    tests: ['test/store/exchanges.test.ts'],
  },
  {
    breaks: 'a commit on MongoDB looks up nothing of what it takes',
    file: 'src/store/mongodb/writes.ts',
    edits: [["if (isSure || change.type === 'put') of(", 'of(']],
    tests: ['test/store/exchanges.test.ts'],
  },
  {
    breaks: 'nobody is refused on MongoDB by what has not been looked up',
    file: 'src/store/mongodb/commits.ts',
    edits: [['return overlay.isGuess ?', 'return Date.now() < 0 ?']],
    tests: ['test/store/exchanges.test.ts'],
  },
  {
    breaks: 'whoever asks MongoDB for a unique key can be answered by its index',
    file: 'src/store/mongodb/keys.ts',
    edits: [['{ unique: { ...HAS_KEY, $in: [...uniques] } }', '{ unique: { $in: [...uniques] } }']],
    tests: ['test/store/exchanges.test.ts'],
  },
  {
    breaks: 'an id below a tombstone is taken, and told by the port’s own conflict',
    file: 'src/store/evaluate.ts',
    edits: [['if (view.has(change.in, change.doc)) refuse', 'if (view.get(change.in, change.doc)) refuse']],
    tests: ['test/store/contract.test.ts', 'test/store/grouped.test.ts'],
  },
  {
    breaks: 'a rule makes nothing where something lies below a tombstone',
    file: 'src/store/evaluate.ts',
    edits: [['if (!before && view.has(change.in, change.key)) return', 'if (Date.now() < 0) return']],
    tests: ['test/store/contract.test.ts'],
  },
  {
    breaks: 'a unique key below a tombstone is taken, and told by the port’s own conflict',
    file: 'src/store/sqlite/view.ts',
    edits: [['table(from).holderOf(', 'table(from).idOfUnique(']],
    tests: ['test/store/contract.test.ts', 'test/store/grouped.test.ts'],
  },
  {
    breaks: 'what lies below a tombstone is absent to the conditions of a commit',
    file: 'src/store/mongodb/overlay.ts',
    edits: [['return doc && this.isBuried(from, doc) ? null : doc;', 'return doc;']],
    tests: ['test/store/contract.test.ts', 'test/store/same.test.ts'],
  },
  {
    breaks: 'a kept total is told without what lies below a tombstone',
    file: 'src/store/sqlite/reads.ts',
    edits: [[' - buriedAmong(table, query)', '']],
    tests: ['test/store/contract.test.ts'],
  },
  {
    breaks: 'what lies below two tombstones is counted out once',
    file: 'src/store/sqlite/reads.ts',
    edits: [["join(' UNION ')", "join(' UNION ALL ')"]],
    tests: ['test/store/contract.test.ts'],
  },
  {
    breaks: 'a commit asks for no tombstones where nothing that it names can lie below one',
    file: 'src/store/mongodb/writes.ts',
    edits: [['changes.filter((change) => change.in.ancestors?.length).flatMap(', 'changes.flatMap(']],
    tests: ['test/store/mongodb.test.ts'],
  },
  {
    breaks: 'a condition sees what another commit of its group has changed and not yet written',
    file: 'src/store/sqlite/view.ts',
    edits: [['      table(from).settle();\n', '']],
    tests: ['test/store/grouped.test.ts'],
  },
  {
    breaks: 'what lies beside a document moves from what is stored, however often a group changes it',
    file: 'src/store/sqlite/draft.ts',
    edits: [['before: known?.before ?? before', 'before']],
    tests: ['test/store/grouped.test.ts'],
  },
  {
    breaks: 'a group that is undone leaves nothing to write',
    file: 'src/store/sqlite/commits.ts',
    edits: [['    this.#shared.draft.clear();\n', '']],
    tests: ['test/store/grouped.test.ts'],
  },
  {
    breaks: 'what is loaded goes to the shard of its org',
    file: 'src/store/mongodb/engine.ts',
    edits: [['filter: { _id: keyOf(doc), orgId: doc.orgId }', 'filter: { _id: keyOf(doc) }']],
    tests: ['test/store/sharding.test.ts'],
  },
  {
    breaks: 'a sweep of what lay in one thing asks the shard of its org',
    file: 'src/store/mongodb/engine.ts',
    edits: [['const inOrg = orgId === null ? {} : { orgId };', 'const inOrg = {};']],
    tests: ['test/store/sharding.test.ts'],
  },
  {
    breaks: 'what breaks between product and store is the store’s fault, whoever raised it',
    file: 'src/store/mongodb/errors.ts',
    edits: [
      [
        'error instanceof StoreUnavailable ||',
        'error instanceof StoreUnavailable || !(error instanceof MongoError) ||',
      ],
    ],
    tests: ['test/store/network.test.ts'],
  },
  {
    breaks: 'a commit whose reply was lost is asked for again, not made again',
    file: 'src/store/mongodb/transaction.ts',
    edits: [['if (isAborted(error.cause)) throw', 'if (hasBegun) throw']],
    tests: ['test/store/network.test.ts'],
  },
  {
    breaks: 'a change that may have happened is not told as not done',
    file: 'src/store/mongodb/transaction.ts',
    edits: [['maybe: hasBegun', 'maybe: false']],
    tests: ['test/store/network.test.ts'],
  },
  {
    breaks: 'a request hears that its change may have happened',
    file: 'src/store/mongodb/waiting.ts',
    edits: [['maybe: waiting.isUnderWay', 'maybe: false']],
    tests: ['test/store/network.test.ts'],
  },
  {
    breaks: 'a broken connection leaves no locks behind',
    file: 'src/store/mongodb/transaction.ts',
    edits: [['if (!isEnded) void release(db, session, last);\n    else void', 'void']],
    tests: ['test/store/network.test.ts'],
  },
  {
    breaks: 'reads end at the request’s deadline',
    file: 'src/store/mongodb/errors.ts',
    edits: [['await answerBy(deadline, pending)', 'await pending']],
    tests: ['test/store/network.test.ts'],
  },
  {
    breaks: 'commits end at the request’s deadline',
    file: 'src/store/sqlite/request.ts',
    edits: [['store.commit(changes, this.answersBy)', 'store.commit(changes)']],
    tests: ['test/store/locked.test.ts'],
  },
  {
    breaks: 'commits behind a group that waits end at their own deadline',
    file: 'src/store/sqlite/commits.ts',
    edits: [['this.#waiting = this.#waiting.filter(isInTime);', '']],
    tests: ['test/store/locked.test.ts'],
  },
  {
    breaks: 'what is filtered by several fields has all of them',
    file: 'src/store/sqlite/way.ts',
    edits: [
      [
        'return { refs: sized.map(([one]) => one), where: rest };',
        'return { refs: sized.map(([one]) => one).slice(0, 1), where: rest };',
      ],
    ],
    tests: ['test/store/filters.test.ts'],
  },
  {
    breaks: 'a value that has no list is not looked for in one',
    file: 'src/store/derived.ts',
    edits: [['value == null || others.length > 0', 'others.length > 0']],
    tests: ['test/store/filters.test.ts'],
  },
  {
    breaks: 'a document that changes leaves the lists that it was in',
    file: 'src/store/sqlite/beside.ts',
    edits: [['      this.#removeRefs(before);\n', '']],
    tests: ['test/store/filters.test.ts'],
  },
];
