import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { seedThreads } from '../long-work/doors.ts';
import { BIN } from './process.ts';

/** As `| head -1` does. */
describe('a command that goes on, whose reader has gone', () => {
  let harness: Harness;
  let tenant: Tenant;
  let folder: string;
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
    folder = mkdtempSync(join(tmpdir(), 'switchyard-unread-output-'));
    writeFileSync(join(folder, 'token'), tenant.token);
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await harness.close();
  });

  const addRole = async (nth: number) =>
    void (await tenant.rest('POST', `${tenant.base}/roles`, { name: `role ${nth}`, permissions: [] }));
  const reindex = async () => void (await (await seedThreads(tenant, 3)).reindex());
  const given: [words: string[], address: string, happens: (nth: number) => Promise<void>][] = [
    [['webhooks', 'listen'], '--server', addRole],
    [['webhooks', 'listen', '--json'], '--server', addRole],
    [['worker', '--sink', 'sink.jsonl'], '--url', reindex],
    [['worker', '--sink', 'sink.jsonl', '--json'], '--url', reindex],
  ];

  test.each(given)('%j ends and says so once', async (words, address, happens) => {
    const place = [address, harness.url, '--token-file', join(folder, 'token')];
    const child = spawn(process.execPath, [BIN, ...words, ...place], { cwd: folder });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const state = { isEnded: false };
    const exit = new Promise<number | null>((resolve) => child.on('exit', resolve)).then((code) => {
      state.isEnded = true;
      return code;
    });
    try {
      child.stdout.once('data', () => child.stdout.destroy());
      for (let nth = 0; !state.isEnded; nth += 1)
        await Promise.race([exit, happens(nth).then(() => new Promise((resolve) => setTimeout(resolve, 200)))]);
      expect(await exit).toBe(1);
      expect(said).toMatch(/^switchyard: cannot write to standard output: [^\n]*EPIPE[^\n]*\n$/);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
