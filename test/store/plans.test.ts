import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { decisions } from '../../src/nouns/decisions/model.ts';
import { logicalModels } from '../../src/nouns/logical-models/model.ts';
import { namespaces } from '../../src/nouns/namespaces/model.ts';
import { auditEvents } from '../../src/resource/audit-event.ts';
import { feedEvents } from '../../src/resource/feed-event.ts';
import { tasks } from '../../src/resource/task.ts';
import { openSqlite, type SqliteStore } from '../../src/store/sqlite/engine.ts';
import { numberedSql } from '../../src/store/sqlite/numbered.ts';
import { dueSql, lanesSql } from '../../src/store/sqlite/queue.ts';
import { pageSql } from '../../src/store/sqlite/reads.ts';
import { Table } from '../../src/store/sqlite/table.ts';
import type { AnyCollection, PageQuery } from '../../src/store/store.ts';

const now = () => '2026-01-01T00:00:00.000Z';
let folder: string;
let store: SqliteStore;
let db: DatabaseSync;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-plans-'));
  store = openSqlite({ file: join(folder, 'x.db'), collections, now });
  const doc = (at: number) => ({
    ...{
      id: `ns_${at}`,
      orgId: 'o',
      version: 1,
      createdAt: `2026-01-01T00:00:00.${String(at % 1000).padStart(3, '0')}Z`,
      updatedAt: now(),
      createdBy: null,
    },
    ...{
      name: `name ${at}`,
      description: null,
      workspaceId: 'ws',
      appId: 'app_0123456789abcdefghij',
      environmentId: `env_${at % 7}`,
    },
    ...{ embeddingModelId: null, extractionModelId: null, reindexModelId: null, isPrivate: false, status: 'active' },
  });
  await Promise.all(
    Array.from({ length: 3_000 }, (_, at) =>
      store.commit([{ type: 'insert', in: namespaces.collection, doc: doc(at) as never }]),
    ),
  );
  db = new DatabaseSync(join(folder, 'x.db'));
});
afterAll(async () => {
  db.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const org = { orgId: 'o', order: 'desc' as const, limit: 50 };
const after = { createdAt: now(), id: 'x' };
const app = { field: 'appId', in: ['app_0123456789abcdefghij'] };
const policy = { field: 'policyId', in: ['pol_x'] };
const refused = { field: 'admitted', in: [false] };
type Case = [title: string, AnyCollection, PageQuery, RegExp];
const cases: Case[] = [
  [
    'a page of an org',
    auditEvents.collection,
    { ...org, after },
    /USING INDEX audit_list \(org=\? AND \(createdAt,id\)<\(\?,\?\)\)/,
  ],
  [
    'a page of an app',
    namespaces.collection,
    { ...org, where: [app], after },
    /USING INDEX namespaces_by_appId \(org=\? AND appId=\? AND \(createdAt,id\)<\(\?,\?\)\)/,
  ],
  [
    'a search in a large app',
    namespaces.collection,
    { ...org, where: [app], search: 'name 29' },
    /SCAN namespaces_fts VIRTUAL TABLE INDEX/,
  ],
  [
    'what refers to a thing',
    logicalModels.collection,
    { ...org, ref: 'account:x', after },
    /SEARCH r USING PRIMARY KEY \(org=\? AND collection=\? AND ref=\? AND \(createdAt,id\)<\(\?,\?\)\)/,
  ],
  [
    'what is filtered by one field',
    decisions.collection,
    { ...org, where: [policy], after },
    /SEARCH r USING PRIMARY KEY \(org=\? AND collection=\? AND ref=\? AND \(createdAt,id\)<\(\?,\?\)\)/,
  ],
  ...[true, false].map(
    (admitted): Case => [
      `what is filtered by ${admitted} alone`,
      decisions.collection,
      { ...org, where: [{ field: 'admitted', in: [admitted] }], after },
      /SEARCH r USING PRIMARY KEY \(org=\? AND collection=\? AND ref=\? AND \(createdAt,id\)<\(\?,\?\)\)/,
    ],
  ),
  [
    'what is filtered by several fields and by time',
    decisions.collection,
    { ...org, where: [policy, refused, { field: 'createdAt', from: now() }] },
    /SEARCH r USING PRIMARY KEY \(org=\? AND collection=\? AND ref=\? AND createdAt>\?\)/,
  ],
];
test.each(cases)('%s walks an index and sorts nothing', (title, from, query, plan) => {
  const { sql, values } = pageSql(new Table(db, from), query, 'doc');
  const steps = db
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...values)
    .map((row) => String(row.detail));
  expect(steps[0]).toMatch(plan);
  // A search sorts its matches, which are few; lists never sort.
  if (!title.includes('search')) expect(steps.join('\n')).not.toContain('TEMP B-TREE');
});

test('lanes and what is due in one are walked by the index of the queue', () => {
  const table = new Table(db, tasks);
  const queries = [
    lanesSql(table, { orgId: '', now: now(), after: 'org_a', limit: 5 }),
    dueSql(table, { orgId: '', lane: 'org_a', now: now(), limit: 5 }),
  ];
  for (const { sql, values } of queries) {
    const steps = db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...values)
      .map(({ detail }) => String(detail));
    const reads = steps.filter((detail) => /^(SCAN|SEARCH) d\b/.test(detail));
    expect(reads).not.toEqual([]);
    for (const read of reads) expect(read).toMatch(/^SEARCH d (EXISTS )?USING (COVERING )?INDEX tasks_queue/);
    expect(steps.join('\n')).not.toContain('TEMP B-TREE');
  }
});

test('a range of numbers is walked by the index of the numbers, from either end', () => {
  const table = new Table(db, feedEvents.collection);
  for (const order of ['asc', 'desc'] as const) {
    const where = [{ field: 'kind', from: 'namespace.', until: 'namespace/' }];
    const { sql, values } = numberedSql(table, { orgId: 'o', after: 5, before: 9, order, limit: 5, where });
    const steps = db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...values)
      .map(({ detail }) => String(detail));
    expect(steps).toEqual(['SEARCH d USING INDEX feed_numbered (org=? AND place>? AND place<?)']);
  }
});

test('a total is one kept row, and a large search finds what a scan finds', async () => {
  const [total, found] = store.counts(namespaces.collection, [
    { orgId: 'o', where: [app] },
    { orgId: 'o', where: [app], search: 'name 29' },
  ]);
  expect([total, found]).toEqual([3_000, 111]);
  const page = await store.page(namespaces.collection, { ...org, where: [app], search: 'e 2999' });
  expect(page.docs.map(({ id }) => id)).toEqual(['ns_2999']);
  const five = await store.page(namespaces.collection, { ...org, where: [app], search: '29', limit: 5 });
  expect(five.docs).toHaveLength(5);
});
