import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand, startServer } from './process.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-private-'));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modes = () =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]),
  );

test('in a folder that others can look into, a new store is for its user alone to read, its log, too', async () => {
  const server = await startServer({ DATA_DIR: folder });
  expect(modes()).toMatchObject({ 'switchyard.db': '600', 'switchyard.db-wal': '600', 'switchyard.db-shm': '600' });
  server.child.kill('SIGTERM');
  expect(await server.exit).toBe(0);
});

test('a store that somebody lets others read stays so', async () => {
  await runCommand(['org', 'create', 'Acme'], { DATA_DIR: folder });
  chmodSync(join(folder, 'switchyard.db'), 0o640);
  expect((await runCommand(['org', 'list'], { DATA_DIR: folder })).code).toBe(0);
  expect(modes()['switchyard.db']).toBe('640');
});
