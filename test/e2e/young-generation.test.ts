import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { startServer } from './process.ts';

/** Where a process tells of its own command line. */
describe.runIf(process.platform === 'linux')('the young generation of a server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-young-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['is 16 MiB', '', ['--max-semi-space-size=16']],
    ['is as large as somebody has said', '--max-semi-space-size=32', []],
  ])('%s', async (_, options, told) => {
    const server = await startServer({ DATA_DIR: folder, NODE_OPTIONS: options });
    const words = readFileSync(`/proc/${server.child.pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    expect(words).toEqual([process.execPath, ...told, expect.stringMatching(/switchyard\.js$/), 'serve', '--no-demo']);
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
  });

  test.each([
    ['begins with one place to allocate in for all threads', {}, '1'],
    ['has as many places to allocate in as somebody has said', { MALLOC_ARENA_MAX: '4' }, '4'],
  ])('%s', async (_, env, arenas) => {
    const server = await startServer({ DATA_DIR: folder, ...env });
    const told = readFileSync(`/proc/${server.child.pid}/environ`, 'utf8').split('\0');
    expect(told.filter((one) => one.startsWith('MALLOC_'))).toEqual([`MALLOC_ARENA_MAX=${arenas}`]);
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
  });
});
