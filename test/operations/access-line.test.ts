import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessLines } from '../../src/process/observe/access-line.ts';
import { type Visit, visitOf } from '../../src/process/observe/visit.ts';
import { gathered } from '../../src/process/setup/lines.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';

describeEngines('access lines', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
  });
  afterAll(() => harness.close());

  /** The lines about the requests that `send` makes under this id. */
  const linesOf = async (send: (headers: Record<string, string>) => Promise<unknown>) => {
    const requestId = crypto.randomUUID();
    await send({ 'X-Request-Id': requestId });
    return harness.logs
      .map((line) => JSON.parse(line))
      .filter((line) => line.requestId === requestId && line.msg === 'answered');
  };

  test('one per request: who asked for what, how it ended, how long it took, in which trace', async () => {
    const lines = await linesOf((headers) =>
      tenant.rest('GET', `${tenant.base}/workspaces?organization_id=${tenant.orgId}&limit=5`, undefined, {
        ...headers,
        traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
      }),
    );
    expect(lines).toEqual([
      {
        level: 30,
        time: expect.any(Number),
        pid: expect.any(Number),
        hostname: expect.any(String),
        msg: 'answered',
        requestId: expect.any(String),
        traceId: TRACE,
        method: 'GET',
        route: '/v1/orgs/{org_id}/workspaces',
        status: 200,
        ms: expect.any(Number),
        org: tenant.orgId,
        actor: tenant.memberId,
        operation: 'list_workspaces',
      },
    ]);
    expect(lines[0].ms).toBeGreaterThan(0);
  });

  test('an operation of the graph by the name that the caller gave it', async () => {
    const [line] = await linesOf((headers) => tenant.graphql('query Mine { viewer { orgId } }', {}, headers));
    expect(line).toMatchObject({ route: '/graphql', method: 'POST', operation: 'Mine', actor: tenant.memberId });
  });

  test.each([
    ['/v1/me?token=s3cret', 401],
    ['/graphql?query=s3cret', 401],
    ['/nowhere?s3cret', 404],
    ['/health/live?s3cret', 200],
  ])(
    'of %s, asked without a token, there is one too, without what stands behind the question mark',
    async (path, status) => {
      const lines = await linesOf((headers) =>
        harness.client('').rest('GET', path, undefined, { Accept: 'application/json', ...headers }),
      );
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({ route: path.split('?')[0], status, org: null, actor: null });
      expect(JSON.stringify(lines)).not.toContain('s3cret');
    },
  );

  test('of what is no address of ours, without what opens something', async () => {
    const jwt = ['{"alg":"RS256"}', '{"sub":"ada"}', 'signature'].map((part) =>
      Buffer.from(part).toString('base64url'),
    );
    const secrets = [
      tenant.token,
      tenant.token.slice(0, -1),
      `whsec_${Buffer.from('secret of a webhook').toString('base64')}`,
      encodeURIComponent('whsec_c2Vj/cmV0+Lg=='),
      jwt.join('.'),
      `${jwt.slice(0, 2).join('.')}.`,
    ];
    const around = [
      (secret: string) => `/${secret}`,
      (secret: string) => `/v1/me/${secret}/`,
      (secret: string) => `/a;b=${secret},c`,
    ];
    for (const secret of secrets)
      for (const path of around) {
        const [line] = await linesOf((headers) => harness.client('').rest('GET', path(secret), undefined, headers));
        const hidden = required(secret.split(/[_.]/).findLast((part) => part.length > 8));
        expect([secret, line.status, line.route]).toEqual([secret, 404, expect.not.stringContaining(hidden)]);
      }
  });

  test.each([
    ['a method that there is not', 'FOO / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['no HTTP', 'EHLO s3cret\r\n', 400],
    ['what names no host', 'GET /v1/me?s3cret HTTP/1.1\r\n\r\n', 400],
    ['what names two hosts', 'GET /v1/me?s3cret HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n', 400],
    ['a head that is too large', `GET /?s3cret HTTP/1.1\r\nX: ${'x'.repeat(70_000)}`, 431],
  ])('of %s there is one, too, which says how it was answered', async (_, bytes, status) => {
    const before = harness.logs.length;
    const socket = connect(Number(new URL(harness.url).port), '127.0.0.1').on('error', () => {});
    socket.end(bytes);
    const answer = await text(socket);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    const lines = harness.logs.slice(before).map((line) => JSON.parse(line));
    const nothing = { traceId: null, method: null, route: null, operation: null, org: null, actor: null };
    expect(lines.filter(({ msg }) => msg === 'answered')).toMatchObject([{ ...nothing, status }]);
    expect(lines[0].requestId).toMatch(/^req_/);
    expect(answer).toContain(`\r\nX-Request-Id: ${lines[0].requestId}\r\n`);
    expect(JSON.stringify(lines)).not.toContain('s3cret');
  });

  test.each([
    ['00-00000000000000000000000000000000-b7ad6b7169203331-01', null],
    [`00-${TRACE}-0000000000000000-01`, null],
    [`ff-${TRACE}-b7ad6b7169203331-01`, null],
    [`00-${TRACE}-b7ad6b7169203331-01-more`, null],
    [`01-${TRACE}-b7ad6b7169203331-01-more`, TRACE],
    [`00-${TRACE.toUpperCase()}-b7ad6b7169203331-01`, null],
    ['s3cret', null],
  ])('a traceparent of %s names the trace %s', async (traceparent, traceId) => {
    const [line] = await linesOf((headers) => tenant.rest('GET', '/v1/me', undefined, { ...headers, traceparent }));
    expect(line.traceId).toBe(traceId);
  });
});

/** A request as far as its line is made of it. */
const words = fc.string({ unit: 'binary', maxLength: 40 });
const asked = fc.record({
  path: fc.oneof(words, fc.constant('/graphql')),
  method: fc.constantFrom('GET', 'POST'),
  operationName: fc.constantFrom('get_me', 'Mine', 'x'.repeat(150), null),
  traceparent: fc.constantFrom(undefined, `00-${TRACE}-b7ad6b7169203331-01`),
  principal: fc.option(fc.record({ orgId: words, actorId: fc.constantFrom('mem_"1', 'mem_2') })),
  status: fc.constantFrom(200, 404),
  ms: fc.double({ min: 0, max: 1e6, noNaN: true }),
});
const PAGE_BYTES = 2_048;

test.each(['together', 'one by one'])(
  'whatever is asked for, a line is one line, and says what it was, where they are written %s',
  (how) => {
    const written: string[] = [];
    const note = (lines: Uint8Array | string) => void written.push(Buffer.from(lines).toString());
    const lines = gathered({ write: note }, PAGE_BYTES, () => {});
    const place = how === 'together' ? lines : { write: note };
    const write = accessLines(pino({ base: { shard: 'a "b"' } }, place));
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 100 }), (all) => {
        const expected = all.map(({ path, method, operationName, traceparent, principal, status, ms }) => {
          const headers = { traceparent };
          const visit: Visit = { ...visitOf({ headers, method } as never, path, 'req_1'), operationName };
          visit.principal = principal as Visit['principal'];
          write(visit, status, ms);
          return {
            level: 30,
            time: expect.any(Number),
            shard: 'a "b"',
            requestId: 'req_1',
            traceId: traceparent ? TRACE : null,
            method,
            route: visit.route.toWellFormed() === visit.route ? visit.route : expect.any(String),
            operation: operationName,
            status,
            ms: Math.round(ms * 1000) / 1000,
            org: principal?.orgId ?? null,
            actor: principal?.actorId ?? null,
            msg: 'answered',
          };
        });
        lines.flush();
        const told = written.splice(0).join('').split('\n');
        expect(told.pop()).toBe('');
        expect(told.map((line) => JSON.parse(line))).toEqual(expected);
      }),
    );
  },
);

test('a line tells when its request was answered, though it is written later', async () => {
  const written: string[] = [];
  const lines = gathered({ write: (some) => void written.push(Buffer.from(some).toString()) }, PAGE_BYTES, () => {});
  const write = accessLines(pino({}, lines));
  const times: [from: number, to: number][] = [];
  for (let at = 0; at < 5; at += 1) {
    const from = Date.now();
    const visit = visitOf({ headers: {}, method: 'GET' } as never, '/graphql', 'req_1');
    await sleep(5);
    write(visit, 200, performance.now() - visit.begunMs);
    times.push([from, Date.now()]);
  }
  lines.flush();
  const told = written
    .join('')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).time);
  for (const [at, [from, to]] of times.entries()) {
    // Both clocks count, one of them whole milliseconds.
    expect(told[at]).toBeGreaterThanOrEqual(from + 3);
    expect(told[at]).toBeLessThanOrEqual(to + 1);
  }
});
