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
