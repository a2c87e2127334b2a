import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { initOrganization } from '../../src/process/init.ts';
import { configSchema, readConfig, SECRETS } from '../../src/process/setup/config.ts';
import { secretOf } from '../../src/process/setup/secret-files.ts';
import { createSecret } from '../../src/words/secret.ts';
import { describeEngines, type Harness, MONGODB_URI, openEngine, startHarness } from '../harness.ts';
import { required } from '../required.ts';
import { listenIn } from '../store/commands-sent.ts';

describeEngines('the first admin without a person', (engine) => {
  let harness: Harness;
  let folder: string;
  let file: string;
  beforeEach(async () => {
    harness = await startHarness(engine);
    folder = mkdtempSync(join(tmpdir(), 'switchyard-first-'));
    file = join(folder, 'token');
  });
  afterEach(async () => {
    await harness.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (on = harness, tokenFile = file) =>
    initOrganization(on.deps, readConfig({ INIT_ORG: ' Acme ', INIT_TOKEN_FILE: tokenFile }));
  const me = async (token: string) => (await harness.client(token).rest('GET', '/v1/me')).body;

  test('a start on an empty store makes it once and writes the token, for its owner alone', async () => {
    await start();
    const token = readFileSync(file, 'utf8');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { org_id, role } = await me(token.trim());
    expect(role).toBe('Admin');
    expect((await harness.client(token.trim()).rest('GET', `/v1/orgs/${org_id}`)).body.name).toBe('Acme');
    await start();
    expect(readFileSync(file, 'utf8')).toBe(token);
  });

  test('a token that lies there is the one that opens it: as a secret that all servers are given, or from a start that was killed', async () => {
    const { token } = createSecret();
    writeFileSync(file, token);
    await start();
    expect((await me(token)).role).toBe('Admin');
  });

  test('of several that begin together one makes it, and no other leaves a token that opens nothing', async () => {
    const second = await harness.again();
    const files = [1, 2, 3, 4].map((n) => join(folder, `token-${n}`));
    await Promise.all(files.map((one, at) => start(at % 2 ? second : harness, one)));
    const left = files.filter((one) => existsSync(one));
    expect(left).toHaveLength(1);
    expect((await me(readFileSync(required(left[0]), 'utf8').trim())).role).toBe('Admin');
    await second.close();
  });

  test.each([
    ['that one of them makes', false],
    ['that lies there', true],
  ])(
    'of several that begin together on one file, with the token %s, one makes it and all go on',
    async (_, liesThere) => {
      const servers = [harness, await harness.again(), await harness.again(), await harness.again()];
      if (liesThere) writeFileSync(file, createSecret().token);
      const begun = await Promise.allSettled(servers.map((one) => start(one)));
      expect(begun.map(({ status }) => status)).toEqual(servers.map(() => 'fulfilled'));
      expect((await me(readFileSync(file, 'utf8').trim())).role).toBe('Admin');
      for (const one of servers.slice(1)) await one.close();
    },
  );

  test.runIf(engine === 'mongodb')('so does one that has looked before another stored its own', async () => {
    let hasLooked = false;
    const looked = Promise.withResolvers<void>();
    const stored = Promise.withResolvers<void>();
    const ear = await listenIn(
      required(MONGODB_URI),
      () => {},
      ({ on, body }) => {
        // A condition of a commit asks for ids.
        if (on !== 'org_index' || !body.projection?.id || hasLooked) return;
        hasLooked = true;
        looked.resolve();
        return stored.promise;
      },
    );
    const late = await startHarness('mongodb', {
      opened: await openEngine('mongodb', undefined, undefined, ear.through),
    });
    const other = await late.again();
    const [lateFile, otherFile] = [join(folder, 'late'), join(folder, 'other')];
    const beginning = start(late, lateFile);
    await looked.promise;
    await start(other, otherFile);
    stored.resolve();
    await beginning;
    expect([existsSync(lateFile), existsSync(otherFile)]).toEqual([false, true]);
    await other.close();
    await late.close();
    ear.close();
  });

  test('a store with organizations is left alone', async () => {
    await harness.org();
    await start();
    expect(existsSync(file)).toBe(false);
  });

  test.each([
    ['x/y/token', undefined, /INIT_TOKEN_FILE: cannot write/],
    ['token', 'hunter2', /INIT_TOKEN_FILE: .* holds no token/],
  ])('a file %s that holds %s stops the start in one line', async (name, content, line) => {
    const place = join(folder, name);
    if (content) writeFileSync(place, content);
    const failed = await start(harness, place).catch((error: Error) => error.message);
    expect(failed).toMatch(line);
    expect(failed).not.toContain('hunter2');
  });
});

test('every secret may lie in a file, and what sounds like one is one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-secrets-'));
  const given: Record<string, string> = { MONGODB_URI: 'mongodb://me:hunter2@127.0.0.1/x' };
  const files = SECRETS.map((name) => {
    writeFileSync(join(folder, name), `${given[name] ?? 'hunter2'}\n`);
    return [`${name}_FILE`, join(folder, name)];
  });
  const env: Record<string, string> = { S3_REGION: 'eu-central-1', ...Object.fromEntries(files) };
  const config = readConfig(env);
  for (const name of SECRETS) {
    expect([name, config[name]]).toEqual([name, given[name] ?? 'hunter2']);
    expect(() => readConfig({ ...env, [name]: 'hunter2' })).toThrow(new RegExp(`^${name}_FILE: (?!.*hunter2)`));
    expect(() => readConfig({ ...env, [`${name}_FILE`]: join(folder, 'absent') })).toThrow(`${name}_FILE: cannot read`);
  }
  const sounding = Object.keys(configSchema.shape).filter((name) =>
    /SECRET|PASSWORD|KEY|TOKEN|_URI$|CREDENTIAL|_HEADERS$/.test(name),
  );
  expect(sounding.filter((name) => !name.endsWith('_FILE')).sort()).toEqual([...SECRETS].sort());
  rmSync(folder, { recursive: true });
});

test('env:NAME is found in the file of NAME_FILE, read anew each time', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-secret-'));
  const file = join(folder, 'key');
  const env = secretOf({ KEY_FILE: file, OTHER: 'plain' });
  expect([env('KEY'), env('OTHER'), env('NONE')]).toEqual([undefined, 'plain', undefined]);
  writeFileSync(file, 'first\n');
  expect(env('KEY')).toBe('first');
  writeFileSync(file, 'second\n');
  expect(env('KEY')).toBe('second');
  rmSync(folder, { recursive: true });
});
