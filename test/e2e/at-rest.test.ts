import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { createRest } from '../../src/process/setup/at-rest.ts';
import { required } from '../required.ts';
import { startServer } from './process.ts';

/** Where a process tells of its own memory. */
describe.runIf(process.platform === 'linux')('a server at rest', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-rest-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('gives back what its start alone needed', async () => {
    const server = await startServer({ DATA_DIR: folder });
    const MiB = (line: string) => {
      const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8');
      return Number(required(new RegExp(`${line}:\\s+(\\d+)`).exec(status)?.[1])) / 1_024;
    };
    while (MiB('VmRSS') > MiB('VmHWM') - 12) await sleep(200);
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
  });
});

test('a process is at rest while it does little for some seconds, and no longer when it works', () => {
  const told: [number, boolean][] = [];
  let second = 0;
  const look = createRest((isResting) => void told.push([second, isResting]));
  const quiet = (count: number) => Array.from({ length: count }, (_, at) => (at % 3 ? 0 : 0.019));
  for (const worked of [0.5, ...quiet(9), 0.02, ...quiet(12), 0.9, 0.9, ...quiet(10)]) {
    second += 1;
    look(worked);
  }
  expect(told).toEqual([
    [21, true],
    [24, false],
    [35, true],
  ]);
});
