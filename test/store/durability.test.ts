import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { type Workspace, workspaces } from '../../src/nouns/workspaces/model.ts';
import { openSqlite } from '../../src/store/sqlite/engine.ts';
import { type Change, StoreRefused, StoreUnavailable } from '../../src/store/store.ts';
import { runCommand, startServer } from '../e2e/process.ts';
import { createClient, PATIENCE_MS, persist } from '../harness.ts';

const now = () => new Date().toISOString();

describe('durability of the embedded engine', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-durable-'));
    file = join(folder, 'switchyard.db');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const insert = (index: number): Change => {
    const id = `ws_${String(index).padStart(6, '0')}`;
    const doc = {
      id,
      orgId: 'o',
      version: 1,
      createdAt: id,
      updatedAt: id,
      createdBy: null,
      name: id,
      description: 'x'.repeat(300),
    };
    return { type: 'insert', in: workspaces.collection, doc: doc as unknown as Workspace };
  };
  const open = (at = file) => openSqlite({ file: at, collections, now });
  const ids = async (store: ReturnType<typeof open>) => {
    const page = await store.page(workspaces.collection, { orgId: 'o', order: 'asc', limit: 10_000 });
    return page.docs.map(({ id }) => id);
  };

  test('a torn or flipped log recovers to a prefix of the commits, wherever it is cut', async () => {
    const store = open();
    const commits = 60;
    for (let at = 0; at < commits; at += 1) await store.commit([insert(2 * at), insert(2 * at + 1)]);
    const wal = readFileSync(`${file}-wal`);
    const frame = 4096 + 24;
    const cuts = [
      0,
      16,
      32,
      32 + frame,
      32 + frame * 7 - 1,
      32 + Math.floor(frame * 31.5),
      wal.length - frame,
      wal.length - 1,
      wal.length,
    ];
    const flips = [40, 32 + frame * 20 + 100, wal.length - 2_000];
    const copies = [...cuts.map((length) => wal.subarray(0, length)), ...flips.map((place) => flipped(wal, place))];
    const lengths: number[] = [];
    for (const [at, bytes] of copies.entries()) {
      const copy = join(folder, `copy-${at}.db`);
      copyFileSync(file, copy);
      writeFileSync(`${copy}-wal`, bytes);
      let recovered: ReturnType<typeof open>;
      try {
        recovered = open(copy);
      } catch {
        // Nothing but the file's first page was written: a folder without tables is made anew or refused, never half read.
        continue;
      }
      const found = await ids(recovered);
      expect(recovered.settings().integrity).toBe('ok');
      expect(found.length % 2).toBe(0);
      expect(found).toEqual(Array.from({ length: found.length }, (_, index) => `ws_${String(index).padStart(6, '0')}`));
      lengths.push(found.length);
      await recovered.close();
    }
    expect(Math.max(...lengths)).toBe(commits * 2);
    expect(Math.min(...lengths)).toBeLessThan(commits * 2);
    await store.close();
  });

  test('a backup taken while writing restores to a consistent prefix', async () => {
    const store = open();
    const writing = (async () => {
      for (let at = 0; at < 200; at += 1) await store.commit([insert(2 * at), insert(2 * at + 1)]);
    })();
    const backup = join(folder, 'backup.db');
    await new Promise((resolve) => setTimeout(resolve, 20));
    const reader = new DatabaseSync(file, { timeout: 5_000 });
    reader.exec(`VACUUM INTO '${backup}'`);
    reader.close();
    await writing;
    const restored = open(backup);
    const found = await ids(restored);
    expect(restored.settings().integrity).toBe('ok');
    expect(found).toEqual(Array.from({ length: found.length }, (_, index) => `ws_${String(index).padStart(6, '0')}`));
    expect(found.length % 2).toBe(0);
    await restored.close();
    await store.close();
  });

  test('a full disk refuses writes as unavailable, goes on reading, loses nothing, and recovers without a restart', async () => {
    const store = open();
    for (let at = 0; at < 50; at += 1) await store.commit([insert(at)]);
    // The page limit stands in for the disk's end: SQLite answers SQLITE_FULL either way.
    store.limitPages('tight');
    const results = await Promise.allSettled(
      Array.from({ length: 400 }, (_, at) => store.commit([insert(1_000 + at)])),
    );
    const refused = results.filter((one) => one.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const one of refused) expect((one as PromiseRejectedResult).reason).toBeInstanceOf(StoreUnavailable);
    const kept = results.filter((one) => one.status === 'fulfilled').length;
    expect(await ids(store)).toHaveLength(50 + kept);
    store.limitPages('none');
    await store.commit([insert(5_000)]);
    expect(await ids(store)).toHaveLength(51 + kept);
    expect(store.settings().integrity).toBe('ok');
    await store.close();
  });

  test('a file that is deleted, moved away or replaced takes no change that would be lost with the process', async () => {
    const store = open();
    await store.commit([insert(1)]);
    const aside = `${file}-aside`;
    const other = join(folder, 'other.db');
    await open(other).close();
    const losses = [() => renameSync(file, aside), () => copyFileSync(other, file)];
    for (const lose of losses) {
      lose();
      await expect(store.commit([insert(2)])).rejects.toBeInstanceOf(StoreUnavailable);
      await expect(store.ping()).rejects.toBeInstanceOf(StoreUnavailable);
      expect(await ids(store)).toHaveLength(1);
    }
    renameSync(aside, file);
    await store.commit([insert(2)]);
    await store.ping();
    await store.close();
    const again = open();
    expect(await ids(again)).toHaveLength(2);
    await again.close();
  });

  test.each(['missing', 'empty'])(
    'a log whose database is %s is kept, and refuses the start in one line',
    async (how) => {
      const store = open();
      await store.commit([insert(1)]);
      // As a kill leaves it.
      const left = join(folder, 'left.db');
      for (const end of ['', '-wal']) copyFileSync(file + end, left + end);
      await store.close();
      const log = readFileSync(`${left}-wal`);
      const aside = `${left}-aside`;
      renameSync(left, aside);
      if (how === 'empty') writeFileSync(left, '');
      expect(() => open(left)).toThrow(StoreRefused);
      expect(() => open(left)).toThrow(/^there is [^\n]+-wal, and [^\n]+ is missing or empty; bring that back[^\n]+$/);
      expect(readFileSync(`${left}-wal`).equals(log)).toBe(true);
      renameSync(aside, left);
      const again = open(left);
      expect(await ids(again)).toEqual(['ws_000001']);
      await again.close();
    },
  );

  test('another process’s lock is waited for without blocking the event loop, and answered as unavailable in the end', async () => {
    const store = openSqlite({ file, collections, now, busyTimeoutMs: 300 });
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    await expect(store.commit([insert(1)])).rejects.toBeInstanceOf(StoreUnavailable);
    expect(ticks).toBeGreaterThan(0);
    const later = store.commit([insert(2)]);
    setTimeout(() => other.exec('COMMIT'), 100);
    await later;
    clearInterval(timer);
    expect(await ids(store)).toEqual(['ws_000002']);
    other.close();
    await store.close();
  });

  test('a commit joins others under one sync, and a member that fails takes none of them with it', async () => {
    const store = open();
    const all = await Promise.allSettled(
      [insert(1), insert(2), insert(1), insert(3)].map((change) => store.commit([change])),
    );
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await ids(store)).toHaveLength(3);
    await store.close();
  });

  test.skipIf(!existsSync('/usr/bin/strace'))(
    'at least one fsync lies between a write’s request and its 2xx',
    async () => {
      const { stdout } = await runCommand(['org', 'create', 'Synced'], { DATA_DIR: folder });
      const { org_id, token } = JSON.parse(stdout);
      const server = await startServer({ DATA_DIR: folder });
      onTestFinished(() => void server.child.kill('SIGKILL'));
      const trace = join(folder, 'trace.txt');
      const { spawn } = await import('node:child_process');
      const strace = spawn(
        'strace',
        ['-f', '-p', String(server.child.pid), '-e', 'trace=fsync,fdatasync', '-o', trace],
        { stdio: 'ignore' },
      );
      onTestFinished(() => void strace.kill('SIGINT'));
      const syncs = () =>
        existsSync(trace)
          ? readFileSync(trace, 'utf8')
              .split('\n')
              .filter((line) => /f(data)?sync\(/.test(line)).length
          : 0;
      const client = createClient(server.url, token);
      const write = (name: string) =>
        persist(() => client.rest('POST', `/v1/orgs/${org_id}/roles`, { name, permissions: [] }));
      // strace takes its time to attach.
      for (let at = 0; syncs() === 0; at += 1) await write(`before ${at}`);
      for (let at = 0; at < 3; at += 1) {
        const before = syncs();
        expect((await write(`r${at}`)).status).toBe(201);
        await vi.waitFor(() => expect(syncs()).toBeGreaterThan(before), PATIENCE_MS);
      }
    },
  );
});

describe('a machine without a compiler', () => {
  test('installs from the lockfile, though cc, c++ and make fail', () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-install-'));
    try {
      for (const name of ['cc', 'c++', 'gcc', 'g++', 'make']) {
        writeFileSync(join(folder, name), '#!/bin/sh\necho "no compiler here" >&2\nexit 1\n', { mode: 0o755 });
      }
      const project = join(folder, 'project');
      mkdirSync(project);
      for (const name of ['package.json', 'package-lock.json', '.npmrc']) copyFileSync(name, join(project, name));
      execFileSync('npm', ['ci', '--silent', '--prefer-offline', '--no-audit', '--no-fund'], {
        cwd: project,
        env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
        stdio: 'pipe',
      });
      expect(statSync(join(project, 'node_modules', 'graphql')).isDirectory()).toBe(true);
      expect(readFileSync(join(project, 'package-lock.json'), 'utf8')).not.toContain('"resolved"');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

function flipped(bytes: Buffer, place: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(place) ^ 0xff, place);
  return copy;
}
