import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { BIN, type Running, runCommand, startServer } from '../e2e/process.ts';
import { leaves } from '../every-command.ts';
import { required } from '../required.ts';

/** What they answer is not for a program: a server that goes on, and the help itself. */
const WITHOUT = ['serve', 'help'];
const named = leaves.map(({ command, path }) => ({ name: path.join(' '), path, command }));

describe.concurrent('--json', () => {
  let folder: string;
  let env: Record<string, string>;
  let server: Running;
  let org: { org_id: string; token: string };
  let tokenIds: string[];
  const at = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-json-'));
    env = { DATA_DIR: folder, MONGODB_URI: '' };
    org = JSON.parse((await runCommand(['org', 'create', 'Acme'], env)).stdout);
    const words = ['token', 'create', '--org', org.org_id, '--role', 'Viewer', '--json'];
    tokenIds = await Promise.all([1, 2].map(async () => JSON.parse((await runCommand(words, env)).stdout).token_id));
    writeFileSync(at('token'), org.token);
    await runCommand(['backup', at('saved')], env);
    // What nobody writes to meanwhile.
    copyFileSync(at('switchyard.db'), at('still.db'));
    server = await startServer(env);
  });
  afterAll(async () => {
    server.child.kill('SIGTERM');
    await server.exit;
    rmSync(folder, { recursive: true, force: true });
  });

  /** By command: what else it is given, and the environment where it is another one. */
  const given: Record<string, () => { words?: string[]; env?: Record<string, string>; goesOn?: boolean }> = {
    'org create': () => ({ words: ['Another'] }),
    'org list': () => ({}),
    'token create': () => ({ words: ['--org', org.org_id, '--role', 'Viewer'] }),
    'token list': () => ({ words: ['--org', org.org_id] }),
    'token rotate': () => ({ words: [required(tokenIds[0]), '--org', org.org_id] }),
    'token revoke': () => ({ words: [required(tokenIds[1]), '--org', org.org_id] }),
    'config check': () => ({}),
    backup: () => ({ words: [at('backup')] }),
    restore: () => ({ words: [at('saved')], env: { DATA_DIR: at('restored') } }),
    check: () => ({}),
    copy: () => ({ words: ['--from', `sqlite:${at('still.db')}`, '--to', `sqlite:${at('copied.db')}`] }),
    simulate: () => ({ words: ['simulations/down-60s-pair.yaml'] }),
    worker: () => ({
      words: ['--url', server.url, '--token-file', at('token'), '--sink', at('vectors.jsonl')],
      goesOn: true,
    }),
    jobs: () => ({ words: ['--url', server.url, '--token-file', at('token')] }),
    'webhooks listen': () => ({ words: ['--server', server.url, '--token-file', at('token')], goesOn: true }),
    completion: () => ({ words: ['bash'] }),
  };

  test('every command has it, but those that say nothing for programs; what it prints stands in the help', () => {
    const has = named.filter(({ command }) => command.options.some(({ long }) => long === '--json'));
    expect(has.map(({ name }) => name)).toEqual(
      named.map(({ name }) => name).filter((name) => !WITHOUT.includes(name)),
    );
    expect(Object.keys(given).sort()).toEqual(has.map(({ name }) => name).sort());
  });

  const linesOf = (stdout: string) => stdout.trimEnd().split('\n');

  test.each(Object.keys(given))('%s prints lines of JSON and nothing else', async (name) => {
    const { words = [], env: other = {}, goesOn = false } = required(given[name])();
    const all = [...name.split(' '), ...words, '--json'];
    const { code, stdout, stderr } = goesOn
      ? await until(all, { ...env, ...other })
      : await runCommand(all, { ...env, ...other });
    expect([code, stdout.endsWith('\n'), stderr]).toEqual([0, true, expect.not.stringContaining('{')]);
    const said = linesOf(stdout).map((line) => JSON.parse(line));
    if (!goesOn) expect(said).toHaveLength(1);
    for (const one of said) expect([typeof one, one === null, Array.isArray(one)]).toEqual(['object', false, false]);
  });

  test('what is refused is a line on standard error, and nothing else is said', async () => {
    const refused = [
      ['org', 'create', ''],
      ['token', 'list', '--org', 'org_none'],
      ['restore', at('absent')],
      ['copy', '--from', `sqlite:${at('absent.db')}`, '--to', `sqlite:${at('other.db')}`],
      ['simulate', at('absent')],
    ];
    await Promise.all(
      refused.map(async (words) => {
        const { code, stdout, stderr } = await runCommand([...words, '--json'], env);
        const line = expect.stringMatching(/^switchyard: .+\n$/);
        expect([words, code > 0, stdout, stderr]).toEqual([words, true, '', line]);
      }),
    );
  });

  /** One that goes on until a signal: it gets it when it has said something. */
  async function until(words: string[], env: Record<string, string>) {
    const child = spawn(process.execPath, [BIN, ...words], { env: { ...process.env, ...env } });
    onTestFinished(() => void child.kill('SIGKILL'));
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stdout.once('data', () => child.kill('SIGTERM'));
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, stdout, stderr };
  }
});
