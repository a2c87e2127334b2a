import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { createStreams, type Outlet, type Streams } from '../../src/http/streams.ts';
import { PATIENCE_MS } from '../harness.ts';
import { required } from '../required.ts';

const MEBIBYTE = 1_048_576;
let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** A server all of whose answers are streams; answers how one connects, and what the server has of it. */
async function serve(streams: Streams) {
  const outlets: Outlet[] = [];
  let stopped = 0;
  server = createServer((_, res) => {
    const claim = streams.claim('token');
    res.writeHead(claim ? 200 : 429);
    if (!claim) return void res.end();
    claim.start(res, (outlet) => {
      outlets.push(outlet);
      return () => {
        stopped += 1;
      };
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    outlets,
    stopped: () => stopped,
    async connect(): Promise<IncomingMessage> {
      const request = get({ port, agent: false });
      request.on('error', () => {});
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.on('error', () => {});
      return response;
    },
  };
}

function textOf(response: IncomingMessage): { text: string; hasEnded: boolean } {
  const told = { text: '', hasEnded: false };
  response.setEncoding('utf8').on('data', (piece) => {
    told.text += piece;
  });
  response.on('close', () => {
    told.hasEnded = true;
  });
  return told;
}

const until = (holds: () => void) => vi.waitFor(holds, { timeout: PATIENCE_MS });

test('a token, and a process, has so many streams at once; one that is left makes room for another', async () => {
  const counted: number[] = [];
  const streams = createStreams((change) => void counted.push(change), { perToken: 2, perProcess: 3 });
  const { connect, stopped } = await serve(streams);
  const [first, second] = [await connect(), await connect()];
  expect((await connect()).statusCode).toBe(429);
  const other = streams.claim('other');
  expect(other).not.toBeNull();
  expect(streams.claim('third')).toBeNull();
  required(other).release();
  expect(streams.claim('third')).not.toBeNull();
  first.destroy();
  await until(() => expect(stopped()).toBe(1));
  expect((await connect()).statusCode).toBe(200);
  expect(counted).toEqual([1, 1, -1, 1]);
  second.destroy();
});

test('a comment comes at once and again and again, and the end says when to come back', async () => {
  const streams = createStreams(undefined, { heartbeatMs: 20 });
  const { connect, outlets, stopped } = await serve(streams);
  const told = textOf(await connect());
  await until(() => expect(told.text).toMatch(/^(:\n\n){3,}$/));
  streams.endAll(() => 1_234);
  await until(() => expect(told.hasEnded).toBe(true));
  expect(told.text).toMatch(/^(:\n\n)+retry: 1234\n\n$/);
  expect(stopped()).toBe(1);
  required(outlets[0]).write('too late');
});

test('a comment comes every ten seconds, and a process has a thousand streams', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const streams = createStreams();
    const { connect } = await serve(streams);
    const told = textOf(await connect());
    // Not by waiting as elsewhere: that moves such a clock on.
    const turn = () => new Promise((resolve) => setTimeout(resolve, 50));
    while (told.text === '') await turn();
    for (let token = 1; token < 1_000; token += 1) expect(streams.claim(`t${token}`)).not.toBeNull();
    expect(streams.claim('one more')).toBeNull();
    vi.advanceTimersByTime(9_999);
    await turn();
    expect(told.text).toBe(':\n\n');
    vi.advanceTimersByTime(1);
    while (told.text === ':\n\n') await turn();
    expect(told.text).toBe(':\n\n:\n\n');
  } finally {
    vi.useRealTimers();
  }
});

test('who takes nothing is cut before a mebibyte waits for it, while others go on', async () => {
  const { connect, outlets, stopped } = await serve(createStreams());
  const slow = await connect();
  slow.pause();
  const told = textOf(await connect());
  const piece = `data: ${'x'.repeat(65_536)}\n\n`;
  let sent = 0;
  while (stopped() === 0) {
    for (const outlet of outlets) outlet.write(piece);
    sent += piece.length;
    await until(() => expect(told.text.length).toBeGreaterThanOrEqual(sent));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(sent).toBeGreaterThan(MEBIBYTE);
  required(outlets[1]).write('data: more\n\n');
  await until(() => expect(told.text.endsWith('more\n\n')).toBe(true));
});

test('one that waits for nothing is given whatever comes, however large, and says when it has taken it', async () => {
  const { connect, outlets } = await serve(createStreams());
  const response = await connect();
  await until(() => expect(outlets).toHaveLength(1));
  const [outlet] = outlets;
  expect(required(outlet).drained()).toBeNull();
  response.pause();
  required(outlet).write('x'.repeat(8 * MEBIBYTE));
  let hasDrained = false;
  const drained = required(required(outlet).drained()).then(() => {
    hasDrained = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(hasDrained).toBe(false);
  const told = textOf(response);
  response.resume();
  await drained;
  await until(() => expect(told.text).toHaveLength(8 * MEBIBYTE + 3));
});
