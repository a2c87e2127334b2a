import type { Mutant } from './mutant.ts';

const PREPARE = 'src/store/sqlite/prepare.ts';
const killed = ['test/store/migration.test.ts'];
const older = ['test/store/older-data.test.ts'];
const searched = ['test/store/search.test.ts'];

export const mutants: Mutant[] = [
  {
    breaks: 'a step runs once',
    file: 'src/store/migrations/index.ts',
    edits: [['step.version > version', 'step.version >= version']],
    tests: killed,
  },
  {
    breaks: 'data of a newer program are refused',
    file: PREPARE,
    edits: [['if (version > known) throw newerData(file, version, known);', '']],
    tests: killed,
  },
  {
    breaks: 'a step that fails leaves what was',
    file: PREPARE,
    edits: [["if (db.isTransaction) db.exec('ROLLBACK');", "if (db.isTransaction) db.exec('COMMIT');"]],
    tests: killed,
  },
  {
    breaks: 'a migration that is killed in the middle has done nothing',
    file: PREPARE,
    edits: [["db.exec('BEGIN IMMEDIATE');", '']],
    tests: killed,
  },
  {
    breaks: 'a collection that a later program knows is made',
    file: PREPARE,
    edits: [['...absent({ [collection.name]: tableSql(collection) }),', '']],
    tests: older,
  },
  {
    breaks: 'a column that a later program filters by is made',
    file: PREPARE,
    edits: [['.filter((name) => !there.has(name))', '.filter(() => false)']],
    tests: older,
  },
  {
    breaks: 'what lies beside documents is made anew where it is described otherwise',
    file: PREPARE,
    edits: [
      [
        'if (stale.has(collection.name) || !isDescribed(db, collection)) derive',
        'if (stale.has(collection.name)) derive',
      ],
    ],
    tests: older,
  },
  {
    breaks: 'an index of texts that an older program made is made anew',
    file: PREPARE,
    edits: [["...remade('TABLE', searchTableSql(collection)),", '...absent(searchTableSql(collection)),']],
    tests: searched,
  },
  {
    breaks: 'an index of texts that is made anew is filled',
    file: PREPARE,
    edits: [['else if (unsearched.includes(collection)) fillSearchTable(db, collection);', '']],
    tests: searched,
  },
  {
    breaks: 'what has the trigrams of a search is found only where it has them in its order',
    file: 'src/store/sqlite/where.ts',
    edits: [[`['(instr(d."foldA", ?) OR instr(d."foldB", ?))']`, `['(? = ? OR 1)']`]],
    tests: searched,
  },
  {
    breaks: 'of two names that are one now, both stay and the older one has it',
    file: 'src/store/sqlite/table.ts',
    edits: [['holder === doc.id ? key : secondKey(key, doc.id)', 'holder === doc.id ? key : null']],
    tests: older,
  },
  {
    breaks: 'two names that are one now are told',
    file: PREPARE,
    edits: [['if (older !== null)', 'if (false)']],
    tests: older,
  },
  {
    breaks: 'every row is looked at, however many batches there are',
    file: PREPARE,
    edits: [
      ['const BATCH = 500;', 'const BATCH = 1;'],
      ['if (!last || batch.length < BATCH) return;', 'return;'],
    ],
    tests: [...older, ...killed],
  },
];
