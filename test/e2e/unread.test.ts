import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { PATIENCE_MS } from '../harness.ts';
import { required } from '../required.ts';
import { BIN } from './process.ts';

/** Their lines are several times what a pipe holds. */
const REQUESTS = 1_500;
const AT_ONCE = 20;
/** Nobody waits for ever: an answer that has not come by then does not come. */
const ANSWER_MS = 60_000;
const PATH = `/v1/nowhere/${'x'.repeat(180)}`;

describe('a server whose log nobody reads', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-unread-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const start = async () => {
    const env = { ...process.env, DATA_DIR: join(folder, 'data'), PORT: '0', NODE_ENV: '', LOG_LEVEL: 'info' };
    const child = spawn(process.execPath, [BIN, 'serve', '--no-demo'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    await expect.poll(() => said, { timeout: PATIENCE_MS }).toMatch(/listens on http\S+\s/);
    const url = required(/http\S+/.exec(said))[0];
    let left = REQUESTS;
    const client = async () => {
      while (left-- > 0) {
        const { status } = await fetch(`${url}${PATH}`, { signal: AbortSignal.timeout(ANSWER_MS) });
        expect(status).toBe(404);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, client));
    return { child, exit };
  };

  test('answers all the same, and who reads later finds a line for each', async () => {
    const { child, exit } = await start();
    let log = '';
    child.stderr.on('data', (chunk) => {
      log += chunk;
    });
    await expect.poll(() => log.split('"msg":"answered"').length - 1, { timeout: PATIENCE_MS }).toBe(REQUESTS);
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  });

  test('ends when it is told to', async () => {
    const { child, exit } = await start();
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  });
});
