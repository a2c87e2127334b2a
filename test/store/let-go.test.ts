import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Reads, RecordedStore } from '../../src/store/recorded.ts';
import { openSqlite, type SqliteStore } from '../../src/store/sqlite/engine.ts';
import { Table } from '../../src/store/sqlite/table.ts';
import { type Collection, type Doc, tombstones } from '../../src/store/store.ts';
import { required } from '../required.ts';

interface Note extends Doc {
  text: string;
}

const notes: Collection<Note> = { name: 'notes' };
const base = { orgId: 'o', version: 1, createdAt: 't', updatedAt: 't', createdBy: null };
const note = (id: string): Note => ({ ...base, id, text: 'x' });
const key = { orgId: 'o', id: 'a' };
const list = { orgId: 'o', order: 'asc' as const, limit: 9 };
const folder = mkdtempSync(join(tmpdir(), 'switchyard-let-go-'));
const open = () =>
  openSqlite({
    file: join(folder, 'switchyard.db'),
    collections: [notes, tombstones],
    now: () => 't',
    migrations: [],
  });
let store: SqliteStore;
let other: SqliteStore;
beforeAll(async () => {
  store = open();
  await store.commit([{ type: 'insert', in: notes, doc: note('a') }]);
  other = open();
});
afterAll(async () => {
  await other.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc');
  await setImmediate();
  (runInNewContext('gc') as () => void)();
}

test('of the statements that callers can have prepared, some hundred stay', async () => {
  const db = new DatabaseSync(':memory:');
  const table = new Table(db, notes);
  const ask = (at: number) => {
    const statement = table.statement<[number]>(`count ${at}`, () => `SELECT ${at}`);
    expect(statement.get()).toEqual([at]);
    return new WeakRef(statement);
  };
  const asked = Array.from({ length: 1_000 }, (_, at) => ask(at));
  await collect();
  expect(asked.filter((one) => one.deref()).length).toBeLessThanOrEqual(128);
  expect(required(asked.at(-1)).deref()).toBeDefined();
  ask(0);
  db.close();
});

test('what a reply was made of holds no document once the memory has let go of it', async () => {
  const [reads, untouched] = [new Reads('o'), new Reads('o')];
  const through = new RecordedStore(store, 'o', reads, () => {});
  const readAll = () => {
    const doc = new WeakRef(required(through.get(notes, key)));
    through.getMany(notes, [key]);
    through.page(notes, list);
    new RecordedStore(store, 'o', untouched, () => {}).get(notes, { orgId: 'o', id: 'none' });
    return doc;
  };
  const doc = readAll();
  expect([reads.isComparable, reads.hold(store)]).toEqual([true, true]);
  await other.commit([{ type: 'insert', in: notes, doc: { ...note('b'), orgId: 'p' } }]);
  // What another process has written, of whoever it was, has it read anew: as another object.
  expect([reads.hold(store), untouched.hold(store)]).toEqual([false, true]);
  await collect();
  expect(doc.deref()).toBeUndefined();
  expect(reads.hold(store)).toBe(false);
});
