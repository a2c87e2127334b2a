import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { following } from '../../src/process/webhooks/following.ts';
import { required } from '../required.ts';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

test('a stream that breaks off, or is refused for a while, is gone on with behind its last event, until it is refused for good', async () => {
  const from: (string | undefined)[] = [];
  const stream = (res: ServerResponse, text: string) =>
    res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(text);
  const answers = [
    (res: ServerResponse) => {
      stream(res, ':\n\nid: a\ndata: 1\n\nid: b\ndata: 2\n\nretry: 1\n\nid: torn\ndata: n');
      setTimeout(() => res.destroy(), 20);
    },
    (res: ServerResponse) => res.writeHead(503, { 'Retry-After': '0' }).end(),
    (res: ServerResponse) => {
      stream(res, 'id: c\ndata: 3\n\nretry: 1\n\n');
      res.end();
    },
    (res: ServerResponse) => {
      stream(res, 'retry: 1\n\nevent: error\ndata: {"error":"AUTHENTICATION_FAILED"}\n\n');
      res.end();
    },
    (res: ServerResponse) => res.writeHead(401).end('{"message":"Authentication required"}'),
  ];
  server = createServer(({ headers }, res) => {
    from.push(headers['last-event-id'] as string | undefined);
    required(answers[from.length - 1])(res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const told: string[] = [];
  const follow = async () => {
    const { signal } = new AbortController();
    for await (const data of following({ url, token: 't', after: 'zero', signal })) told.push(data);
  };
  await expect(follow()).rejects.toThrow('answered 401: Authentication required');
  expect(told).toEqual(['1', '2', '3']);
  expect(from).toEqual(['zero', 'b', 'b', 'c', 'c']);
});
