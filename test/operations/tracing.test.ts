import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ObservedStore } from '../../src/process/observe/observed-store.ts';
import { readConfig } from '../../src/process/setup/config.ts';
import { nearMisses } from '../../src/process/setup/near-misses.ts';
import type { Store } from '../../src/store/store.ts';
import { StoreUnavailable } from '../../src/store/unavailable.ts';
import { describeEngines, type Harness, openEngine, PATIENCE_MS, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { startReceiver } from '../webhooks/receiver.ts';
import { type Collector, type SentSpan, startCollector } from './collector.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;
const patiently = { timeout: PATIENCE_MS, interval: 20 };

const tracedTo = ({ url }: Collector) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
});

describeEngines('traces', (engine) => {
  let collector: Collector;
  let harness: Harness;
  let tenant: Tenant;
  let env: Record<string, string>;
  beforeAll(async () => {
    vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '20');
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=trial');
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Bearer%20collectors');
    collector = await startCollector();
    env = {};
    const deps = { env: (name: string) => env[name], allowPrivateAddresses: true };
    harness = await startHarness(engine, { ...tracedTo(collector), METRICS: true, deps });
    tenant = await harness.org();
  });
  afterAll(async () => {
    await harness.close();
    await collector.close();
    vi.unstubAllEnvs();
  });

  /** The request's own span, once it has come, with all that came of its trace. */
  const spansOf = async (send: (headers: Record<string, string>) => Promise<unknown>) => {
    const requestId = crypto.randomUUID();
    await send({ 'X-Request-Id': requestId });
    const own = await vi.waitFor(() => {
      const found = collector.spans.find(
        ({ kind, attributes }) => kind === SERVER && attributes['switchyard.request_id'] === requestId,
      );
      expect(found).toBeDefined();
      return required(found);
    }, patiently);
    const others = () => collector.spans.filter((span) => span.traceId === own.traceId && span !== own);
    const line = harness.logs
      .map((text) => JSON.parse(text))
      .find((one) => one.requestId === requestId && one.msg === 'answered');
    return { own, others, line };
  };
  const get = (path: string) => (headers: Record<string, string>) => tenant.rest('GET', path, undefined, headers);

  test('a span for each request, by its row, with the id that its access line has', async () => {
    const path = `${tenant.base}/workspaces?organization_id=${tenant.orgId}&limit=5`;
    const { own, line } = await spansOf(get(path));
    expect(own).toMatchObject({ name: 'GET /v1/orgs/{org_id}/workspaces', status: {} });
    expect(own.parentSpanId).toBeUndefined();
    expect(own.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/v1/orgs/{org_id}/workspaces',
      'http.response.status_code': 200,
      'url.scheme': 'http',
      'switchyard.request_id': expect.any(String),
    });
    expect(own.resource).toMatchObject({ 'service.name': 'switchyard', 'deployment.environment.name': 'trial' });
    expect(own.status.code ?? 0).toBe(0);
    expect(line.traceId).toBe(own.traceId);
    expect(collector.calls.at(-1)).toMatchObject({ path: '/v1/traces', authorization: 'Bearer collectors' });
  });

  test('below it the calls of the store, each within its time, without what was asked for', async () => {
    const name = `Secret ${crypto.randomUUID()}`;
    const make = (headers: Record<string, string>) =>
      tenant.rest('POST', `${tenant.base}/workspaces`, { organization_id: tenant.orgId, name }, headers);
    const { own, others } = await spansOf(make);
    const page = await spansOf(get(`${tenant.base}/workspaces`));
    const calls = [...others(), ...page.others()];
    const names = calls.map((span) => span.name);
    expect([names.includes('store commit'), names.includes('store page workspaces')]).toEqual([true, true]);
    for (const span of calls) {
      const request = required([own, page.own].find(({ traceId }) => traceId === span.traceId));
      expect(span.parentSpanId).toBe(request.spanId);
      expect(span.attributes['db.system.name']).toBe(engine);
      expect(span.start).toBeGreaterThanOrEqual(request.start - 1);
      expect(span.end).toBeLessThanOrEqual(request.end + 1);
    }
    expect(required(calls[names.indexOf('store page workspaces')]).attributes).toEqual({
      'db.system.name': engine,
      'db.operation.name': 'page',
      'db.collection.name': 'workspaces',
    });
    expect(JSON.stringify([own, ...calls])).not.toMatch(new RegExp(`Secret|${tenant.orgId}|${tenant.token}`));
  });

  test('an operation of the graph by its type and name', async () => {
    const ask = (query: string) =>
      spansOf((headers) => tenant.graphql(query, {}, { Accept: 'application/graphql-response+json', ...headers }));
    const { own } = await ask('query Mine { viewer { orgId } }');
    expect(own.name).toBe('query Mine');
    expect(own.attributes).toMatchObject({
      'http.route': '/graphql',
      'graphql.operation.type': 'query',
      'graphql.operation.name': 'Mine',
    });
    expect((await ask('{ viewer { orgId } }')).own.name).toBe('query');
    expect((await ask('{ nothing }')).own.name).toBe('POST /graphql');
  });

  test('no word of a caller names a span, but for an operation’s name', async () => {
    const { own } = await spansOf(get(`/v1/s3cret/${tenant.orgId}?s3cret`));
    expect([own.name, own.attributes['http.response.status_code'], own.status.code ?? 0]).toEqual(['GET', 404, 0]);
    expect(JSON.stringify(own)).not.toMatch(/s3cret/);
    expect((await spansOf(get('/health/live?s3cret'))).own.name).toBe('GET /health/live');
  });

  test('a request goes on with the trace that it comes with', async () => {
    const traceId = crypto.randomUUID().replaceAll('-', '');
    const traced = { traceparent: `00-${traceId}-${PARENT}-01`, tracestate: 'vendor=opaque' };
    const { own, line } = await spansOf((headers) =>
      tenant.rest('GET', '/v1/me', undefined, { ...headers, ...traced }),
    );
    expect(own).toMatchObject({ traceId, parentSpanId: PARENT, traceState: 'vendor=opaque' });
    expect(line.traceId).toBe(traceId);
  });

  test.each([
    `00-00000000000000000000000000000000-${PARENT}-01`,
    `00-${TRACE}-0000000000000000-01`,
    `ff-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01-more`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}`,
    's3cret',
  ])('a traceparent of %s is none', async (traceparent) => {
    const { own, line } = await spansOf((headers) =>
      tenant.rest('GET', '/v1/me', undefined, { ...headers, traceparent }),
    );
    expect(own.traceId).not.toBe(TRACE);
    expect([own.parentSpanId, line.traceId]).toEqual([undefined, own.traceId]);
  });

  test('what the caller does not sample is not sent', async () => {
    const traceId = crypto.randomUUID().replaceAll('-', '');
    await tenant.rest('GET', `${tenant.base}/workspaces`, undefined, { traceparent: `00-${traceId}-${PARENT}-00` });
    await spansOf(get('/v1/me'));
    expect(collector.spans.filter((span) => span.traceId === traceId)).toEqual([]);
  });

  test('the span of a stream ends where the stream begins, and what it reads later is no part of it', async () => {
    const calledOff = new AbortController();
    let stream: Response | undefined;
    const { own, others } = await spansOf(async (headers) => {
      stream = await fetch(`${harness.url}/graphql`, {
        method: 'POST',
        headers: {
          ...headers,
          Authorization: `Bearer ${tenant.token}`,
          'Content-Type': 'application/json',
          Accept: 'text/event-stream',
        },
        body: JSON.stringify({ query: 'subscription Follow { events { resource { ... on Role { name } } } }' }),
        signal: calledOff.signal,
      });
    });
    expect(own.name).toBe('subscription Follow');
    const before = others().length;
    await tenant.rest('POST', `${tenant.base}/roles`, { name: 'Streamed', permissions: [] });
    const reader = required(required(stream).body).getReader();
    for (let text = ''; !text.includes('Streamed'); )
      text += Buffer.from(required((await reader.read()).value)).toString();
    calledOff.abort();
    // What the stream has read would have come with the spans of a request after it.
    await spansOf(get('/v1/me'));
    expect(others()).toHaveLength(before);
  });

  test('a health check carries the trace of the request that asks for it', async () => {
    let asked: string | string[] | undefined;
    const provider = createServer((req, res) => {
      asked = req.headers.traceparent;
      res.end('{"data":[]}');
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    env.GOOD = JSON.stringify({ api_key: 'the-key', base_url: base });
    const account = { name: 'A', provider_type: 'openai', credentials_ref: 'env:GOOD' };
    const { body } = await tenant.rest('POST', `${tenant.base}/provider-accounts`, account);
    const check = (headers: Record<string, string>) =>
      tenant.graphql(
        'mutation Check($input: CheckProviderAccountInput!) { checkProviderAccount(input: $input) { checked } }',
        { input: { providerAccountId: body.provider_account_id } },
        headers,
      );
    const { own, others } = await spansOf(check);
    provider.close();
    const [call] = others().filter(({ name }) => name === 'health check');
    expect(call).toMatchObject({ kind: CLIENT, parentSpanId: own.spanId });
    expect(asked).toBe(`00-${own.traceId}-${required(call).spanId}-01`);
  });

  test('a webhook carries the trace of the request whose event it tells', async () => {
    const receiver = await startReceiver();
    const made = await tenant.rest('POST', `${tenant.base}/webhooks`, { url: receiver.url, types: ['role.*'] });
    expect(made.status, made.text).toBe(201);
    const { own, others } = await spansOf((headers) =>
      tenant.rest('POST', `${tenant.base}/roles`, { name: 'Told', permissions: [] }, headers),
    );
    const sent = () => others().filter(({ name }) => name === 'webhook');
    await vi.waitFor(() => expect(sent()).toHaveLength(1), patiently);
    await receiver.close();
    expect(sent()[0]).toMatchObject({ kind: CLIENT, parentSpanId: own.spanId });
    expect(required(sent()[0]).attributes['http.response.status_code']).toBe(204);
    expect(required(receiver.received[0]).headers.traceparent).toBe(
      `00-${own.traceId}-${required(sent()[0]).spanId}-01`,
    );
    expect(JSON.stringify(sent())).not.toContain(new URL(receiver.url).port);
  });
});

describeEngines('a trace that goes on in another process', (engine) => {
  test('a webhook carries it, whoever delivers, and whenever', async () => {
    vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '20');
    const collector = await startCollector();
    const receiver = await startReceiver();
    const one = await startHarness(engine, { ...tracedTo(collector), deps: { allowPrivateAddresses: true } });
    const tenant = await one.org();
    const hook = await tenant.rest('POST', `${tenant.base}/webhooks`, { url: receiver.url, types: ['role.*'] });
    expect(hook.status, hook.text).toBe(201);
    await one.runner.stop();
    const asked = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'vendor=opaque' };
    await tenant.rest('POST', `${tenant.base}/roles`, { name: 'Told', permissions: [] }, asked);
    const two = await one.again();
    await vi.waitFor(() => expect(receiver.received).toHaveLength(1), patiently);
    const named = (name: string) => collector.spans.find((span) => span.traceId === TRACE && span.name === name);
    const row = 'POST /v1/orgs/{org_id}/roles';
    await vi.waitFor(() => expect(named('webhook')?.parentSpanId).toBe(required(named(row)).spanId), patiently);
    const { traceparent, tracestate } = required(receiver.received[0]).headers;
    expect([traceparent, tracestate]).toEqual([`00-${TRACE}-${required(named('webhook')).spanId}-01`, 'vendor=opaque']);
    await two.close();
    await one.close();
    await receiver.close();
    await collector.close();
    vi.unstubAllEnvs();
  });
});

/** A store whose pages cannot be read. */
class PagelessStore extends ObservedStore {
  override page(): never {
    throw new StoreUnavailable('away');
  }
  override until(): Store {
    return this;
  }
}

describe('traces of what goes wrong', () => {
  let collector: Collector;
  beforeEach(async () => {
    vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '20');
    collector = await startCollector();
  });
  afterEach(async () => {
    await collector.close();
    vi.unstubAllEnvs();
  });

  test('a 503 is an error, of the request and of the call of the store that failed', async () => {
    const opened = await openEngine('sqlite');
    const deps = { store: new PagelessStore(opened.store, () => {}) };
    const harness = await startHarness('sqlite', { ...tracedTo(collector), opened, deps });
    const tenant = await harness.org();
    expect((await tenant.rest('GET', `${tenant.base}/workspaces`)).status).toBe(503);
    const failed = () => collector.spans.filter(({ status }) => status.code === ERROR);
    await vi.waitFor(() => expect(failed()).toHaveLength(2), patiently);
    const byName = Object.fromEntries(failed().map((span: SentSpan) => [span.name, span.attributes]));
    expect(Object.keys(byName).sort()).toEqual(['GET /v1/orgs/{org_id}/workspaces', 'store page workspaces']);
    expect(byName['GET /v1/orgs/{org_id}/workspaces']).toMatchObject({ 'error.type': '503' });
    await harness.close();
  });

  test.each([500, 0])('a collector that answers %s costs no answer, and at most a line in a minute', async (status) => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '100');
    collector.status = status;
    const harness = await startHarness('sqlite', tracedTo(collector));
    const tenant = await harness.org();
    await vi.waitFor(async () => {
      expect((await tenant.rest('GET', '/v1/me')).status).toBe(200);
      expect(collector.calls.length).toBeGreaterThan(3);
    }, patiently);
    const lines = () => harness.logs.filter((line) => line.includes('traces could not be sent'));
    await vi.waitFor(() => expect(lines()).toHaveLength(1), patiently);
    await harness.close();
    expect(lines()).toHaveLength(1);
  });

  test('nor does one that is away', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '100');
    await collector.close();
    const harness = await startHarness('sqlite', tracedTo(collector));
    const tenant = await harness.org();
    const lines = () => harness.logs.filter((line) => line.includes('traces could not be sent'));
    await vi.waitFor(async () => {
      expect((await tenant.rest('GET', '/v1/me')).status).toBe(200);
      expect(lines()).toHaveLength(1);
    }, patiently);
    await harness.close();
    collector = await startCollector();
  });

  test('spans that have no place are dropped, and that is told at most once in a minute, with their number', async () => {
    vi.stubEnv('OTEL_BSP_MAX_QUEUE_SIZE', '2');
    vi.stubEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '1');
    const harness = await startHarness('sqlite', tracedTo(collector));
    const tenant = await harness.org();
    const lines = () => harness.logs.filter((line) => line.includes('traces were dropped'));
    const ask = () => tenant.rest('GET', `${tenant.base}/workspaces`);
    await vi.waitFor(async () => {
      await Promise.all(Array.from({ length: 20 }, ask));
      expect(lines()).toHaveLength(1);
    }, patiently);
    for (let round = 0; round < 5; round += 1) await Promise.all(Array.from({ length: 20 }, ask));
    await harness.close();
    expect(lines().map((line) => JSON.parse(line))).toMatchObject([{ level: 40, spans: expect.any(Number) }]);
  });

  test('what its SDK would pass over is said once, without what may be secret', async () => {
    const given = {
      OTEL_BSP_SCHEDULE_DELAY: 'soon',
      OTEL_BSP_MAX_QUEUE_SIZE: '-1',
      OTEL_TRACES_SAMPLER: 'sometimes',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'zip',
      OTEL_EXPORTER_OTLP_HEADERS: 's3cret',
      OTEL_RESOURCE_ATTRIBUTES: 'a=b=s3cret',
    };
    for (const [name, value] of Object.entries(given)) vi.stubEnv(name, value);
    const { OTEL_EXPORTER_OTLP_HEADERS } = given;
    const harness = await startHarness('sqlite', { ...tracedTo(collector), OTEL_EXPORTER_OTLP_HEADERS });
    await harness.close();
    const lines = harness.logs.filter((line) => line.includes('OTEL_'));
    expect(lines).toHaveLength(1);
    for (const name of Object.keys(given)) expect(lines[0]).toContain(name);
    expect(lines[0]).not.toContain('s3cret');
    vi.unstubAllEnvs();
    const other = await startHarness('sqlite', tracedTo(collector));
    await other.close();
    expect(other.logs.filter((line) => line.includes('OTEL_'))).toEqual([]);
  });
});

describe('the variables of OpenTelemetry', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

  test.each([
    [{ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /^OTEL_EXPORTER_OTLP_PROTOCOL: .*grpc is not supported$/],
    [{ ...endpoint, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'x' }, /^OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: expected http/],
    [{ ...endpoint, OTEL_TRACES_EXPORTER: 'zipkin' }, /^OTEL_TRACES_EXPORTER: expected otlp or none$/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://me:s3cret@127.0.0.1' }, /^OTEL_EXPORTER_OTLP_ENDPOINT: (?!.*s3cret)/],
  ])('that cannot be followed stop the start in one line: %o', (env, line) => {
    expect(() => readConfig(env)).toThrow(line);
  });

  test('say nothing where no traces are sent, and are nobody’s near misses', () => {
    for (const env of [{}, { ...endpoint, OTEL_SDK_DISABLED: 'true' }, { ...endpoint, OTEL_TRACES_EXPORTER: 'none' }])
      expect(() => readConfig({ ...env, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).not.toThrow();
    const others = ['HEADERS', 'TIMEOUT', 'COMPRESSION', 'METRICS_ENDPOINT', 'LOGS_ENDPOINT', 'TRACES_HEADERS'];
    const names = [...others.map((name) => `OTEL_EXPORTER_OTLP_${name}`), 'OTEL_SERVICE_NAME', 'OTEL_LOGS_EXPORTER'];
    expect(nearMisses(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([]);
  });
});
