import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { placeOfMongo } from '../../src/store/mongodb/open.ts';
import { createClient, describeEngines, freshMongoUri, PATIENCE_MS } from '../harness.ts';
import { required } from '../required.ts';
import { BIN, type Running, runCommand, startServer } from './process.ts';

let folder: string;
let running: Running[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-start-'));
});
afterEach(async () => {
  for (const one of running) one.child.kill('SIGKILL');
  await Promise.all(running.map((one) => one.exit));
  running = [];
  rmSync(folder, { recursive: true, force: true });
});
const start = async (env: Record<string, string> = {}, args?: string[]) => {
  const one = await startServer({ DATA_DIR: folder, ...env }, args);
  running.push(one);
  return one;
};
const stop = async (one: Running) => {
  one.child.kill('SIGTERM');
  expect(await one.exit).toBe(0);
};

describeEngines('a start without demo', (engine) => {
  const place = (): { env: Record<string, string>; data: RegExp } =>
    engine === 'mongodb'
      ? { env: { MONGODB_URI: freshMongoUri() }, data: /MongoDB at 127\.0\.0\.1:\d+, database t_\w+\n/ }
      : { env: {}, data: new RegExp(`SQLite in ${folder}\n`) };

  test('says below its address where the data are, that there is no demo, and the next step', async () => {
    const { env, data } = place();
    const first = await start({ ...env, NODE_ENV: 'production' }, ['serve']);
    const [address, ...more] = first.stdout().split('\n');
    expect(address).toMatch(/^Switchyard listens on http:\/\/127\.0\.0\.1:\d+$/);
    expect(more.join('\n')).toMatch(data);
    expect(more.join('\n')).toMatch(/Demo +none/);
    expect(more).toContain('No organization yet: switchyard org create "Acme Corp"');
    const made = await runCommand(['org', 'create', 'Acme Corp'], { DATA_DIR: folder, ...env });
    expect(made.stdout).toMatch(/^\{"org_id":"org_\w+","token":"\w+"\}\n$/);
    expect(made.stderr).toMatch(/^switchyard: made the organization in .*, the first one there\n$/);
    expect(made.stderr.replace(', the first one there', '')).toMatch(data);
    const second = await start(env);
    await expect.poll(second.stdout, { timeout: PATIENCE_MS }).toMatch(data);
    expect(second.stdout()).not.toContain('No organization yet');
  });

  test('logs at info when it serves and when it stops', async () => {
    const one = await start({ ...place().env, LOG_LEVEL: 'info' });
    await stop(one);
    const lines = one
      .stderr()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { level: 30, url: one.url, engine, msg: 'serving' },
      { level: 30, inFlight: 0, msg: 'stopping' },
      { level: 30, unanswered: 0, msg: 'stopped' },
    ]);
  });
});

test('a database is named by its hosts and its name alone', () => {
  expect(placeOfMongo('mongodb://me:s3cret@a:1,b/db?replicaSet=r&tls=true')).toBe(
    'MongoDB at a:1,b:27017, database db',
  );
  expect(placeOfMongo('mongodb+srv://me:s3%40cret@cluster.example.net')).toBe(
    'MongoDB at cluster.example.net, database switchyard',
  );
});

test('variables that are almost ours are told once, by the right name, without their values', async () => {
  const env = { PROT: 's3cret1', MONGO_URL: 's3cret2', HOSTNAME: 'h', PORTAINER_TOKEN: 't' };
  const one = await start(env);
  const lines = one
    .stderr()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).msg)
    .sort();
  expect(lines).toEqual(['MONGO_URL is not read; did you mean MONGODB_URI?', 'PROT is not read; did you mean PORT?']);
  const made = await runCommand(['org', 'create', 'x'], { DATA_DIR: folder, ...env });
  expect(made.stderr.match(/did you mean/g)).toHaveLength(2);
  expect(one.stderr() + made.stderr).not.toContain('s3cret');
});

test('org create says that it made a new store, which no server of another folder knows', async () => {
  const { stdout, stderr } = await runCommand(['org', 'create', 'x'], { DATA_DIR: join(folder, 'other') });
  expect(stdout.split('\n')).toHaveLength(2);
  expect(stderr).toMatch(/^switchyard: made a new store, SQLite in .*\/other, .*DATA_DIR does not know it\n$/);
});

describe('a store that cannot answer is one line, exit 1', () => {
  const ONE_LINE = /^switchyard: [^\n]+\n$/;

  test('locked by another program', async () => {
    const { org_id } = JSON.parse((await runCommand(['org', 'create', 'x'], { DATA_DIR: folder })).stdout);
    const db = new DatabaseSync(join(folder, 'switchyard.db'));
    db.exec('BEGIN IMMEDIATE');
    const commands = [
      ['org', 'create', 'y'],
      ['token', 'create', '--org', org_id, '--role', 'Admin'],
    ];
    const answers = await Promise.all(commands.map((words) => runCommand(words, { DATA_DIR: folder })));
    for (const { code, stdout, stderr } of answers) {
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(ONE_LINE);
      expect(stderr).toMatch(/nothing was done, try again/);
    }
    db.close();
  });

  test.each([
    'mongodb://me:s3cret@127.0.0.1:1/x',
    'mongodb://me:s3cret@127.0.0.1:99999/x',
    'mongodb://me:s3cret@127.0.0.1/x?bogus=1',
    'mongodb://me:s3/cret@127.0.0.1/x',
    'mongodb://h?bogus=1',
  ])('%s', async (MONGODB_URI) => {
    const env = { DATA_DIR: folder, PORT: '0', MONGODB_URI };
    const answers = await Promise.all([['serve'], ['org', 'create', 'y']].map((words) => runCommand(words, env)));
    for (const { code, stdout, stderr } of answers) {
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^switchyard: MONGODB_URI: [^\n]+\n$/);
      expect(stderr).not.toMatch(/s3|cret/);
    }
  });
});

describe('the demo', () => {
  const tokenFile = () => join(folder, 'demo-token');
  const isWhole = async (one: Running) => {
    const token = /Token +(\S+)/.exec(one.stdout())?.[1];
    expect(token).toBe(readFileSync(tokenFile(), 'utf8').trim());
    const client = createClient(one.url, required(token));
    const { org_id } = (await client.rest('GET', '/v1/me')).body;
    const count = async (path: string, key: string) =>
      (await client.rest('GET', `/v1/orgs/${org_id}/${path}`)).body[key].length;
    expect(await count('workspaces', 'workspaces')).toBe(3);
    expect(await count('router-policies', 'policies')).toBe(4);
    expect(readdirSync(folder).filter((name) => name.startsWith('demo-token'))).toEqual(['demo-token']);
    return org_id as string;
  };

  /** What the folder shows of how far a start has come. */
  const size = (name: string) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? -1;
  const steps: [string, () => boolean][] = [
    ['its file is made', () => size('switchyard.db') >= 0],
    ['its tables are made', () => size('switchyard.db-wal') > 0],
    ['some of it may be stored', () => size('switchyard.db-wal') > 400_000],
    ['its token is laid ready', () => readdirSync(folder).some((name) => name.startsWith('demo-token.'))],
    ['its token is kept', () => size('demo-token') >= 0],
  ];
  test.each(steps)('is whole at the next start, when the first was killed as soon as %s', async (_, isReached) => {
    const env = { ...process.env, DATA_DIR: folder, PORT: '0', NODE_ENV: '', LOG_LEVEL: 'silent' };
    const child = spawn(process.execPath, [BIN, 'serve'], { env, stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    while (!isReached() && size('demo-token') < 0) await sleep(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await isWhole(await start({}, ['serve']));
  });

  test('is found again when it was killed between its commit and its last step', async () => {
    const first = await start({}, ['serve']);
    const orgId = await isWhole(first);
    await stop(first);
    renameSync(tokenFile(), `${tokenFile()}.01k5`);
    expect(await isWhole(await start({}, ['serve']))).toBe(orgId);
  });

  test('is one, however many servers begin together', async () => {
    const all = await Promise.all([1, 2, 3].map(() => start({}, ['serve'])));
    const orgs = [];
    for (const one of all) orgs.push(await isWhole(one));
    expect(new Set(orgs).size).toBe(1);
  });

  test('production says that it is there; organizations of one’s own are left alone', async () => {
    await stop(await start({}, ['serve']));
    const production = await start({ NODE_ENV: 'production' }, ['serve']);
    await expect
      .poll(production.stdout, { timeout: PATIENCE_MS })
      .toMatch(/Demo +there from an earlier start; .*demo-token opens it/);
    const own = { DATA_DIR: join(folder, 'own') };
    await runCommand(['org', 'create', 'x'], own);
    const left = await start(own, ['serve']);
    await expect.poll(left.stdout, { timeout: PATIENCE_MS }).toMatch(/Demo +none; there are organizations already/);
  });

  test('a token that cannot be kept is one line', async () => {
    mkdirSync(join(tokenFile(), 'in the way'), { recursive: true });
    writeFileSync(join(tokenFile(), 'in the way', 'x'), '');
    const { code, stderr } = await runCommand(['serve'], { DATA_DIR: folder, PORT: '0', NODE_ENV: '' });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^switchyard: DATA_DIR: cannot keep the token[^\n]*\n$/)]);
  });
});
