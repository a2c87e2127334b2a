import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { describeEngines, freshMongoUri } from '../harness.ts';
import { required } from '../required.ts';
import { type Running, runCommand, startServer } from './process.ts';
import { ask, childrenOf, isAlive, times, until } from './teams.ts';

describeEngines('serve --workers 2', (engine) => {
  let folder: string;
  let env: Record<string, string>;
  let server: Running;
  let org: { org_id: string; token: string };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-workers-'));
    env = { DATA_DIR: folder, ...(engine === 'mongodb' ? { MONGODB_URI: freshMongoUri() } : {}) };
    org = JSON.parse((await runCommand(['org', 'create', 'Acme'], env)).stdout);
  });
  afterEach(async () => {
    const children = server.child.exitCode === null ? childrenOf(required(server.child.pid)) : [];
    server.child.kill('SIGKILL');
    await server.exit;
    await until(() => !children.some(isAlive));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const start = async (more: Record<string, string> = {}) => {
    server = await startServer({ ...env, ...more }, ['serve', '--no-demo', '--workers', '2']);
  };
  const me = (agent?: Agent) => ask(`${server.url}/v1/me`, { Authorization: `Bearer ${org.token}` }, agent);
  /** A connection of its own; there when its request has been handed to the system. */
  const open = async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const status = new Promise<number>((resolve, reject) => {
      socket.once('data', (data) => resolve(Number(data.toString().split(' ')[1])));
      socket.on('error', reject).once('close', () => resolve(0));
    });
    await once(socket, 'connect');
    const head = `GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${org.token}\r\n\r\n`;
    await new Promise((resolve) => socket.write(head, resolve));
    return { status };
  };
  /** What `/metrics` says of a name, all its labels' values together. */
  const figure = async (pattern: RegExp) => {
    const { text } = await ask(`${server.url}/metrics`);
    return text
      .split('\n')
      .filter((line) => pattern.test(line))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  const statusOf = async (url: string) => (await ask(url)).status;
  const ANSWERED = /^switchyard_requests_total\{.*get_me.*200/;

  test('one address, told once when all serve; figures are the sum of all, of processes for each; lines are whole', async () => {
    await start({ LOG_LEVEL: 'info' });
    expect((await ask(`${server.url}/health/ready`)).status).toBe(200);
    expect(server.stdout().match(/listens on/g)).toHaveLength(1);
    expect(childrenOf(required(server.child.pid))).toHaveLength(2);
    const answers = await Promise.all(times(200, () => me()));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    // A worker that is late is told as it was before.
    await until(async () => (await figure(ANSWERED)) === 200);
    const { text } = await ask(`${server.url}/metrics`);
    for (const worker of [1, 2])
      expect(text).toMatch(new RegExp(`^process_cpu_seconds_total\\{worker="${worker}"\\} `, 'm'));
    const lines = () =>
      server
        .stderr()
        .split('\n')
        .filter((line) => line.includes('"operation":"get_me"'));
    await until(() => lines().length === 200);
    for (const line of server.stderr().trimEnd().split('\n')) expect(() => JSON.parse(line), line).not.toThrow();
  });

  test('nobody is told that it is ready before all are', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as { port: number };
    await new Promise((resolve) => free.close(resolve));
    const url = `http://127.0.0.1:${port}`;
    const others = childrenOf(process.pid);
    const starting = start({ PORT: String(port) });
    const workers = () => childrenOf(childrenOf(process.pid).find((pid) => !others.includes(pid)) ?? 0);
    await until(() => workers().length === 2);
    const [, second] = workers();
    process.kill(required(second), 'SIGSTOP');
    expect([await statusOf(`${url}/health/live`), await statusOf(`${url}/health/ready`)]).toEqual([200, 503]);
    process.kill(required(second), 'SIGCONT');
    await starting;
    await until(async () => (await statusOf(`${url}/health/ready`)) === 200);
  });

  test('a worker that is killed is started again: whoever asks meanwhile is answered, no figure falls', async () => {
    await start();
    await Promise.all(times(20, () => me()));
    await until(async () => (await figure(ANSWERED)) === 20);
    const before = childrenOf(required(server.child.pid));
    process.kill(required(before[0]), 'SIGKILL');
    await until(() => !isAlive(required(before[0])));
    expect((await Promise.all(times(20, () => me()))).map(({ status }) => status)).toEqual(times(20, () => 200));
    await until(() => childrenOf(required(server.child.pid)).length === 2);
    await until(async () => (await figure(ANSWERED)) >= 40);
    expect(childrenOf(required(server.child.pid))).toContain(required(before[1]));
  });

  test('is ready as long as one of them serves, and as soon as the first is back', async () => {
    await start();
    const ready = () => statusOf(`${server.url}/health/ready`).catch(() => 0);
    const [first, second] = childrenOf(required(server.child.pid)) as [number, number];
    process.kill(first, 'SIGKILL');
    await until(() => !isAlive(first));
    // Until the one that takes its place serves, and by it then.
    const statuses: number[] = [];
    await until(async () => {
      statuses.push(...(await Promise.all(times(8, ready))));
      return childrenOf(required(server.child.pid)).some((pid) => ![first, second].includes(pid));
    });
    const left = childrenOf(required(server.child.pid));
    for (const pid of left) process.kill(pid, 'SIGSTOP');
    const waiting = times(16, ready);
    for (const pid of left) process.kill(pid, 'SIGKILL');
    await until(() => !left.some(isAlive));
    expect([...statuses, ...(await Promise.all(waiting))].filter((status) => status !== 200)).toEqual([]);
  });

  test('a connection that was being handed to a worker as it died is answered by another', async () => {
    await start();
    const [stuck] = childrenOf(required(server.child.pid));
    process.kill(required(stuck), 'SIGSTOP');
    let answered = 0;
    const asked = times(10, () => me().finally(() => (answered += 1)));
    await until(() => answered === 9);
    process.kill(required(stuck), 'SIGKILL');
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(times(10, () => 200));
  });

  test('under load, a worker that is killed takes nothing with it but what had been handed to it', async () => {
    await start();
    let isOver = false;
    let answered = 0;
    /** When those began that heard nothing, in the end. */
    const lost: number[] = [];
    const deaths: number[] = [];
    const client = async () => {
      while (!isOver) {
        const begun = performance.now();
        const status = await me().then(
          (answer) => answer.status,
          () => 0,
        );
        if (status === 200) answered += 1;
        else lost.push(begun);
      }
    };
    const clients = times(8, client);
    for (let round = 0; round < 3; round += 1) {
      const before = childrenOf(required(server.child.pid));
      const goal = answered + 100;
      await until(() => answered >= goal);
      const killed = required(before[round % 2]);
      process.kill(killed, 'SIGKILL');
      await until(() => !isAlive(killed));
      deaths.push(performance.now());
      await until(() => childrenOf(required(server.child.pid)).some((pid) => !before.includes(pid)));
    }
    isOver = true;
    await Promise.all(clients);
    // Eight ask at once: each death may have met so many, all of which had begun before it.
    for (const [at, death] of deaths.entries())
      expect(lost.filter((begun) => begun > (deaths[at - 1] ?? 0) && begun <= death).length).toBeLessThanOrEqual(8);
    expect(lost.filter((begun) => begun > required(deaths.at(-1)))).toEqual([]);
  });

  test('who comes while all of them are dead waits for the first that is back', async () => {
    await start();
    const before = childrenOf(required(server.child.pid));
    for (const pid of before) process.kill(pid, 'SIGSTOP');
    const waiting = times(10, () => me());
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await until(() => !before.some(isAlive));
    const statuses = (await Promise.all([...waiting, ...times(10, () => me())])).map(({ status }) => status);
    expect(statuses).toEqual(times(20, () => 200));
    expect(server.child.exitCode).toBe(null);
  });

  test('a token has its limit once: on one connection all of it, on many not more', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '120' });
    const begun = performance.now();
    const kept = new Agent({ keepAlive: true, maxSockets: 1 });
    const seen: number[] = [];
    for (let at = 0; at < 60; at += 1) {
      const { status, headers } = await me(kept);
      expect(status).toBe(200);
      seen.push(Number(headers['ratelimit-remaining']));
    }
    expect(seen[0]).toBe(119);
    expect(seen.at(-1)).toBeGreaterThanOrEqual(60);
    const answers = await Promise.all(times(300, () => me()));
    kept.destroy();
    const allowed = answers.filter(({ status }) => status === 200).length;
    const refilled = Math.ceil(((performance.now() - begun) / 1000) * 2);
    // What the other worker holds for a second, of which it may have been the only one to know.
    expect(allowed).toBeGreaterThanOrEqual(60 - 15);
    expect(allowed).toBeLessThanOrEqual(60 + refilled + 15);
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s: all that was sent before is answered, exit 0, nobody is left',
    async (signal) => {
      await start();
      const children = childrenOf(required(server.child.pid));
      const agents = times(16, () => new Agent({ keepAlive: true, maxSockets: 1 }));
      await Promise.all(agents.map((agent) => me(agent)));
      const sent = agents.map((agent) => me(agent));
      const newcomers = await Promise.all(times(16, () => open()));
      server.child.kill(signal);
      expect((await Promise.all(sent)).map(({ status }) => status)).toEqual(times(16, () => 200));
      expect(await Promise.all(newcomers.map(({ status }) => status))).toEqual(times(16, () => 200));
      expect(await server.exit).toBe(0);
      expect(children.some(isAlive)).toBe(false);
      for (const agent of agents) agent.destroy();
    },
  );

  test('who came while it still served is answered, however late the parent hands them on', async () => {
    await start({ LOG_LEVEL: 'info', SHUTDOWN_DELAY_SECONDS: '1' });
    server.child.kill('SIGTERM');
    await until(() => server.stderr().split('"msg":"stopping"').length === 3);
    server.child.kill('SIGSTOP');
    const newcomers = await Promise.all(times(32, () => open()));
    // The workers would have ended long since, if they did not wait for it.
    await sleep(2_000);
    server.child.kill('SIGCONT');
    expect(await Promise.all(newcomers.map(({ status }) => status))).toEqual(times(32, () => 200));
    expect(await server.exit).toBe(0);
  });

  test('a parent that is killed leaves nobody', async () => {
    await start();
    const children = childrenOf(required(server.child.pid));
    server.child.kill('SIGKILL');
    await until(() => !children.some(isAlive));
    await expect(me()).rejects.toThrow();
  });
});

describe('what --workers refuses', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-no-workers-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test.each(['0', '-1', '1.5', 'many', '257', ''])('--workers=%s is one line, exit 2', async (count) => {
    const { code, stdout, stderr } = await runCommand(['serve', `--workers=${count}`], { DATA_DIR: folder });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^switchyard: .*--workers.*expected a whole number from 1 to 256.*\n$/);
  });

  test('one process alone loads nothing of it', async () => {
    const telling = `import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) {
        if (/^node:cluster$|.process.workers./.test(url)) process.stderr.write('loaded ' + url + '\\n');
        return next(url, context);
      } });`;
    const env = { DATA_DIR: folder, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(telling)}` };
    for (const [workers, loaded] of [
      ['1', false],
      ['2', true],
    ] as const) {
      const server = await startServer(env, ['serve', '--no-demo', '--workers', workers]);
      server.child.kill('SIGTERM');
      expect(await server.exit).toBe(0);
      expect(server.stderr().includes('loaded ')).toBe(loaded);
    }
  });

  test('WORKERS=many is one line, exit 1', async () => {
    const { code, stderr } = await runCommand(['serve'], { DATA_DIR: folder, WORKERS: 'many' });
    expect([code, stderr]).toEqual([1, "switchyard: WORKERS: expected a whole number from 1 to 256, got 'many'\n"]);
  });

  test('a port that is in use ends all of them, in one line', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, stdout, stderr } = await runCommand(['serve', '--no-demo', '--workers', '3'], {
      DATA_DIR: folder,
      PORT: String(port),
    });
    other.close();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^switchyard: PORT: ${port} is in use.*\\n$`));
  });
});
