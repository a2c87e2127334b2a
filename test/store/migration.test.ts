import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { migrations } from '../../src/store/migrations/index.ts';
import type { Migration, StoredDocument } from '../../src/store/migrations/migration.ts';
import { StoreRefused } from '../../src/store/store.ts';
import { runCommand } from '../e2e/process.ts';
import { describeEngines, type EngineName } from '../harness.ts';
import { everything, type Older, olderData } from '../older.ts';
import { required } from '../required.ts';

const CHILD = fileURLToPath(new URL('migrating.ts', import.meta.url));

/** A start in a process of its own that is killed (kill -9) when `killAt` documents have been changed; 0: never. */
function start(engine: EngineName, older: Older, killAt: number): Promise<number | string | null> {
  const place = older.env.MONGODB_URI ?? `${older.env.DATA_DIR}/switchyard.db`;
  const child = spawn(process.execPath, [CHILD, engine, place, String(killAt)], { stdio: 'inherit' });
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
}

/** The step that such a start runs too: it must reach each document exactly once. */
export const counting: Migration = {
  version: 3,
  documents: {
    roles: (stored) => ({ ...stored, times: (Number(stored.times) || 0) + 1 }),
    workspaces: (stored) => ({ ...stored, times: (Number(stored.times) || 0) + 1 }),
  },
  derived: [],
};
const withCounting = { migrations: [...migrations, counting] };

async function times(older: Older): Promise<number[]> {
  const store = await older.open(withCounting);
  const all = (await everything(store)) as Record<string, { times?: number }[]>;
  await store.close();
  return [...required(all.roles), ...required(all.workspaces)].map((doc) => doc.times ?? 0);
}

describeEngines('a migration', (engine) => {
  test('that is killed in the middle, again and again, is finished by a later start', async () => {
    const older = await olderData(engine);
    for (const killAt of [15, 20]) expect(await start(engine, older, killAt)).toBe('SIGKILL');
    expect(await start(engine, older, 0)).toBe(0);
    expect(new Set(await times(older))).toEqual(new Set([1]));
    await older.remove();
  });

  test('runs once, however many processes start at once', async () => {
    const older = await olderData(engine);
    expect(await Promise.all([1, 2, 3].map(() => start(engine, older, 0)))).toEqual([0, 0, 0]);
    expect(new Set(await times(older))).toEqual(new Set([1]));
    await older.remove();
  });

  test('runs once, though a later start finds something else to make', async () => {
    const older = await olderData(engine);
    await (await older.open(withCounting)).close();
    const later = { name: 'gadgets', first: { name: '' } };
    await (await older.open({ ...withCounting, collections: [...collections, later] as never })).close();
    expect(new Set(await times(older))).toEqual(new Set([1]));
    await older.remove();
  });

  test('is refused by one line, exit 1, and nothing touched, where the data are of a newer program', async () => {
    const older = await olderData(engine);
    const store = await older.open(withCounting);
    const before = await everything(store);
    await store.close();
    await expect(older.open()).rejects.toThrow(StoreRefused);
    await expect(older.open()).rejects.toThrow(/newer Switchyard \(data version 3, this program knows 2\)/);
    const { code, stderr } = await runCommand(['org', 'create', 'X'], older.env);
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    const place = older.env.MONGODB_URI ?? `sqlite:${older.env.DATA_DIR}/switchyard.db`;
    const other = `sqlite:${older.env.DATA_DIR}/other.db`;
    for (const [from, to] of [
      [place, other],
      [other, place],
    ] as const)
      expect((await runCommand(['copy', '--from', from, '--to', to], {})).code).toBe(1);
    const again = await older.open(withCounting);
    expect(await everything(again)).toEqual(before);
    await again.close();
    await older.remove();
  });

  test('whose step fails refuses the start, and leaves what was', async () => {
    const older = await olderData(engine);
    const fail = () => {
      throw new Error('a step that fails');
    };
    const change = (stored: StoredDocument) => ({ ...stored, name: 'changed' });
    const failing: Migration = { version: 3, documents: { workspaces: change, roles: fail }, derived: [] };
    await expect(older.open({ migrations: [...migrations, failing] })).rejects.toThrow(/a step that fails/);
    const store = await older.open();
    const { roles, workspaces } = (await everything(store)) as Record<string, { name?: string }[]>;
    expect(required(roles).length).toBeGreaterThan(10);
    if (engine === 'sqlite') expect(required(workspaces).filter(({ name }) => name === 'changed')).toEqual([]);
    await store.close();
    await older.remove();
  });
});
