import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessLines } from '../../src/process/observe/access-line.ts';
import { type Visit, visitOf } from '../../src/process/observe/visit.ts';
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

test('whatever is asked for, a line is one line, and says what it was', () => {
  const written: string[] = [];
  const write = accessLines(pino({ base: { shard: 'a "b"' } }, { write: (line) => void written.push(line) }));
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  fc.assert(
    fc.property(text, text, fc.boolean(), fc.double({ min: 0, max: 1e6, noNaN: true }), (path, orgId, isOurs, ms) => {
      const visit: Visit = {
        ...visitOf({ headers: {}, method: 'GET' } as never, path, 'req_1'),
        operationName: 'get_me',
      };
      if (isOurs) visit.principal = { orgId, actorId: 'mem_"1' } as Visit['principal'];
      write(visit, 200, ms);
      expect(written).toHaveLength(1);
      const line = required(written.pop());
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(JSON.parse(line)).toEqual({
        level: 30,
        time: expect.any(Number),
        shard: 'a "b"',
        requestId: 'req_1',
        traceId: null,
        method: 'GET',
        route: visit.route.toWellFormed() === visit.route ? visit.route : expect.any(String),
        status: 200,
        ms: Math.round(ms * 1000) / 1000,
        org: isOurs ? orgId : null,
        actor: isOurs ? 'mem_"1' : null,
        operation: 'get_me',
        msg: 'answered',
      });
    }),
  );
});
