import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send } from '../../src/http/reply.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';

const MEGABYTE = Buffer.alloc(1_048_576, ' ');

/** Writes all of it, whatever is answered meanwhile, as a client does that reads only when it has sent. */
function sendAll(socket: Socket, chunks: Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    const next = (at: number) => {
      if (at === chunks.length) resolve();
      else if (socket.write(required(chunks[at]))) setImmediate(next, at + 1);
      else socket.once('drain', () => next(at + 1));
    };
    next(0);
  });
}

function chunked(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]);
}

describe('a body that is too large is answered with a 413, and the answer arrives', () => {
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
  });
  afterAll(() => harness.close());

  /** What a raw client reads: all that comes until the last of its requests is answered or the socket ends. */
  async function converse(head: string[], chunks: Buffer[], until: RegExp): Promise<string> {
    const socket = connect(Number(new URL(harness.url).port), '127.0.0.1');
    let text = '';
    const answered = new Promise<void>((resolve) => {
      socket.on('data', (bytes) => {
        text += bytes;
        if (until.test(text)) resolve();
      });
      socket.on('close', () => resolve());
      socket.on('error', () => {});
    });
    const lines = [...head, 'Host: x', `Authorization: Bearer ${tenant.token}`, 'Content-Type: application/json'];
    await sendAll(socket, [Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), ...chunks]);
    await answered;
    socket.destroy();
    return text;
  }

  const three = [MEGABYTE, MEGABYTE, MEGABYTE];
  const withLength = [`Content-Length: ${3 * MEGABYTE.length}`];
  const inChunks = ['Transfer-Encoding: chunked'];
  test('that announces its length is refused before any of it comes', async () => {
    const head = [`POST ${tenant.base}/workspaces HTTP/1.1`, ...withLength];
    expect(await converse(head, [], /"max_bytes"/)).toMatch(/^HTTP\/1\.1 413 /);
  });

  const doors = () => [
    'POST /graphql HTTP/1.1',
    `POST ${tenant.base}/workspaces HTTP/1.1`,
    `PUT ${tenant.base}/workspaces/ws_x HTTP/1.1`,
  ];

  test('with a length or in chunks, kept open or asked to close, forty times each', async () => {
    for (const door of doors())
      for (const [framing, chunks] of [
        [withLength, three],
        [inChunks, [...three.map(chunked), Buffer.from('0\r\n\r\n')]],
      ] as const)
        for (const close of [[], ['Connection: close']])
          for (let round = 0; round < 10; round += 1) {
            const text = await converse([door, ...framing, ...close], [...chunks], /"max_bytes":1048576/);
            expect(text.split('\r\n')[0]).toBe('HTTP/1.1 413 Payload Too Large');
            expect(text).toContain('"max_bytes":1048576');
          }
  });

  test('what is refused before its body is read is answered too, and the connection serves the next request', async () => {
    const next = Buffer.from(
      `GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tenant.token}\r\nConnection: close\r\n\r\n`,
    );
    for (const [head, status] of [
      ['PUT /graphql HTTP/1.1', 405],
      ['POST /nope HTTP/1.1', 404],
      ['POST /health/live HTTP/1.1', 405],
      ['POST /graphql HTTP/1.1', 413],
    ] as const) {
      const text = await converse([head, ...withLength], [...three, next], /"actor_id"/);
      expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(text).toContain('"actor_id"');
    }
  });
});

describe('who never stops sending', () => {
  test.each([
    ['after a 413', 413, 1],
    ['before any answer', 408, 0],
  ])('is closed at the deadline of a request, %s, with one answer', async (_, status, answered) => {
    const server = createHttpServer({
      meet() {},
      unread: () => 'req_1',
      handle: (req, res) => {
        if (answered) send(req, res, { status: 413, headers: {}, body: 'too large' }, [], () => {});
        else req.resume();
      },
    });
    server.requestTimeout = 200;
    server.headersTimeout = 200;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes;
    });
    socket.on('error', () => {});
    socket.write('POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    const drip = setInterval(() => socket.write('1\r\n \r\n'), 20);
    await new Promise((resolve) => socket.on('close', resolve));
    clearInterval(drip);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]);
    await new Promise((resolve) => server.close(resolve));
  });
});
