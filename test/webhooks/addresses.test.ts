import type { lookup } from 'node:dns';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { guarded } from '../../src/http/outside.ts';
import { post } from '../../src/http/post.ts';
import { type Receiver, startReceiver } from './receiver.ts';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const posting = (change: Partial<Parameters<typeof post>[0]>) =>
  post({
    url: receiver.url,
    headers: { 'webhook-id': 'x' },
    body: '{}',
    allowPrivate: true,
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    ...change,
  });
/** A name that resolves so, whatever asks. */
const resolves = (...addresses: string[]) =>
  ((_name: string, _options: object, callback: (error: null, all: object[]) => void) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )) as unknown as typeof lookup;
const resolved = (allowPrivate: boolean, ...addresses: string[]) =>
  new Promise((answer) =>
    guarded(allowPrivate, resolves(...addresses))('hooks.example', { all: true }, (error, all) =>
      answer(error ? error.message : all),
    ),
  );

test('a name is judged by what it resolves to, and only what is outside is called', async () => {
  const inside = [
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '::ffff:7f00:1',
    'fe80::1%eth0',
    'fd00::1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
  ];
  for (const address of inside) expect(await resolved(false, address), address).toBe('the address points inside');
  expect(await resolved(false, '10.0.0.1', '8.8.8.8', '::1')).toEqual([{ address: '8.8.8.8', family: 4 }]);
  expect(await resolved(true, '10.0.0.1')).toEqual([{ address: '10.0.0.1', family: 4 }]);
});

test('an address inside is not called, by number and by name', async () => {
  const { port } = new URL(receiver.url);
  for (const host of ['127.0.0.1', 'localhost', '2130706433', '[::ffff:127.0.0.1]', '0.0.0.0'])
    expect(await posting({ url: `http://${host}:${port}/`, allowPrivate: false }), host).toEqual({
      statusCode: null,
      error: 'the address points inside',
    });
  expect(receiver.received).toEqual([]);
});

test('whoever does not answer in time, or at all, has failed', async () => {
  receiver.behave = () => 'hang';
  expect(await posting({ timeoutMs: 100 })).toEqual({ statusCode: null, error: 'no answer within 0.1 s' });
  await receiver.close();
  expect(await posting({})).toEqual({ statusCode: null, error: 'it cannot be reached (ECONNREFUSED)' });
  receiver = await startReceiver();
});

test('what is called off is no failure', async () => {
  receiver.behave = () => 'hang';
  const calledOff = new AbortController();
  const calling = posting({ signal: calledOff.signal });
  calledOff.abort(new Error('called off'));
  await expect(calling).rejects.toThrow('called off');
});

test('however an answer begins, goes on and ends, it is one or a failure', async () => {
  const heads = [
    '',
    'no HTTP',
    'HTTP/1.1 ',
    ...[
      '100 Continue',
      '101 Switching Protocols',
      '102 Processing',
      '103 Early Hints',
      '199 Odd',
      '204 No Content',
    ].flatMap((line) => [
      `HTTP/1.1 ${line}`,
      `HTTP/1.1 ${line}\r\n\r\n`,
      `HTTP/1.1 ${line}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      `HTTP/1.1 ${line}\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\nhello`,
    ]),
  ];
  let head = '';
  let ends = true;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => (ends ? socket.end(head) : socket.write(head)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (ends of [true, false])
    for (head of heads) {
      // Only the last line of a head makes an answer of it; what is below 200 announces one, but for 101.
      const whole = /^HTTP\/1\.1 (101|20\d) .*\r\n\r\n/s.exec(head);
      const { statusCode, error } = await posting({ url, timeoutMs: ends || whole ? 60_000 : 200 });
      expect([head, statusCode, error === null], `${ends}`).toEqual([
        head,
        whole ? Number(whole[1]) : null,
        whole !== null,
      ]);
    }
  server.close();
});
