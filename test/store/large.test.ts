import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { workspaces } from '../../src/nouns/workspaces/model.ts';
import { openSqlite, type SqliteStore } from '../../src/store/sqlite/engine.ts';
import { readMany, readPage } from '../../src/store/sqlite/reads.ts';
import { Table } from '../../src/store/sqlite/table.ts';
import { required } from '../required.ts';

const folder = mkdtempSync(join(tmpdir(), 'switchyard-large-'));
const file = join(folder, 'switchyard.db');
const SMALL = 60;
const LARGE = 12;
const ids = Array.from({ length: SMALL + LARGE }, (_, at) => `ws_${String(at).padStart(3, '0')}`);
let store: SqliteStore;
let db: DatabaseSync;

beforeAll(async () => {
  store = openSqlite({ file, collections, now: () => '2026-01-01T00:00:00.000Z' });
  const docs = ids.map((id, at) => ({
    id,
    orgId: 'o',
    version: 1,
    createdAt: id,
    updatedAt: id,
    createdBy: null,
    name: id,
    description: 'x'.repeat(at < SMALL ? 300 : 300_000),
  }));
  await store.load(workspaces.collection, docs as never);
  db = new DatabaseSync(file);
});
afterAll(async () => {
  db.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The answer, and how often others could have had a turn before it. */
function stepsOf<T>(work: Generator<void, T>): { value: T; steps: number } {
  for (let steps = 0; ; steps += 1) {
    const { done, value } = work.next();
    if (done) return { value, steps };
  }
}

test.each([1, 5, 50, 51, 59, 60, 61, 71, 72, 200])(
  'a page of %i is the same however many queries it takes',
  async (limit) => {
    for (const order of ['asc', 'desc'] as const) {
      const inOrder = order === 'asc' ? ids : ids.toReversed();
      for (let again = 0; again < 2; again += 1) {
        const page = await store.page(workspaces.collection, { orgId: 'o', order, limit });
        expect(page.docs.map(({ id }) => id)).toEqual(inOrder.slice(0, limit));
        expect(page.more).toBe(limit < ids.length);
      }
    }
  },
);

test('large documents are read a few hundred kilobytes at a time, small ones at once', () => {
  const table = new Table(db, workspaces.collection);
  const page = (limit: number) => stepsOf(readPage(table, { orgId: 'o', order: 'asc', limit })).steps;
  expect([page(SMALL), page(SMALL + LARGE)]).toEqual([0, LARGE]);
  const keys = ids.map((id) => ({ orgId: 'o', id }));
  expect(stepsOf(readMany(table, keys))).toMatchObject({ steps: LARGE });
});

test('large commits that wait together are made in several turns, in their order', async () => {
  let turns = 0;
  let isDone = false;
  const others = (async () => {
    for (; !isDone; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  })();
  const [stored] = await store.scan(workspaces.collection, null, 1);
  const settledIn: number[] = [];
  const commits = Array.from({ length: 40 }, async (_, at) => {
    const doc = { ...required(stored), id: `ws_new_${at}`, name: `new ${at}`, description: 'é'.repeat(500_000) };
    await store.commit([{ type: 'insert', in: workspaces.collection, doc }], performance.now() + 60_000);
    settledIn.push(turns);
  });
  await Promise.all(commits);
  isDone = true;
  await others;
  expect(settledIn).toEqual(settledIn.toSorted((a, b) => a - b));
  expect(new Set(settledIn).size).toBeGreaterThanOrEqual(3);
});
