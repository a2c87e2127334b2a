import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from '../harness.ts';
import { type Running, runCommand, startServer } from './process.ts';

/** Far more than any machine needs: an exit that waits for it is the fault that is looked for. */
const SHUTDOWN_SECONDS = 50;

interface Line {
  socket: Socket;
  /** The status of every answer so far, in order. */
  statuses(): number[];
  text(): string;
  ended: Promise<void>;
}

/** A connection of which every byte is ours; resolves when all of `bytes` has been handed to the system. */
async function open(port: number, bytes: string): Promise<Line> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  await once(socket, 'connect');
  if (bytes) await new Promise((resolve) => socket.write(bytes, resolve));
  const text = () => Buffer.concat(chunks).toString('latin1');
  const statuses = () => [...text().matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
  return { socket, statuses, text, ended };
}

describe('SIGTERM', () => {
  let folder: string;
  let server: Running;
  let port: number;
  let org: { org_id: string; token: string };
  const start = async (env: Record<string, string> = {}) => {
    server = await startServer({ DATA_DIR: folder, SHUTDOWN_SECONDS: String(SHUTDOWN_SECONDS), ...env });
    port = Number(new URL(server.url).port);
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-shutdown-'));
    org = JSON.parse((await runCommand(['org', 'create', 'Acme'], { DATA_DIR: folder })).stdout);
    await start();
  });
  afterEach(async () => {
    server.child.kill('SIGKILL');
    await server.exit;
    rmSync(folder, { recursive: true, force: true });
  });

  const head = (method: string, path: string, length = 0) =>
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${org.token}\r\n${length ? `Content-Type: application/json\r\nContent-Length: ${length}\r\n` : ''}\r\n`;
  const get = (path: string) => head('GET', path);
  /** A role of this name; blanks make it as long as wanted. */
  const post = (name: string, bytes = 0) => {
    const body = `{"name": "${name}", "permissions": []${' '.repeat(bytes)}}`;
    return head('POST', `/v1/orgs/${org.org_id}/roles`, body.length) + body;
  };
  const times = <T>(count: number, make: (at: number) => T) => Array.from({ length: count }, (_, at) => make(at));

  /** Exit 0, long before a shutdown gives up. */
  const exits = async () => {
    const late = sleep(SHUTDOWN_SECONDS * 500, 'late', { ref: false });
    expect(await Promise.race([server.exit, late])).toBe(0);
  };

  const noMoreConnections = async () => {
    for (;;) {
      const socket = connect(port, '127.0.0.1');
      const isRefused = await once(socket, 'connect').then(
        () => false,
        () => true,
      );
      socket.destroy();
      if (isRefused) return;
      await sleep(5);
    }
  };

  /** What holds no answer, and so must hold no exit; and newcomers that have sent everything. */
  const beside = async () => {
    await open(port, '');
    await open(port, 'GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Half: ');
    const early = await open(port, `POST /v1/nothing-there HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"half`);
    while (early.statuses().length === 0) await sleep(5);
    const idle = await open(port, get('/v1/me'));
    while (idle.statuses().length === 0) await sleep(5);
    return times(20, () => open(port, get('/v1/me')));
  };

  const cases: [string, () => string[], number][] = [
    ['nothing', () => [], 0],
    ['100 connections with a GET each', () => times(100, () => get('/v1/me')), 1],
    ['4 connections with 10 POSTs each', () => times(4, (c) => times(10, (at) => post(`${c}.${at}`)).join('')), 10],
    [
      '4 connections with 10 POSTs of 90 kB each',
      () => times(4, (c) => times(10, (at) => post(`${c}.${at}`, 90_000)).join('')),
      10,
    ],
    ['2 connections with 12 GETs of 1 MB together', () => times(2, () => get('/v1/openapi.json').repeat(12)), 12],
    [
      '8 connections with slow and quick requests in turns',
      () => times(8, (c) => times(6, (at) => post(`${c}.${at}`) + get('/health/live')).join('')),
      12,
    ],
  ];
  test.each(cases)('answers %s, beside connections that hold nothing', async (_, bytes, answersEach) => {
    const newcomers = await Promise.all(await beside());
    const lines = await Promise.all(bytes().map((text) => open(port, text)));
    server.child.kill('SIGTERM');
    await exits();
    await Promise.all([...lines, ...newcomers].map((line) => line.ended));
    for (const line of newcomers) expect(line.statuses()).toEqual([200]);
    for (const line of lines) {
      expect(line.statuses().filter((status) => status < 300)).toHaveLength(answersEach);
      // Only the last answer of a connection may end it.
      expect(line.text().split(/^Connection: close/m).length).toBeLessThanOrEqual(2);
    }
  });

  test('answers those who read slowly', async () => {
    const lines = await Promise.all(times(3, () => open(port, get('/v1/openapi.json').repeat(12))));
    for (const { socket } of lines) socket.pause();
    server.child.kill('SIGTERM');
    await sleep(500);
    for (const { socket } of lines) socket.resume();
    await exits();
    await Promise.all(lines.map((line) => line.ended));
    for (const line of lines) expect(line.statuses()).toEqual(times(12, () => 200));
  });

  test('a worker that waits for work is answered at once', async () => {
    const worker = createClient(server.url, org.token);
    const waiting = worker.rest('POST', `/v1/orgs/${org.org_id}/work-items/claim`, { wait_seconds: 20 });
    await sleep(1_000);
    const stopped = performance.now();
    server.child.kill('SIGTERM');
    const { status, body } = await waiting;
    expect([status, body]).toEqual([200, { items: [] }]);
    expect(await server.exit).toBe(0);
    // The wait alone would take 19 s more.
    expect(performance.now() - stopped).toBeLessThan(15_000);
  });

  test('ends streams, which say when to come back, and waits for none', async () => {
    const stream = head('GET', `/v1/orgs/${org.org_id}/events`).replace(
      '\r\n\r\n',
      '\r\nAccept: text/event-stream\r\n\r\n',
    );
    const lines = await Promise.all(times(20, () => open(port, stream)));
    for (const { text } of lines) while (!text().includes('\r\n:\n\n')) await sleep(20);
    server.child.kill('SIGTERM');
    await exits();
    await Promise.all(lines.map((line) => line.ended));
    for (const { text } of lines) expect(text()).toMatch(/\nretry: [12]\d{3}\n\n\r\n0\r\n\r\n$/);
  });

  test('answers what is sent behind an upload before that is answered, however many reads it takes', async () => {
    const long = get('/health/live').replace('\r\n\r\n', `\r\nX-Long: ${'x'.repeat(8_000)}\r\n\r\n`);
    const upload = post('half', 10_000);
    const line = await open(port, upload.slice(0, 5_000));
    server.child.kill('SIGTERM');
    await noMoreConnections();
    // While the process stands still, all of it comes to lie in its socket.
    server.child.kill('SIGSTOP');
    await new Promise((sent) => line.socket.write(upload.slice(5_000) + long.repeat(16), sent));
    server.child.kill('SIGCONT');
    await exits();
    await line.ended;
    expect(line.statuses()).toEqual([201, ...times(16, () => 200)]);
  });

  test.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGHUP'],
    ['SIGHUP', 'SIGINT'],
  ] as const)('or %s: answers an upload that ends after it, and a second one, %s', async (first, second) => {
    const whole = post('half', 10_000);
    const line = await open(port, whole.slice(0, 5_000));
    await Promise.all(await beside());
    server.child.kill(first);
    await sleep(50);
    server.child.kill(second);
    await noMoreConnections();
    line.socket.write(whole.slice(5_000));
    await exits();
    await line.ended;
    expect(line.statuses()).toEqual([201]);
    expect(line.text()).toMatch(/^Connection: close/m);
  });

  test('ends clients that go on calling, without losing an answer', async () => {
    const agent = new Agent({ keepAlive: true });
    let lost = 0;
    let isRunning = true;
    const call = () =>
      new Promise<void>((resolve) => {
        let wasReused = false;
        const sent = request(
          `${server.url}/v1/me`,
          { agent, headers: { Authorization: `Bearer ${org.token}` } },
          (res) => {
            res.resume().on('end', resolve);
          },
        );
        sent.on('socket', () => {
          wasReused = sent.reusedSocket;
        });
        sent.on('error', (error: NodeJS.ErrnoException) => {
          isRunning = false;
          // A kept connection may be closed in the moment in which it is used again; every client tries that again.
          if (error.code !== 'ECONNREFUSED' && !wasReused) lost += 1;
          resolve();
        });
        sent.end();
      });
    const clients = times(8, async () => {
      while (isRunning) await call();
    });
    await sleep(300);
    server.child.kill('SIGTERM');
    await exits();
    await Promise.all(clients);
    agent.destroy();
    expect(lost).toBe(0);
  });

  test('is not ready, but serves, as long as SHUTDOWN_DELAY_SECONDS says', async () => {
    server.child.kill('SIGKILL');
    await server.exit;
    await start({ SHUTDOWN_DELAY_SECONDS: '2' });
    const began = performance.now();
    server.child.kill('SIGTERM');
    const ready = async () => (await fetch(`${server.url}/health/ready`)).status;
    while ((await ready()) !== 503) await sleep(5);
    const line = await open(port, get('/v1/me'));
    while (line.statuses().length === 0) await sleep(5);
    expect(line.statuses()).toEqual([200]);
    expect(line.text()).not.toMatch(/^Connection: close/m);
    await exits();
    expect(performance.now() - began).toBeGreaterThan(1_900);
  });

  test('does not wait for background work that hangs', async () => {
    server.child.kill('SIGKILL');
    await server.exit;
    const script = `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { mkdir } = fs.promises;
      fs.promises.mkdir = (path, options) => {
        if (!path.includes('/buckets/')) return mkdir(path, options);
        process.stderr.write('a bucket hangs');
        return new Promise(() => setInterval(() => {}, 1000));
      };
      syncBuiltinESMExports();`;
    await start({ NODE_OPTIONS: preloaded(script) });
    const client = createClient(server.url, org.token);
    await client.rest('POST', `/v1/orgs/${org.org_id}/workspaces`, { organization_id: org.org_id, name: 'Held' });
    while (!server.stderr().includes('a bucket hangs')) await sleep(5);
    server.child.kill('SIGTERM');
    await exits();
  });
});

/** Code that runs in the server before its own. */
const preloaded = (script: string) => `--import=data:text/javascript,${encodeURIComponent(script)}`;

test('a signal at any moment of the start ends it with 0', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-early-'));
  for (const afterMs of [0, 50, 200, 400, 800]) {
    const script = `process.on('newListener', (name) => name === 'SIGTERM' && setTimeout(() => process.kill(process.pid, name), ${afterMs}))`;
    const env = { DATA_DIR: join(folder, String(afterMs)), NODE_OPTIONS: preloaded(script) };
    const ended = await startServer(env, ['serve']).then(
      async (running) => `the server ended with ${await running.exit}: `,
      (error: Error) => error.message,
    );
    expect(ended).toBe('the server ended with 0: ');
  }
  rmSync(folder, { recursive: true, force: true });
});
