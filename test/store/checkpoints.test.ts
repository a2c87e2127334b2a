import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { type Workspace, workspaces } from '../../src/nouns/workspaces/model.ts';
import { LOG_PAGES_MAX } from '../../src/store/sqlite/checkpoints.ts';
import { openSqlite, type SqliteStore } from '../../src/store/sqlite/engine.ts';
import type { Change } from '../../src/store/store.ts';
import { PATIENCE_MS } from '../harness.ts';

const PAGE = 4_096;
/** Of rows with a text of half a page. */
const MANY = 6_000;

const insert = (at: number): Change => {
  const id = `ws_${String(at).padStart(6, '0')}`;
  const times = { createdAt: id, updatedAt: id, createdBy: null };
  const doc = { id, orgId: 'o', version: 1, ...times, name: id, description: 'x'.repeat(2_000) };
  return { type: 'insert', in: workspaces.collection, doc: doc as unknown as Workspace };
};

const write = (store: SqliteStore, from: number, amount: number) =>
  Promise.all(Array.from({ length: amount }, (_, at) => store.commit([insert(from + at)])));

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'switchyard.db');
}

const openAt = (file: string) => openSqlite({ file, collections, now: () => new Date().toISOString() });
const sizeOf = (file: string) => statSync(file).size;

test('the log is moved into the file beside the commits, and begins anew', { timeout: PATIENCE_MS }, async () => {
  const file = newFile();
  const store = openAt(file);
  const before = sizeOf(file);
  await write(store, 0, MANY);
  // So far no commit has had reason to move it.
  expect(sizeOf(`${file}-wal`)).toBeLessThan(LOG_PAGES_MAX * PAGE);
  await vi.waitFor(() => expect(sizeOf(file)).toBeGreaterThan(before + 1_000 * PAGE), PATIENCE_MS);
  // All of it, once nobody writes: the next pages take the places of the first ones.
  let written = MANY;
  await vi.waitFor(async () => {
    const log = sizeOf(`${file}-wal`);
    await write(store, written, 1);
    written += 1;
    expect(sizeOf(`${file}-wal`)).toBe(log);
  }, PATIENCE_MS);
  await store.close();
  expect(existsSync(`${file}-wal`)).toBe(false);
  const again = openAt(file);
  expect(again.counts(workspaces.collection, [{ orgId: 'o' }])).toEqual([written]);
  expect(again.settings().integrity).toBe('ok');
  await again.close();
});

test('where the file cannot be found any more nothing is made in its place, and commits are answered as before', async () => {
  const file = newFile();
  const store = openAt(file);
  await write(store, 0, 10);
  renameSync(file, `${file}.away`);
  const refused = await Promise.allSettled([...Array(MANY).keys()].map((at) => store.commit([insert(10 + at)])));
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set(['rejected']));
  expect(existsSync(file)).toBe(false);
  renameSync(`${file}.away`, file);
  await write(store, 10, MANY);
  await store.close();
  expect(existsSync(`${file}-wal`)).toBe(false);
});

test('a store that closes stores what was asked before, and refuses what is asked while the log is let go of', async () => {
  const file = newFile();
  const store = openAt(file);
  await write(store, 0, MANY);
  const last = store.commit([insert(MANY)]);
  const closing = Promise.all([store.close(), store.close()]);
  let isClosed = false;
  void closing.then(() => {
    isClosed = true;
  });
  for (let late = 1; !isClosed; late += 1) {
    await expect(store.commit([insert(MANY + late)])).rejects.toThrow('the store is closed');
    await new Promise(setImmediate);
  }
  await last;
  expect(existsSync(`${file}-wal`)).toBe(false);
  const again = openAt(file);
  expect(again.counts(workspaces.collection, [{ orgId: 'o' }])).toEqual([MANY + 1]);
  await again.close();
});
