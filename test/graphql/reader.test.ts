import { request } from 'node:http';
import { fetchExchange, Client as Urql } from '@urql/core';
import fc from 'fast-check';
import { GraphQLClient } from 'graphql-request';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StoreUnavailable } from '../../src/store/store.ts';
import { ERRORS } from '../../src/words/errors.ts';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
const RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';
const STREAM_TYPE = 'text/event-stream; charset=utf-8';
const PLAIN_GET = {
  method: 'GET' as const,
  type: undefined,
  encoding: undefined,
  query: '{__typename}' as const,
  variables: '',
  extensions: '{}',
  asJson: false,
};
const CODES = [...Object.keys(ERRORS), 'GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED'];

interface Sent {
  method: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
}

interface Got {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** One request by Node's own client, which adds and hides nothing. */
function ask(url: string, { method, path = '/graphql', headers = {}, body }: Sent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const req = request(
      url + path,
      { method, headers: { ...headers, ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }) } },
      (res) => {
        let text = '';
        res.setEncoding('utf8');
        res.on('data', (chunk) => {
          text += chunk;
        });
        res.on('end', () => resolve({ status: required(res.statusCode), headers: res.headers, text }));
      },
    );
    req.on('error', reject);
    req.end(body);
  });
}

describe('one reader for every way into /graphql', () => {
  let harness: Harness;
  let tenant: Tenant;
  let fail: Error | null = null;
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
    const { store } = harness.deps;
    const { getMany } = store;
    store.getMany = ((...args: Parameters<typeof getMany>) => {
      if (fail) throw fail;
      return getMany.apply(store, args);
    }) as typeof getMany;
  });
  afterAll(() => harness.close());
  const send = (sent: Sent) =>
    ask(harness.url, { ...sent, headers: { Authorization: `Bearer ${tenant.token}`, ...sent.headers } });
  const get = (parameters: Record<string, string>, headers: Record<string, string> = {}) =>
    send({ method: 'GET', path: `/graphql?${new URLSearchParams(parameters)}`, headers });
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    send({ method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } });
  const ways = (body: { query: string; variables?: object; operationName?: string }, accept: string) => {
    const { query, variables, operationName } = body;
    const parameters = {
      query,
      ...(variables && { variables: JSON.stringify(variables) }),
      ...(operationName && { operationName }),
    };
    return Promise.all([post(body, { Accept: accept }), get(parameters, { Accept: accept })]);
  };

  /** Places in the document are left out: compiled operations do not tell all of them. */
  const answerOf = ({ text }: Got) => JSON.parse(text, (key, value) => (key === 'locations' ? undefined : value));

  const questions = {
    'what is right': { query: '{viewer{orgId}}' },
    'a syntax error': { query: '{viewer' },
    'an unknown field': { query: '{nope}' },
    'a wrong variable': { query: 'query($first:Int){workspaces(first:$first){totalCount}}', variables: { first: 'x' } },
    'a missing variable': { query: 'query($id:ID!){node(id:$id){id}}' },
    'null for a default that may not be null': {
      query: 'query($id:ID="x"){node(id:$id){id}}',
      variables: { id: null },
    },
    'no operation of that name': { query: 'query A{viewer{orgId}}', operationName: 'B' },
    'two operations and no name': { query: 'query A{viewer{orgId}} query B{viewer{orgId}}' },
    'a subscription': { query: 'subscription{x}' },
    'an own rule': { query: '{workspaces(first:0){totalCount}}' },
    'what is absent': { query: '{app(appId:"absent"){name}}' },
    'more depth than allowed': { query: `{viewer{${'organization{viewer{'.repeat(6)}orgId${'}}'.repeat(6)}}}` },
    'more tokens than allowed': { query: `{${'a{'.repeat(5_000)}a${'}'.repeat(5_000)}}` },
    'more aliases than allowed': {
      query: `{${Array.from({ length: 101 }, (_, at) => `a${at}:__typename`).join(' ')}}`,
    },
    'larger pages than allowed': { query: '{workspaces(first:200){nodes{apps(first:100){nodes{name}}}}}' },
  };
  describe.each(Object.entries(questions))('%s', (_, question) => {
    test.each([JSON_TYPE, RESPONSE_TYPE])('answers the same by GET and by POST as %s', async (accept) => {
      const [posted, gotten] = await ways(question, accept);
      expect([gotten.status, answerOf(gotten)]).toEqual([posted.status, answerOf(posted)]);
      expect(posted.headers['content-type']).toBe(accept);
      expect(gotten.headers['content-type']).toBe(accept);
      const { data, errors = [] } = JSON.parse(posted.text);
      for (const error of errors) expect(CODES).toContain(error.extensions.code);
      for (const error of errors) expect(error.extensions.code).not.toBe('INTERNAL_SERVER_ERROR');
      expect(posted.status).toBe(data === undefined && accept === RESPONSE_TYPE ? 400 : 200);
    });
  });

  test.each([
    ['variables', '{bad', 'is not JSON'],
    ['variables', '[]', 'must be an object'],
    ['variables', '"x"', 'must be an object'],
    ['extensions', '{bad', 'is not JSON'],
    ['extensions', '7', 'must be an object'],
  ])('%s of %s by GET are refused as malformed', async (name, value, message) => {
    for (const accept of [JSON_TYPE, RESPONSE_TYPE]) {
      const { status, text } = await get({ query: '{__typename}', [name]: value }, { Accept: accept });
      const { errors } = JSON.parse(text);
      expect([status, errors.length, errors[0].extensions]).toEqual([400, 1, { code: 'GRAPHQL_PARSE_FAILED' }]);
      expect(errors[0].message).toContain(message);
    }
  });

  test('what is given twice, batches, no query and empty values', async () => {
    const twice = await send({ method: 'GET', path: '/graphql?query={__typename}&query={__typename}' });
    const none = await send({ method: 'GET' });
    for (const bad of ['%ff', '%zz', '%c3', '%'])
      expect((await send({ method: 'GET', path: `/graphql?query={app(appId:"${bad}"){name}}` })).status).toBe(400);
    const batch = await post([{ query: '{__typename}' }]);
    for (const { status, text } of [twice, none, batch])
      expect([status, JSON.parse(text).errors[0].extensions.code]).toEqual([400, 'GRAPHQL_PARSE_FAILED']);
    const empty = await get({ query: '{__typename}', variables: '', extensions: '', operationName: '' });
    expect(JSON.parse(empty.text)).toEqual({ data: { __typename: 'Query' } });
  });

  test('a mutation by GET or HEAD is a 405 and changes nothing', async () => {
    const query = `mutation{createWorkspace(input:{organizationId:"${tenant.orgId}",name:"By GET"}){workspace{name}}}`;
    for (const method of ['GET', 'HEAD']) {
      const { status, headers } = await send({ method, path: `/graphql?${new URLSearchParams({ query })}` });
      expect([status, headers.allow]).toEqual([405, 'POST']);
    }
    expect((await tenant.graphql('{workspaces{totalCount}}')).body.data.workspaces.totalCount).toBe(0);
  });

  describe('Accept', () => {
    test.each([
      [undefined, JSON_TYPE],
      ['', JSON_TYPE],
      ['*/*', JSON_TYPE],
      ['application/*', JSON_TYPE],
      ['application/graphql-response+json', RESPONSE_TYPE],
      ['application/graphql-response+json, application/json;q=0.9', RESPONSE_TYPE],
      ['application/json;q=0.5, application/graphql-response+json', RESPONSE_TYPE],
      ['application/graphql-response+json;q=0.1, application/json;q=0.2', JSON_TYPE],
      ['application/json;q=0, */*', RESPONSE_TYPE],
      ['application/graphql-response+json;q=0, application/*', JSON_TYPE],
      ['text/html;q=0.4, application/graphql-response+json;q=0.5', RESPONSE_TYPE],
      [
        'application/graphql-response+json, application/graphql+json, application/json, text/event-stream',
        RESPONSE_TYPE,
      ],
    ])('%s is answered in %s, what is right and what is refused', async (accept, type) => {
      const headers: Record<string, string> = accept === undefined ? {} : { Accept: accept };
      for (const query of ['{__typename}', '{bad'])
        for (const { headers: got } of [await get({ query }, headers), await post({ query }, headers)])
          expect([got['content-type'], got.vary]).toEqual([type, expect.stringContaining('Accept')]);
      const refused = await ask(harness.url, { method: 'POST', body: '{', headers });
      expect([refused.status, refused.headers['content-type']]).toEqual([401, type]);
    });

    test.each(['text/plain', 'application/json;q=0', 'image/*, junk'])('%s alone is a 406', async (accept) => {
      for (const query of ['{__typename}', '{bad'])
        for (const { status, text } of [
          await get({ query }, { Accept: accept }),
          await post({ query }, { Accept: accept }),
        ])
          expect([status, JSON.parse(text).errors[0].extensions]).toEqual([
            406,
            {
              code: 'UNSUPPORTED_MEDIA_TYPE',
              details: { accepted: ['application/json', 'application/graphql-response+json', 'text/event-stream'] },
            },
          ]);
    });
  });

  describe('what is refused before the graph runs', () => {
    const cases: [string, number, string, object, Sent][] = [
      ['no token', 401, 'AUTHENTICATION_FAILED', {}, { method: 'POST', headers: { Authorization: '' }, body: '{' }],
      [
        'another method',
        405,
        'METHOD_NOT_ALLOWED',
        { allow: ['GET', 'HEAD', 'POST'] },
        { method: 'PUT', headers: { Authorization: '' } },
      ],
      [
        'a body that is too large',
        413,
        'PAYLOAD_TOO_LARGE',
        { max_bytes: 1_048_576 },
        { method: 'POST', body: ' '.repeat(1_048_577) },
      ],
      ...[
        { 'Content-Type': 'text/plain' },
        { 'Content-Type': 'application/x-www-form-urlencoded' },
        { 'Content-Type': 'multipart/form-data; boundary=x' },
        { 'Content-Type': 'application/json; charset=latin1' },
        { 'Content-Type': 'application/json', 'Content-Encoding': 'junk' },
        { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
        {},
      ].map((headers): [string, number, string, object, Sent] => [
        JSON.stringify(headers),
        415,
        'UNSUPPORTED_MEDIA_TYPE',
        { accepted: ['application/json'] },
        { method: 'POST', headers: headers as Record<string, string>, body: '{"query":"{__typename}"}' },
      ]),
    ];
    test.each(cases)('%s: %i %s', async (_, status, code, details, sent) => {
      for (const accept of [JSON_TYPE, RESPONSE_TYPE]) {
        const got = await send({ ...sent, headers: { ...sent.headers, Accept: accept, 'X-Request-Id': 'mine' } });
        expect([got.status, JSON.parse(got.text)]).toEqual([
          status,
          { errors: [{ message: expect.any(String), extensions: { code, details } }] },
        ]);
        expect(got.headers).toMatchObject({ 'content-type': accept, 'x-request-id': 'mine' });
        if (status === 401) expect(got.headers['www-authenticate']).toBe('Bearer');
        if (status === 405) expect(got.headers.allow).toBe('GET, HEAD, POST');
      }
    });

    test('rate limit and overload carry the same headers as in REST', async () => {
      const limited = await tenant.as({ role: 'Viewer', rate_limit_per_minute: 1 });
      const headers = { Authorization: `Bearer ${limited.token}` };
      await send({ method: 'GET', path: '/graphql?query={__typename}', headers });
      const got = await send({ method: 'GET', path: '/graphql?query={__typename}', headers });
      const { errors } = JSON.parse(got.text);
      expect([got.status, errors[0].extensions]).toEqual([
        429,
        { code: 'RATE_LIMIT_EXCEEDED', details: { retry_after: Number(got.headers['retry-after']) } },
      ]);
      expect(got.headers).toMatchObject({ 'ratelimit-limit': '1', 'ratelimit-remaining': '0' });
    });
  });

  test('a store that is down is a 503 and a fault of ours a 500, by every way in, logged with the request id', async () => {
    await tenant.rest('POST', `${tenant.base}/workspaces`, { organization_id: tenant.orgId, name: 'W' });
    const id = (await tenant.graphql('{workspaces{nodes{id}}}')).body.data.workspaces.nodes[0].id;
    const query = `{nodes(ids:["${id}"]){id}}`;
    for (const [error, code] of [
      [new StoreUnavailable('down', { retryAfterSeconds: 3 }), 'SERVICE_UNAVAILABLE'],
      [new Error('a secret'), 'INTERNAL_SERVER_ERROR'],
    ] as const) {
      fail = error;
      for (const [way, ask] of [
        ['get', () => get({ query }, { 'X-Request-Id': `get-${code}` })],
        ['post', () => post({ query }, { 'X-Request-Id': `post-${code}` })],
      ] as const) {
        const { text } = await ask();
        expect(text).not.toContain('secret');
        expect(JSON.parse(text).errors[0].extensions.code).toBe(code);
        expect(harness.logs.filter((line) => line.includes(`${way}-${code}`) && /"err"/.test(line))).toHaveLength(1);
      }
      fail = null;
    }
  });

  test('what fails outside of the graph, once a body has been read, is a 500 in its form, logged with the request id', async () => {
    const { deps } = harness;
    const { store } = deps;
    Object.defineProperty(deps, 'store', {
      configurable: true,
      get: () => {
        throw new Error('a secret');
      },
    });
    const got = await post({ query: '{viewer{orgId}}' }, { 'X-Request-Id': 'outside' });
    Object.defineProperty(deps, 'store', { configurable: true, writable: true, value: store });
    const { errors } = JSON.parse(got.text);
    expect([got.status, errors[0].extensions]).toEqual([500, { code: 'INTERNAL_SERVER_ERROR', details: {} }]);
    expect(got.text).not.toContain('secret');
    expect(harness.logs.filter((line) => line.includes('outside') && line.includes('a secret'))).toHaveLength(1);
  });

  test('whatever is sent, the answer has codes of the closed list, in a form that was asked for, and nothing is a fault of ours', async () => {
    const fragment = fc.constantFrom(
      '{__typename}',
      '{viewer{orgId}}',
      '{bad',
      'query A{viewer{orgId}}',
      '',
      'subscription{a}',
      '{node(id:7){id}}',
    );
    const value = fc.oneof(fc.json(), fc.string(), fc.constantFrom('{bad', 'null', '{}', '[]'));
    const accept = fc.constantFrom(
      undefined,
      '*/*',
      JSON_TYPE,
      RESPONSE_TYPE,
      'text/event-stream',
      'multipart/mixed',
      ';;,',
      'a/b;q=x',
    );
    const type = fc.constantFrom(
      undefined,
      'application/json',
      'Application/JSON ; charset="UTF-8"',
      'text/plain',
      ';',
      'multipart/form-data',
    );
    const method = fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH');
    const oneRequest = fc.record({
      method,
      accept,
      type,
      encoding: fc.constantFrom(undefined, 'identity', 'junk'),
      query: fragment,
      variables: value,
      extensions: value,
      asJson: fc.boolean(),
    });
    const errorsBefore = harness.logs.filter((line) => line.includes('"level":50')).length;
    await fc.assert(
      fc.asyncProperty(oneRequest, async (one) => {
        const headers = {
          ...(one.accept !== undefined && { Accept: one.accept }),
          ...(one.type !== undefined && { 'Content-Type': one.type }),
          ...(one.encoding !== undefined && { 'Content-Encoding': one.encoding }),
        };
        const parameters = new URLSearchParams({
          query: one.query,
          variables: one.variables,
          extensions: one.extensions,
        });
        const body = one.asJson
          ? `{"query":${JSON.stringify(one.query)},"variables":${one.variables},"extensions":${one.extensions}}`
          : one.variables;
        const withBody = one.method !== 'GET' && one.method !== 'HEAD';
        const got = await send({
          method: one.method,
          path: withBody ? '/graphql' : `/graphql?${parameters}`,
          headers,
          body: withBody ? body : undefined,
        });
        expect([200, 400, 405, 406, 415]).toContain(got.status);
        const isStream = got.headers['content-type'] === STREAM_TYPE;
        if (isStream) expect(one.accept).toBe('text/event-stream');
        else expect([JSON_TYPE, RESPONSE_TYPE]).toContain(got.headers['content-type']);
        if (one.method === 'HEAD') {
          expect(got.text).toBe('');
          return;
        }
        const { errors = [] } = JSON.parse(isStream ? required(required(/^data: (.*)$/m.exec(got.text))[1]) : got.text);
        for (const error of errors) expect(CODES).toContain(error.extensions.code);
      }),
      { numRuns: 300, examples: [[{ ...PLAIN_GET, accept: 'text/event-stream' }], [{ ...PLAIN_GET, accept: '*/*' }]] },
    );
    expect(harness.logs.filter((line) => line.includes('"level":50'))).toHaveLength(errorsBefore);
  });

  test('urql, which queries by GET, and graphql-request work as they come', async () => {
    const url = `${harness.url}/graphql`;
    const headers = { Authorization: `Bearer ${tenant.token}` };
    const urql = new Urql({ url, exchanges: [fetchExchange], fetchOptions: { headers } });
    const found = await urql.query('query($id:ID!){node(id:$id){id}}', { id: 'x' });
    expect([found.error, found.data]).toEqual([undefined, { node: null }]);
    const refused = await new Urql({ url, exchanges: [fetchExchange] }).query('{viewer{orgId}}', {});
    expect([refused.error?.response.status, refused.error?.graphQLErrors[0]?.extensions.code]).toEqual([
      401,
      'AUTHENTICATION_FAILED',
    ]);
    const client = new GraphQLClient(url, { headers });
    expect(await client.request('{viewer{orgId}}')).toEqual({ viewer: { orgId: tenant.orgId } });
    const error = await new GraphQLClient(url).request('{viewer{orgId}}').catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      response: { status: 401, errors: [{ extensions: { code: 'AUTHENTICATION_FAILED' } }] },
    });
  });
});

describe('methods', () => {
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
  });
  afterAll(() => harness.close());

  test('HEAD answers as GET does, without the body', async () => {
    const headers = { Authorization: `Bearer ${tenant.token}` };
    const paths = [
      '/',
      '/health/live',
      '/health/ready',
      '/v1/openapi.json',
      '/graphql?query={__typename}',
      '/graphql',
      '/v1/me',
      `${tenant.base}/workspaces`,
      '/nope',
    ];
    for (const path of paths) {
      const [get, head] = await Promise.all(
        ['GET', 'HEAD'].map((method) => ask(harness.url, { method, path, headers })),
      );
      const stable = ({ status, headers: { date: _, 'x-request-id': __, ...rest } }: Got) => ({
        status,
        headers: rest,
      });
      expect([path, stable(required(head)), required(head).text]).toEqual([path, stable(required(get)), '']);
    }
    const page = await ask(harness.url, { method: 'HEAD', headers: { Accept: 'text/html' } });
    expect([page.status, page.text]).toEqual([200, '']);
  });

  test('another method is a 405 with Allow, before the token', async () => {
    for (const [path, allow] of Object.entries({
      '/': 'GET, HEAD',
      '/health/live': 'GET, HEAD',
      '/health/ready': 'GET, HEAD',
      '/v1/openapi.json': 'GET, HEAD',
      '/graphql': 'GET, HEAD, POST',
      '/v1/me': 'GET, HEAD',
    }))
      for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', ...(path === '/graphql' ? [] : ['POST'])]) {
        const got = await ask(harness.url, { method, path });
        expect([method, path, got.status, got.headers.allow]).toEqual([method, path, 405, allow]);
      }
  });
});
