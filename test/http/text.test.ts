import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { send } from '../../src/http/reply.ts';

let server: Server;
let body = '';

beforeAll(async () => {
  server = createServer((req, res) => send(req, res, { status: 200, headers: {}, body }, [], () => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => void server.close());

/** Of any script, and now and then far longer than what Node writes in one go. */
const text = fc
  .tuple(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('é', 'ÿ', '\u0080', '\ud800')), fc.nat(3))
  .map(([one, power]) => one.repeat(20 ** power).slice(0, 100_000));

test.each(['GET', 'POST'])('whatever a reply to %s says arrives as its UTF-8', async (method) => {
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await fc.assert(
    fc.asyncProperty(text, async (one) => {
      body = one;
      const answer = await fetch(address, { method, ...(method === 'POST' ? { body: 'x'.repeat(100_000) } : {}) });
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect(bytes.equals(Buffer.from(one))).toBe(true);
      expect(answer.headers.get('content-length')).toBe(String(bytes.length));
    }),
  );
});
