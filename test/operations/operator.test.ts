import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProgram } from '../../src/process/commands.ts';
import { completionOf } from '../../src/process/operator/completion.ts';
import { runCommand } from '../e2e/process.ts';
import { describeEngines, freshMongoUri } from '../harness.ts';

describeEngines("the operator's commands", (engine) => {
  let folder: string;
  let env: Record<string, string>;
  let org: { org_id: string; token: string };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-operator-'));
    env = { DATA_DIR: folder, MONGODB_URI: engine === 'mongodb' ? freshMongoUri() : '' };
    org = JSON.parse((await runCommand(['org', 'create', 'Acme'], env)).stdout);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const json = async (...words: string[]) => {
    const { code, stdout, stderr } = await runCommand([...words, '--json'], env);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  };

  test('org list names every organization; in a pipe without colours', async () => {
    expect(await json('org', 'list')).toEqual({
      organizations: [{ org_id: org.org_id, name: 'Acme', created_at: expect.any(String) }],
    });
    const { stdout } = await runCommand(['org', 'list'], { ...env, FORCE_COLOR: '1' });
    expect(stdout).toMatch(new RegExp(`^org_id +name +created\n${org.org_id}  Acme  \\S+\n$`));
  });

  test('a token is made, listed without its secret, given a new one, revoked', async () => {
    const made = await json('token', 'create', '--org', org.org_id, '--role', 'Viewer', '--name', 'CI');
    const listed = async () => {
      const { tokens } = await json('token', 'list', '--org', org.org_id);
      return tokens.find(({ token_id }: { token_id: string }) => token_id === made.token_id);
    };
    const before = await listed();
    expect(before).toMatchObject({ name: 'CI', role: 'Viewer', revoked_at: null, prefix: made.token.slice(0, 19) });
    expect(JSON.stringify(before)).not.toContain(made.token);
    const rotated = await json('token', 'rotate', made.token_id, '--org', org.org_id);
    expect(rotated).toEqual({ ...made, token: expect.stringMatching(/^mm_tok_/) });
    expect(rotated.token).not.toBe(made.token);
    expect((await listed()).prefix).toBe(rotated.token.slice(0, 19));
    await json('token', 'revoke', made.token_id, '--org', org.org_id);
    expect((await listed()).revoked_at).toEqual(expect.any(String));
    const again = await runCommand(['token', 'rotate', made.token_id, '--org', org.org_id], env);
    expect([again.code, again.stdout, again.stderr]).toEqual([1, '', expect.stringMatching(/^switchyard: .+\n$/)]);
  });

  test('a token of nobody is one line, exit 1', async () => {
    const { code, stdout, stderr } = await runCommand(['token', 'revoke', 'tok_none', '--org', org.org_id], env);
    expect([code, stdout, stderr]).toEqual([1, '', 'switchyard: The token "tok_none" was not found\n']);
  });
});

describe('config check', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const check = (env: Record<string, string>, ...words: string[]) => runCommand(['config', 'check', ...words], env);

  test('says what a start would work with and from where, never a secret, in a file or not', async () => {
    const file = join(folder, 'uri');
    writeFileSync(file, 'mongodb://me:s3cret@127.0.0.1/x\n');
    const { code, stdout } = await check({ MONGODB_URI_FILE: file, PORT: '4100' }, '--json');
    expect([code, stdout]).toEqual([0, expect.not.stringContaining('s3cret')]);
    const { ok, settings } = JSON.parse(stdout);
    expect(ok).toBe(true);
    const setting = (name: string) => settings.find((one: { name: string }) => one.name === name);
    expect(setting('PORT')).toEqual({ name: 'PORT', value: 4100, from: 'environment' });
    expect(setting('LOG_LEVEL').from).toBe('environment');
    expect(setting('HOST')).toEqual({ name: 'HOST', value: '127.0.0.1', from: 'default' });
    expect(setting('MONGODB_URI')).toMatchObject({ value: 'set, not shown', from: 'MONGODB_URI_FILE' });
  });

  test('all that is wrong is named at once, exit 1', async () => {
    const { code, stderr } = await check({ PORT: 'x', PUBLIC_URL: 'ftp://x', SHUTDOWN_SECONDS: '-1' });
    expect(code).toBe(1);
    for (const name of ['PORT', 'PUBLIC_URL', 'SHUTDOWN_SECONDS']) expect(stderr).toContain(`${name}: `);
  });

  test('what does not go together is named with all else, and what a file cannot give', async () => {
    const { code, stdout } = await check(
      {
        PORT: 'x',
        INIT_ORG: 'a\nb',
        OIDC_ISSUER: 'https://a.example',
        S3_ACCESS_KEY_ID: 'id',
        OTEL_EXPORTER_OTLP_HEADERS_FILE: '/nowhere/at/all',
      },
      '--json',
    );
    const { ok, problems } = JSON.parse(stdout);
    expect([code, ok]).toEqual([1, false]);
    expect(problems.map((line: string) => line.split(':')[0])).toEqual([
      'OTEL_EXPORTER_OTLP_HEADERS_FILE',
      'PORT',
      'INIT_ORG',
      'INIT_ORG',
      'OIDC_ISSUER',
      'S3_SECRET_ACCESS_KEY',
    ]);
  });

  test.each([
    [{ MONGODB_URI: 'mongodb://h/x?bogus=1' }, /MONGODB_URI: option bogus is not supported/],
    [{ MONGODB_URI: 'mongodb://me:s3cr@t@h/x' }, /MONGODB_URI: the driver cannot read the address(?!.*s3cr)/],
    [{ MONGODB_URI_FILE: '/nowhere/at/all' }, /MONGODB_URI_FILE: cannot read/],
    [{ MONGODB_URI_FILE: '/x', MONGODB_URI: 'mongodb://h/x' }, /MONGODB_URI_FILE: MONGODB_URI is given, too/],
    [{ INIT_ORG: 'Acme' }, /INIT_ORG: it is given together with INIT_TOKEN_FILE/],
    [{ PUBLIC_URL: 'https://example.com/v1' }, /PUBLIC_URL: expected an address/],
    [{ PUBLIC_URL: 'https://example.com/console' }, /PUBLIC_URL: expected an address/],
    [{ PUBLIC_URL: 'https://example.com/docs/' }, /PUBLIC_URL: expected an address/],
  ])('%j is refused', async (env, line) => {
    expect((await check(env as Record<string, string>)).stderr).toMatch(line);
  });
});

describe('completion', () => {
  const program = createProgram({});

  test('bash completes the commands of the place, and their options', () => {
    const complete = (...words: string[]) =>
      execFileSync(
        'bash',
        [
          '-c',
          `${completionOf(program, 'bash')}\nCOMP_WORDS=(switchyard ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _switchyard; echo "\${COMPREPLY[@]}"`,
        ],
        {
          encoding: 'utf8',
        },
      ).trim();
    expect(complete('tok')).toBe('token');
    expect(complete('token', '')).toBe('create list revoke rotate --help');
    expect(complete('token', 'revoke', 'tok_1', '--')).toBe('--org --json --help');
    expect(complete('completion', 'nothing', '--j')).toBe('--json');
    expect(complete('completion', '')).toBe('bash zsh fish');
    expect(complete('help', 'tok')).toBe('token');
    // Where files are meant nothing is said, and the shell completes their names.
    for (const words of [
      ['backup', ''],
      ['restore', ''],
      ['simulate', ''],
      ['worker', '--token-file', ''],
    ])
      expect(complete(...words), words.join(' ')).toBe('');
    expect(complete('backup', '-')).toBe('--json --help');
  });

  test.each(['bash', 'zsh', 'fish'] as const)('for %s it knows every command', (shell) => {
    const script = completionOf(program, shell);
    for (const { commands } of [program, ...program.commands])
      for (const command of commands) expect(script).toContain(command.name());
  });
});
