import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ObservedStore } from '../../src/process/observe/observed-store.ts';
import type { Collection, Doc, MaybePromise, Page, PageQuery, Store } from '../../src/store/store.ts';
import { ERRORS } from '../../src/words/errors.ts';
import { until } from '../events/following.ts';
import { type Harness, openEngine, startHarness } from '../harness.ts';
import { required } from '../required.ts';

/** A store that lets nobody who asks for a page go on before it is opened. */
class Gated extends ObservedStore {
  readonly gate = Promise.withResolvers<void>();
  override page<D extends Doc>(from: Collection<D>, query: PageQuery): MaybePromise<Page<D>> {
    return this.gate.promise.then(() => super.page(from, query));
  }
  override until(): Store {
    return this;
  }
}

interface Got {
  status: number | undefined;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

function ask(url: string, method: string, headers: Record<string, string>, body: string | undefined): Promise<Got> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const req = request(url, { method, headers: { ...headers, ...length } }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk) => {
        text += chunk;
      });
      res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, text }));
    });
    req.on('error', reject);
    req.end(body);
  });
}

const { status, message } = ERRORS.SERVICE_UNAVAILABLE;
const details = { retry_after: 1 };
const JSON_TYPE = 'application/json; charset=utf-8';
const RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';

describe('while more wait for the store than may', () => {
  let harness: Harness;
  let store: Gated;
  let waiting: Socket;
  beforeAll(async () => {
    const opened = await openEngine('sqlite');
    store = new Gated(opened.store, () => {});
    harness = await startHarness('sqlite', {
      METRICS: true,
      CORS_ORIGINS: 'https://a.example',
      opened,
      deps: { store },
    });
    const { base, token } = await harness.org();
    const one = `GET ${base}/workspaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    waiting = connect(Number(new URL(harness.url).port), '127.0.0.1', () => waiting.write(one.repeat(1_100)));
    await until(async () => expect((await ask(`${harness.url}/v1/orgs/x`, 'GET', {}, undefined)).status).toBe(status));
  });
  afterAll(async () => {
    waiting.destroy();
    store.gate.resolve();
    await harness.close();
  });

  const sent = fc.record({
    door: fc.constantFrom('/v1/orgs/x/workspaces?limit=2', '/v1/nowhere', '/graphql'),
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE'),
    accept: fc.constantFrom(
      '',
      'application/json',
      'application/graphql-response+json',
      'text/event-stream',
      'text/html',
    ),
    body: fc.option(fc.constantFrom('', '{"name":"a"}', 'x'.repeat(200_000)), { nil: undefined }),
    requestId: fc.option(fc.stringMatching(/^[a-z]{8}$/), { nil: undefined }),
    origin: fc.constantFrom('', 'https://a.example', 'https://b.example'),
  });

  test('each request is told so in the form of its door, with all that every reply has, and in its own line', async () => {
    await fc.assert(
      fc.asyncProperty(sent, async ({ door, method, accept, body, requestId, origin }) => {
        const headers = {
          ...(accept === '' ? {} : { Accept: accept }),
          ...(requestId === undefined ? {} : { 'X-Request-Id': requestId }),
          ...(origin === '' ? {} : { Origin: origin }),
        };
        const begun = Date.now();
        const got = await ask(harness.url + door, method, headers, method === 'POST' ? body : undefined);
        const isGraph = door === '/graphql';
        const isResponse = isGraph && accept === 'application/graphql-response+json';
        expect([got.status, got.headers['retry-after'], got.headers['content-type']]).toEqual([
          status,
          '1',
          isResponse ? RESPONSE_TYPE : JSON_TYPE,
        ]);
        expect(got.headers['access-control-allow-origin']).toBe(origin === 'https://a.example' ? origin : undefined);
        const id = required(got.headers['x-request-id']);
        if (requestId !== undefined) expect(id).toBe(requestId);
        if (method === 'HEAD') expect(got.text).toBe('');
        else expect(told(got.text, begun)).toEqual(isGraph ? inGraph : inRest);
        const route = door.replace(/\?.*/, '');
        const line = { requestId: id, method, route, status, org: null, actor: null, msg: 'answered' };
        await until(() =>
          expect(harness.logs.map((text) => JSON.parse(text))).toContainEqual(expect.objectContaining(line)),
        );
      }),
      { numRuns: 40 },
    );
  });

  const inGraph = { errors: [{ message, extensions: { code: 'SERVICE_UNAVAILABLE', details } }] };
  const inRest = { error: 'SERVICE_UNAVAILABLE', message, details, timestamp: true, status_code: status };

  /** With whether its timestamp is of the moment in which it was made. */
  function told(text: string, begun: number): unknown {
    const { timestamp, ...rest } = JSON.parse(text);
    if (timestamp === undefined) return rest;
    const at = Date.parse(`${timestamp}Z`);
    return { ...rest, timestamp: /\.\d{6}$/.test(timestamp) && at >= begun && at <= Date.now() };
  }

  test('what tells of it, and what is open to everybody, is answered', async () => {
    const paths = ['/health/live', '/metrics', '/v1/openapi.json'];
    const answers = await Promise.all(paths.map((path) => ask(harness.url + path, 'GET', {}, undefined)));
    expect(answers.map((one) => one.status)).toEqual([200, 200, 200]);
  });
});
