import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { PATIENCE_MS } from '../harness.ts';
import { required } from '../required.ts';
import { type Running, startServer } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** Every `sh` block of the README, in order, as a newcomer would paste it. */
describe('the README', () => {
  let folder: string;
  let server: Running;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-readme-'));
    // As a newcomer has it: with what the demo sends by itself.
    server = await startServer({ DATA_DIR: join(folder, 'data'), DEMO_TRAFFIC: 'true' }, ['serve']);
  });
  afterAll(async () => {
    server?.child.kill('SIGKILL');
    await server?.exit;
    rmSync(folder, { recursive: true, force: true });
  });

  const bash = (script: string) =>
    new Promise<{ code: number | null; out: string }>((resolve) => {
      const env = {
        ...process.env,
        DATA_DIR: join(folder, 'data'),
        PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      };
      const child = spawn('bash', ['-euo', 'pipefail', '-c', script], { cwd: ROOT, env });
      onTestFinished(() => void child.kill('SIGKILL'));
      let out = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk) => {
          out += chunk;
        });
      child.on('exit', (code) => resolve({ code, out }));
    });

  test('its commands run as written, and say what it says', async () => {
    const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => required(match[1]));
    expect(blocks.length).toBeGreaterThanOrEqual(6);
    const script = blocks
      .join('\n')
      .replaceAll('http://127.0.0.1:4000', server.url)
      .replaceAll('data/demo-token', join(folder, 'data', 'demo-token'));
    const { code, out } = await bash(script);
    expect(code, out).toBe(0);
    for (const words of [
      'circuit_open\ngpt-4o\n',
      '"code":"CIRCUIT_OPEN"',
      'answered by gpt-4o',
      'completed',
      "'namespace.reindex'",
      '"reindexStatus":"completed"',
      'with the breaker',
      '"org_id":"org_',
    ])
      expect(out).toContain(words);
  });

  test('what the start prints works when pasted', async () => {
    const curls = server
      .stdout()
      .split('\n')
      .filter((line) => line.startsWith('curl '));
    expect(curls).toHaveLength(3);
    const { code, out } = await bash(
      curls.map((line) => line.replace('curl ', 'curl -sS --fail-with-body ')).join('; echo; '),
    );
    expect([
      code,
      out.includes('"workspaces":['),
      out.includes('"app_id":"app_'),
      out.includes('"matched_policies":['),
    ]).toEqual([0, true, true, true]);
  });

  test('a second start keeps the data and prints the same, and the token is readable by its owner only', async () => {
    const again = await startServer({ DATA_DIR: join(folder, 'data') }, ['serve']);
    const token = /Token +(\S+)/;
    // What stands below the address may come a moment after it.
    const told = () => token.exec(again.stdout())?.[1];
    await expect.poll(told, { timeout: PATIENCE_MS }).toBe(token.exec(server.stdout())?.[1]);
    again.child.kill('SIGTERM');
    await again.exit;
    const { out } = await bash(`stat -c %a '${join(folder, 'data', 'demo-token')}'`);
    expect(out.trim()).toBe('600');
  });

  test('production starts without demo content', async () => {
    const production = await startServer({ DATA_DIR: join(folder, 'production'), NODE_ENV: 'production' }, ['serve']);
    await expect
      .poll(production.stdout, { timeout: PATIENCE_MS })
      .toMatch(/^Switchyard listens on .*\n\n {2}Data .*\n {2}Demo +none\n/);
    production.child.kill('SIGTERM');
    await production.exit;
  });
});
