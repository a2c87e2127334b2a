import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get, type IncomingHttpHeaders } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { describeEngines, freshMongoUri, PATIENCE_MS } from '../harness.ts';
import { type Running, runCommand, startServer } from './process.ts';

interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

function ask(url: string, headers: Record<string, string> = {}, agent?: Agent): Promise<Answered> {
  return new Promise((resolve, reject) => {
    get(url, { headers, ...(agent ? { agent } : { agent: false }) }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('error', reject);
      const text = () => Buffer.concat(chunks).toString();
      res.on('end', () => resolve({ status: res.statusCode!, headers: res.headers, text: text() }));
    })
      .on('error', reject)
      .on('timeout', () => reject(new Error('no answer')));
  });
}

/** The processes whose parent this one is. */
function childrenOf(pid: number): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, ppid, stat, ...args]) => Number(ppid) === pid && !stat!.startsWith('Z') && args.join(' ').includes('serve'),
    )
    .map(([child]) => Number(child));
}

const isAlive = (pid: number) =>
  execFileSync('ps', ['-eo', 'pid=,stat='], { encoding: 'utf8' })
    .split('\n')
    .some((line) => {
      const [alive, stat] = line.trim().split(/\s+/);
      return Number(alive) === pid && !stat!.startsWith('Z');
    });

const until = (holds: () => boolean | Promise<boolean>) => vi.waitUntil(holds, { timeout: PATIENCE_MS, interval: 20 });

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
    const children = server.child.exitCode === null ? childrenOf(server.child.pid!) : [];
    server.child.kill('SIGKILL');
    await server.exit;
    await until(() => !children.some(isAlive));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const start = async (more: Record<string, string> = {}) => {
    server = await startServer({ ...env, ...more }, ['serve', '--no-demo', '--workers', '2']);
  };
  const me = (agent?: Agent) => ask(`${server.url}/v1/me`, { Authorization: `Bearer ${org.token}` }, agent);
  /** Who was being handed over to a worker that died waits for ever: a client gives up, and asks again. */
  const isServed = () =>
    me(new Agent({ timeout: 1_000 })).then(
      ({ status }) => status === 200,
      () => false,
    );
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
  const times = <T>(count: number, make: (at: number) => T) => Array.from({ length: count }, (_, at) => make(at));
  /** What `/metrics` says of a name, all its labels' values together. */
  const figure = async (pattern: RegExp) => {
    const { text } = await ask(`${server.url}/metrics`);
    return text
      .split('\n')
      .filter((line) => pattern.test(line))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  const ANSWERED = /^switchyard_requests_total\{.*get_me.*200/;

  test('one address, told once when all serve; figures are the sum of all, of processes for each; lines are whole', async () => {
    await start({ LOG_LEVEL: 'info' });
    expect((await ask(`${server.url}/health/ready`)).status).toBe(200);
    expect(server.stdout().match(/listens on/g)).toHaveLength(1);
    expect(childrenOf(server.child.pid!)).toHaveLength(2);
    const answers = await Promise.all(times(200, () => me()));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(await figure(ANSWERED)).toBe(200);
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

  test('a worker that is killed is started again: others answer meanwhile, no figure falls', async () => {
    await start();
    await Promise.all(times(20, () => me()));
    expect(await figure(ANSWERED)).toBe(20);
    const before = childrenOf(server.child.pid!);
    process.kill(before[0]!, 'SIGKILL');
    await until(() => !isAlive(before[0]!));
    for (let answered = 0; answered < 20; ) if (await isServed()) answered += 1;
    await until(() => childrenOf(server.child.pid!).length === 2);
    expect(await figure(ANSWERED)).toBeGreaterThanOrEqual(40);
    expect(childrenOf(server.child.pid!)).toContain(before[1]!);
  });

  test('all of them killed at once come back on the same port', async () => {
    await start();
    const before = childrenOf(server.child.pid!);
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await until(async () => !before.some(isAlive) && (await isServed()));
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

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s: all that was sent before is answered, exit 0, nobody is left',
    async (signal) => {
      await start();
      const children = childrenOf(server.child.pid!);
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

  test('a parent that is killed leaves nobody', async () => {
    await start();
    const children = childrenOf(server.child.pid!);
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
