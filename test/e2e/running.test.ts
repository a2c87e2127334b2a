import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient, persist } from '../harness.ts';
import { required } from '../required.ts';
import { type Running, runCommand, startServer } from './process.ts';

describe('the program', () => {
  let folder: string;
  let running: Running[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-e2e-'));
  });
  afterEach(async () => {
    for (const one of running) one.child.kill('SIGKILL');
    await Promise.all(running.map((one) => one.exit));
    running = [];
    rmSync(folder, { recursive: true, force: true });
  });
  const start = async (env: Record<string, string> = {}) => {
    const one = await startServer({ DATA_DIR: folder, ...env });
    running.push(one);
    return one;
  };
  const createOrg = async () => {
    const { stdout } = await runCommand(['org', 'create', 'Acme', '--json'], { DATA_DIR: folder });
    return JSON.parse(stdout) as { org_id: string; token: string };
  };

  test('prints its address in the first line, is live and ready, and exits 0 on SIGTERM', async () => {
    const server = await start();
    expect(server.stdout()).toMatch(/^Switchyard listens on http:\/\/127\.0\.0\.1:\d+\n/);
    for (const path of ['/health/live', '/health/ready']) expect((await fetch(server.url + path)).status).toBe(200);
    const begin = performance.now();
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    expect(performance.now() - begin).toBeLessThan(5_000);
  });

  test('org create prints one line of JSON beside a running server, and its token works at once', async () => {
    const server = await start();
    const { org_id, token } = await createOrg();
    const client = createClient(server.url, token);
    expect((await client.rest('GET', '/v1/me')).body).toMatchObject({ org_id, role: 'Admin' });
    expect(
      (await client.rest('POST', `/v1/orgs/${org_id}/workspaces`, { organization_id: org_id, name: 'Kept' })).status,
    ).toBe(201);
    server.child.kill('SIGINT');
    expect(await server.exit).toBe(0);
    const again = await start();
    expect(
      (await createClient(again.url, token).rest('GET', `/v1/orgs/${org_id}/workspaces`)).body.workspaces[0].name,
    ).toBe('Kept');
  });

  test('two servers on one folder see each other’s writes; a revoked token dies in the other within a second', async () => {
    const [one, two] = [await start(), await start()];
    const { org_id, token } = await createOrg();
    const [here, there] = [createClient(one.url, token), createClient(two.url, token)];
    const made = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        persist(() =>
          (at % 2 ? here : there).rest(
            'POST',
            `/v1/orgs/${org_id}/roles`,
            { name: `r${at % 20}`, permissions: [] },
            { 'Idempotency-Key': `r${at}` },
          ),
        ),
      ),
    );
    expect(made.filter(({ status }) => status === 201)).toHaveLength(20);
    expect(made.filter(({ status }) => status === 409)).toHaveLength(20);
    const extra = await here.rest('POST', `/v1/orgs/${org_id}/tokens`, { name: 'x', role: 'Viewer' });
    const dying = createClient(two.url, extra.body.token);
    expect((await dying.rest('GET', '/v1/me')).status).toBe(200);
    await here.rest('DELETE', `/v1/orgs/${org_id}/tokens/${extra.body.token_id}`);
    await sleep(1_000);
    expect((await dying.rest('GET', '/v1/me')).status).toBe(401);
  });

  test('whatever stops the start is one line, exit 1', async () => {
    const server = await start();
    const port = new URL(server.url).port;
    const lines: [Record<string, string>, RegExp][] = [
      [{ PORT: port, DATA_DIR: folder }, /^switchyard: PORT: \d+ is in use on 127\.0\.0\.1;.*\n$/],
      [{ PORT: 'abc', DATA_DIR: folder }, /^switchyard: PORT: .*\n$/],
      [{ LOG_LEVEL: 'loud', DATA_DIR: folder }, /^switchyard: LOG_LEVEL: .*\n$/],
      [{ MONGODB_URI: 'mysql://x', DATA_DIR: folder }, /^switchyard: MONGODB_URI: .*\n$/],
      [{ DATA_DIR: '/dev/null/x' }, /^switchyard: DATA_DIR: .*\n$/],
      [{ DATA_DIR: '/proc/x' }, /^switchyard: DATA_DIR: .*\n$/],
      [{ DATA_DIR: '/proc/x/y' }, /^switchyard: DATA_DIR: .*\n$/],
    ];
    for (const [env, line] of lines) {
      const { code, stdout, stderr } = await runCommand(['serve', '--no-demo'], env);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(line);
    }
  });

  const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find(
    (path) => existsSync(path) && Number(execFileSync(path, ['-p', 'process.versions.node.split(".")[0]'])) < 24,
  );
  test.skipIf(!oldNode)('an older Node says so in one line', () => {
    const { status, stdout, stderr } = spawnSync(required(oldNode), ['bin/switchyard.js', 'serve'], {
      encoding: 'utf8',
    });
    expect([status, stdout, stderr]).toEqual([
      1,
      '',
      expect.stringMatching(/^switchyard: needs Node 24 or newer, this is v\d+.*npm start.*\n$/),
    ]);
  });

  test('a newer version’s data and a broken file refuse to start and are left untouched', async () => {
    const file = join(folder, 'switchyard.db');
    const db = new DatabaseSync(file);
    db.exec('CREATE TABLE x (y); PRAGMA user_version = 99');
    db.close();
    const hash = () => createHash('sha256').update(readFileSync(file)).digest('hex');
    const before = hash();
    const newer = await runCommand(['serve', '--no-demo'], { DATA_DIR: folder, PORT: '0' });
    expect([newer.code, newer.stderr]).toEqual([1, expect.stringMatching(/^switchyard: .* newer Switchyard .*\n$/)]);
    writeFileSync(
      file,
      'this is no database, whatever its name may say, and it is long enough to have a header of 100 bytes ........',
    );
    const broken = hash();
    expect((await runCommand(['serve', '--no-demo'], { DATA_DIR: folder, PORT: '0' })).stderr).toMatch(
      /^switchyard: cannot open .*\n$/,
    );
    expect([before === broken, hash()]).toEqual([false, broken]);
  });

  test('junk on the wire is answered or closed, and the server lives', async () => {
    const server = await start();
    const port = Number(new URL(server.url).port);
    for (const bytes of [
      'GARBAGE\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(70_000)}\r\n\r\n`,
      'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n',
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
        socket.on('data', () => {});
        socket.on('error', () => {});
        socket.on('close', () => resolve());
        setTimeout(() => socket.destroy(), 2_000);
      });
    }
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  });
});
