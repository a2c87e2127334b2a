import { METHODS } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Harness, startHarness } from '../harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

/** What a connection is answered that stays open for more. */
async function answerTo(bytes: string): Promise<string> {
  const socket = connect({ port: Number(new URL(harness.url).port), host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  socket.write(bytes);
  const answer = await text(socket);
  socket.destroy();
  return answer;
}

test.each([
  ['POST /v1/me', 405],
  ['POST /v1/nope', 404],
  ['POST /v1/orgs', 405],
])('what is refused before its body is heard, though the body is none: %s', async (line, status) => {
  for (const [coding, body] of [
    ['gzip', ''],
    ['chunked', 'zz\r\n'],
    ['chunked', '5\r\nhello'],
  ]) {
    const answer = await answerTo(
      `${line} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ${coding}\r\n\r\n${body}${body === '' ? '' : 'zz\r\n'}`,
    );
    expect([coding, body, answer.match(/HTTP\/1\.1 \d+/g)]).toEqual([coding, body, [`HTTP/1.1 ${status}`]]);
    expect(answer).toMatch(/"status_code":\d+\}$/);
  }
});

test.each(METHODS.map((method) => ({ method })))('$method is answered, and leaves a line', async ({ method }) => {
  const seen = harness.logs.length;
  for (const before of ['', 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n']) {
    const length = before ? '' : 'Content-Length: 2\r\n';
    const answer = await answerTo(
      `${before}${method} /health/nope HTTP/1.1\r\nHost: x\r\n${length}Connection: close\r\n\r\n${length && '{}'}`,
    );
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
    expect(statuses).toEqual(before ? [200, 404] : [404]);
    expect(answer).toContain('\r\nConnection: close\r\n');
    const id = answer.match(/req_\w+/g)?.at(-1);
    expect(harness.logs.slice(seen).map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ requestId: id, method, status: 404 }),
    );
  }
});

test('CONNECT is no method of anything that is here', async () => {
  const answers = ['/v1/me', '/health/live', '/graphql'].map((path) =>
    answerTo(`CONNECT ${path} HTTP/1.1\r\nHost: x\r\n\r\n`),
  );
  for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1\.1 405 .*\r\nAllow: GET/s);
  expect(await answerTo('CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n')).toMatch(
    /^HTTP\/1\.1 404 /,
  );
});
