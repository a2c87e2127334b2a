import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { leaves } from '../every-command.ts';
import { PATIENCE_MS } from '../harness.ts';
import { required } from '../required.ts';
import { BIN, runCommand } from './process.ts';

const FULL = '/dev/full';

describe('what the program says, where it cannot be written', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-output-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const start = (args: string[], full: 1 | 2) => {
    const device = openSync(FULL, 'w');
    const env = { ...process.env, DATA_DIR: join(folder, 'data'), PORT: '0', NODE_ENV: '', LOG_LEVEL: 'info' };
    const stdio: ('ignore' | 'pipe' | number)[] = ['ignore', 'pipe', 'pipe'];
    stdio[full] = device;
    const child = spawn(process.execPath, [BIN, ...args], { env, stdio });
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => {
        said += chunk;
      });
    const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
    return { child, exit, said: () => said };
  };

  test.skipIf(!existsSync(FULL)).each([
    ['standard output', 1, /"msg":"serving"/],
    ['standard error', 2, /listens on http/],
  ] as const)('a server goes on without %s', async (_stream, full, serving) => {
    const server = start(['serve', '--no-demo'], full);
    await expect.poll(server.said, { timeout: PATIENCE_MS }).toMatch(serving);
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    expect(server.said()).not.toMatch(/ at .*\.ts:/);
  });

  test.skipIf(!existsSync(FULL))('a command whose result cannot be written says so in one line', async () => {
    const command = start(['org', 'create', 'Acme'], 1);
    expect(await command.exit).toBe(1);
    expect(command.said()).toMatch(/^switchyard: cannot write to standard output: .*$/m);
    expect(command.said()).not.toMatch(/ at .*\.ts:/);
  });

  /** Commands whose answer holds a secret that is shown once. */
  const showing = leaves.filter(({ command }) =>
    command.options.some(({ long, description }) => long === '--json' && /\btoken\b/.test(description)),
  );

  test('a secret is not made where nobody would see it', async () => {
    const env = { DATA_DIR: join(folder, 'closed') };
    const run = async (...words: string[]) => JSON.parse((await runCommand([...words, '--json'], env)).stdout);
    const { org_id: org } = await run('org', 'create', 'Acme');
    const { token_id: token } = await run('token', 'create', '--org', org, '--role', 'Viewer');
    const given: Record<string, string[]> = {
      'org create': ['Lost'],
      'token create': ['--org', org, '--role', 'Viewer'],
      'token rotate': [token, '--org', org],
    };
    expect(showing.map(({ path }) => path.join(' ')).sort()).toEqual(Object.keys(given));
    const stored = () => Promise.all([run('org', 'list'), run('token', 'list', '--org', org)]);
    const before = await stored();
    const refusal = /^switchyard: standard output is closed or ignored, .*; nothing was done\n$/;
    for (const { path } of showing) {
      const words = [BIN, ...path, ...required(given[path.join(' ')])];
      const options = { env: { ...process.env, ...env }, encoding: 'utf8' } as const;
      const runs = {
        closed: spawnSync('sh', ['-c', 'exec "$@" >&-', 'sh', process.execPath, ...words], options),
        ignored: spawnSync(process.execPath, words, { ...options, stdio: ['ignore', 'ignore', 'pipe'] }),
      };
      for (const [how, { status, stderr }] of Object.entries(runs))
        expect([path, how, status, stderr]).toEqual([path, how, 1, expect.stringMatching(refusal)]);
    }
    expect(await stored()).toEqual(before);
    const thrownAway = ['-c', 'exec "$@" >/dev/null', 'sh', process.execPath, BIN, 'org', 'create', 'Meant'];
    expect(spawnSync('sh', thrownAway, { env: { ...process.env, ...env } }).status).toBe(0);
    expect(await run('org', 'list')).not.toEqual(before[0]);
  });

  test('a scenario that is no YAML is refused in one line that names the file', async () => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, 'a: [1');
    const { code, stderr } = await runCommand(['simulate', file], {});
    expect(code).toBe(1);
    expect(stderr).toMatch(/^switchyard: .*bad\.yaml: .*\n$/);
  });

  test('copy onto other organizations is refused before anything is written', async () => {
    for (const name of ['from', 'onto'])
      expect((await runCommand(['org', 'create', name], { DATA_DIR: join(folder, name) })).code).toBe(0);
    const [from, onto] = ['from', 'onto'].map((name) => `sqlite:${join(folder, name, 'switchyard.db')}`) as [
      string,
      string,
    ];
    const before = readFileSync(onto.slice('sqlite:'.length));
    const { code, stderr } = await runCommand(['copy', '--from', from, '--to', onto], {});
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^switchyard: copy: --to holds other organizations \(org_\w+\); .*\n$/),
    ]);
    expect(readFileSync(onto.slice('sqlite:'.length)).equals(before)).toBe(true);
  });

  test('copy names the word that leads nowhere, not a variable', async () => {
    const from = 'mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=200';
    const { code, stderr } = await runCommand(['copy', '--from', from, '--to', `sqlite:${join(folder, 'to.db')}`], {});
    expect(code).toBe(1);
    expect(stderr).toMatch(/^switchyard: --from: .*\n$/);
  });
});
