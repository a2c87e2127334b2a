import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSqlite, type SqliteStore } from '../../src/store/sqlite/engine.ts';
import { type Collection, type Doc, type Store, tombstones } from '../../src/store/store.ts';
import { required } from '../required.ts';

interface Note extends Doc {
  text: string;
}

/** Between two rows of a page somebody else commits a change of all of them. */
let meanwhile = () => {};
const notes: Collection<Note> = {
  name: 'notes',
  totals: [[]],
  read(stored) {
    meanwhile();
    return stored;
  },
};
const base = { orgId: 'o', version: 1, updatedAt: 't', createdBy: null };
const folder = mkdtempSync(join(tmpdir(), 'switchyard-instant-'));
const file = join(folder, 'switchyard.db');
const list = { orgId: 'o', order: 'asc' as const, limit: 9 };
let store: SqliteStore;
let other: DatabaseSync;
beforeAll(async () => {
  store = openSqlite({ file, collections: [notes, tombstones], now: () => 't', migrations: [] });
  const docs = ['a', 'b', 'c'].map((id) => ({ ...base, id, createdAt: id, text: 'old' }));
  await store.commit(docs.map((doc) => ({ type: 'insert', in: notes, doc })));
  other = new DatabaseSync(file);
});
afterAll(async () => {
  other.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

test('all that is read in one go is of one instant: a page, whatever of it was in memory, and its total', async () => {
  const texts = async () => (await store.page(notes, list)).docs.map(({ text }) => text);
  store.get(notes, { orgId: 'o', id: 'b' });
  meanwhile = () => {
    meanwhile = () => {};
    other.exec(`UPDATE notes SET doc = replace(doc, 'old', 'new'); DELETE FROM totals`);
  };
  const [page, total] = [texts(), store.counts(notes, [{ orgId: 'o' }])];
  expect([await page, total]).toEqual([['old', 'old', 'old'], [3]]);
  expect([await texts(), store.counts(notes, [{ orgId: 'o' }])]).toEqual([['new', 'new', 'new'], [0]]);
});

test('a document that is handed out cannot be changed by whoever reads it', () => {
  const doc = required(store.get(notes, { orgId: 'o', id: 'a' }));
  expect(() => Object.assign(doc, { text: 'mine' })).toThrow(TypeError);
});

test('what this process writes leaves the rest in memory, what another writes nothing', async () => {
  const [a, b] = ['a', 'b'].map((id) => () => required(store.get(notes, { orgId: 'o', id })));
  const before = required(b)();
  const next = { ...required(a)(), text: 'mine', version: 2 };
  await store.commit([{ type: 'put', in: notes, doc: next, expected: 1 }]);
  expect(required(a)()).toEqual(next);
  expect(required(b)()).toBe(before);
  await Promise.resolve();
  other.exec(`INSERT INTO totals VALUES ('o', 'x', 1)`);
  expect(required(b)()).not.toBe(before);
});

test('what one look has seen holds for all who had asked before it, and for nobody who asks after it', () => {
  const soon = performance.now() + 60_000;
  const asks = () => store.until(soon, store.stats.looks);
  const momentOf = (asked: Store) => Number(asked.lastMoments('o')?.of([notes]));
  const [first, second] = [asks(), asks()];
  const before = momentOf(first);
  other.exec(`INSERT INTO totals VALUES ('o', 'y', 1)`);
  const { looks } = store.stats;
  expect([momentOf(second), store.stats.looks]).toEqual([before, looks]);
  const third = asks();
  expect(momentOf(third)).toBeGreaterThan(before);
  expect([store.stats.looks, momentOf(second)]).toEqual([looks + 1, momentOf(third)]);
});
