import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ObservedStore } from '../../src/process/observe/observed-store.ts';
import type { Collection, Doc, MaybePromise, Page, PageQuery, Store } from '../../src/store/store.ts';
import { StoreUnavailable } from '../../src/store/unavailable.ts';
import { byRest, until } from '../events/following.ts';
import { describeEngines, type Harness, openEngine, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { type Seeded, seed } from '../seed.ts';
import { startReceiver } from '../webhooks/receiver.ts';

/** What is written as `name{a="x"} 3`, by its words; labels in the order of their names. */
function figuresOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name, labels = '', value] = required(/^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$/i.exec(line));
      const sorted = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([all]) => all).sort();
      return [`${name}{${sorted.join(',')}}`, Number(value)];
    }),
  );
}

describeEngines('what is measured', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness(engine, { METRICS: true, deps: { allowPrivateAddresses: true } });
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  const read = async () => {
    const answer = await harness.client('').rest('GET', '/metrics');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    return answer.text;
  };
  /** How much each figure has grown by what is done. */
  const grownBy = async (work: () => Promise<unknown>) => {
    const before = figuresOf(await read());
    await work();
    const after = figuresOf(await read());
    return (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  };

  test('requests by door, operation and status, with their durations; whatever callers call them, there are no more of these', async () => {
    const grown = await grownBy(async () => {
      await tenant.rest('GET', '/v1/me?');
      await harness.client('').rest('GET', '/v1/me');
      for (const name of ['Mine', 'Yours', tenant.orgId]) await tenant.graphql(`query ${name} { viewer { orgId } }`);
      await tenant.graphql('{ a: viewer { orgId } b: viewer { orgId } }');
      await tenant.graphql('{ nothing }', {}, { Accept: 'application/graphql-response+json' });
      await tenant.rest('GET', `/v1/${tenant.orgId}`);
    });
    const requests = (door: string, operation: string, status: number) =>
      grown(`switchyard_requests_total{door="${door}",operation="${operation}",status="${status}"}`);
    expect([
      requests('rest', 'get_me', 200),
      requests('rest', 'get_me', 401),
      requests('graphql', 'query viewer', 200),
      requests('graphql', 'query', 200),
      requests('graphql', 'refused', 400),
      requests('rest', '', 404),
    ]).toEqual([1, 1, 3, 1, 1, 1]);
    expect(grown('switchyard_request_duration_seconds_count{door="graphql",operation="query viewer"}')).toBe(3);
    expect(grown('switchyard_graphql_errors_total{code="GRAPHQL_VALIDATION_FAILED"}')).toBe(1);
  });

  test('calls of the store by kind, commits, and how many of these were made durable together', async () => {
    const grown = await grownBy(() => tenant.rest('PATCH', `${tenant.base}`, { description: crypto.randomUUID() }));
    expect(grown('switchyard_store_call_duration_seconds_count{call="commit"}')).toBeGreaterThanOrEqual(1);
    expect(grown('switchyard_store_call_duration_seconds_count{call="get"}')).toBeGreaterThanOrEqual(1);
    expect(grown('switchyard_store_commit_group_size_count{}')).toBeGreaterThanOrEqual(1);
  });

  test('decisions by outcome and code of refusal, and what was reported', async () => {
    const decide = (body: object) =>
      tenant.rest('POST', `${tenant.base}/decisions`, { workspace_id: seeded.workspaceId, ...body });
    let code: string | undefined;
    const grown = await grownBy(async () => {
      const made = await decide({ logical_model_id: seeded.modelId });
      expect(made.body.admitted, made.text).toBe(true);
      await tenant.rest('POST', `${tenant.base}/decisions/${made.body.decision_id}/outcome`, {
        success: false,
        error_class: 'timeout',
      });
      const ungranted = await tenant.rest('POST', `${tenant.base}/workspaces`, {
        organization_id: tenant.orgId,
        name: 'Without a grant',
      });
      const refused = await decide({ workspace_id: ungranted.body.workspace_id });
      code = refused.body.refusal?.code;
    });
    expect(grown('switchyard_decisions_total{code="",outcome="admitted"}')).toBe(1);
    expect(code).toEqual(expect.any(String));
    expect(grown(`switchyard_decisions_total{code="${code}",outcome="refused"}`)).toBe(1);
    expect(grown('switchyard_decision_reports_total{result="timeout"}')).toBe(1);
  });

  test('breakers and jobs as they are stored', async () => {
    const figures = figuresOf(await read());
    for (const state of ['closed', 'open', 'half_open'])
      expect(figures.get(`switchyard_breakers{state="${state}"}`)).toBeGreaterThanOrEqual(0);
    for (const status of ['pending', 'running', 'failed'])
      expect(figures.get(`switchyard_jobs{status="${status}"}`)).toBeGreaterThanOrEqual(0);
    expect(figures.get('process_cpu_seconds_total{}')).toBeGreaterThan(0);
  });

  test('streams that are open, and calls of webhooks by how they ended', async () => {
    const receiver = await startReceiver();
    const hook = await tenant.rest('POST', `${tenant.base}/webhooks`, { url: receiver.url, types: ['role.create'] });
    expect(hook.status, hook.text).toBe(201);
    const open = async () => figuresOf(await read()).get('switchyard_streams{}');
    expect(await open()).toBe(0);
    const stream = await byRest(harness.url, tenant, `${tenant.base}/events?types=role.create`);
    expect(await open()).toBe(1);
    const delivered = async () =>
      figuresOf(await read()).get('switchyard_webhook_deliveries_total{result="delivered"}');
    const before = (await delivered()) ?? 0;
    await tenant.rest('POST', `${tenant.base}/roles`, { name: 'Measured', permissions: [] });
    await until(async () => expect(await delivered()).toBe(before + 1));
    stream.close();
    await until(async () => expect(await open()).toBe(0));
    await receiver.close();
  });

  test('nothing of a tenant stands in it: no id, no name', async () => {
    await tenant.rest('GET', `${tenant.base}/workspaces/${seeded.workspaceId}`);
    await tenant.graphql(`query Secret${tenant.orgId} { viewer { orgId } }`);
    expect(await read()).not.toMatch(/(org|ws|tok|mem|app|ns|pa|pol|dec)_[0-9a-z]{20}|Secret|Acme/);
  });

  test('each is described, and has a type', async () => {
    const text = await read();
    const names = [...text.matchAll(/^# TYPE (\S+) (counter|gauge|histogram|summary)$/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(20);
    for (const name of names) expect(text).toMatch(new RegExp(`^# HELP ${name} .{10,}`, 'm'));
  });

  test('what a proxy passes on, and what comes to another address than loopback, needs metrics:read', async () => {
    const elsewhere = await startHarness(engine, { METRICS: true, HOST: '0.0.0.0' });
    try {
      const own = await elsewhere.org();
      const [viewer, other] = [await own.as({ role: 'Viewer' }), await own.as({ permissions: ['apps:read'] })];
      const status = async (client: { rest: Tenant['rest'] }) => (await client.rest('GET', '/metrics')).status;
      expect([
        await status(elsewhere.client('')),
        await status(other),
        await status(viewer),
        await status(own),
      ]).toEqual([401, 403, 200, 200]);
      expect((await other.rest('GET', '/metrics')).body.details).toEqual({ required_permission: 'metrics:read' });
      const passed = await harness.client('').rest('GET', '/metrics', undefined, { 'X-Forwarded-For': '203.0.113.9' });
      expect(passed.status).toBe(401);
    } finally {
      await elsewhere.close();
    }
  });

  test('by GET and HEAD alone; where it is switched off there is no such path', async () => {
    expect((await tenant.rest('POST', '/metrics')).headers.get('allow')).toBe('GET, HEAD');
    expect((await tenant.rest('HEAD', '/metrics')).status).toBe(200);
    const off = await startHarness(engine, { METRICS: false });
    const answer = await off.client('').rest('GET', '/metrics');
    expect([answer.status, answer.body.details.resource_type]).toEqual([404, 'route']);
    await off.close();
  });
});

test('a refusal for a rate limit is counted as one', async () => {
  const harness = await startHarness('sqlite', { METRICS: true, RATE_LIMIT_PER_MINUTE: 1 });
  const tenant = await harness.org();
  await tenant.rest('GET', '/v1/me');
  expect((await tenant.rest('GET', '/v1/me')).status).toBe(429);
  const { text } = await harness.client('').rest('GET', '/metrics');
  expect(figuresOf(text).get('switchyard_refusals_total{reason="rate_limit"}')).toBe(1);
  await harness.close();
});

/** A store that fails to read pages, or keeps those waiting who ask for them. */
class OddStore extends ObservedStore {
  isAway = false;
  gate: Promise<void> | null = null;
  override page<D extends Doc>(from: Collection<D>, query: PageQuery): MaybePromise<Page<D>> {
    if (this.isAway) throw new StoreUnavailable('away');
    return this.gate ? this.gate.then(() => super.page(from, query)) : super.page(from, query);
  }
  override until(): Store {
    return this;
  }
}

test('so are refusals for overload, and what the store does not answer', async () => {
  const opened = await openEngine('sqlite');
  const store = new OddStore(opened.store, () => {});
  const harness = await startHarness('sqlite', { METRICS: true, opened, deps: { store } });
  const tenant = await harness.org();
  const figure = async (name: string) => figuresOf((await harness.client('').rest('GET', '/metrics')).text).get(name);
  const overload = () => figure('switchyard_refusals_total{reason="overload"}');
  const failures = () => figure('switchyard_store_call_failures_total{call="page"}');
  const before = (await failures()) ?? 0;
  store.isAway = true;
  expect((await tenant.rest('GET', `${tenant.base}/workspaces`)).status).toBe(503);
  store.isAway = false;
  expect([await failures(), await overload()]).toEqual([before + 1, 0]);
  // More at once than a process takes, on one connection, which answers them in their order.
  const asked = 1_100;
  const { promise, resolve: release } = Promise.withResolvers<void>();
  store.gate = promise;
  const head = `GET ${tenant.base}/workspaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tenant.token}\r\n\r\n`;
  const socket = connect(Number(new URL(harness.url).port), '127.0.0.1', () => socket.write(head.repeat(asked)));
  let text = '';
  socket.on('data', (data) => {
    text += data;
  });
  await until(async () => expect(await overload()).toBeGreaterThan(0));
  release();
  await until(() => expect(text.split('HTTP/1.1 ')).toHaveLength(asked + 1));
  expect(await overload()).toBe(text.split('HTTP/1.1 503').length - 1);
  socket.destroy();
  await harness.close();
});
