import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { doors, type Item, type Report, seedThreads } from './doors.ts';

const [rest] = doors as [(typeof doors)[0]];

/** What section 9 says in words, beside what becomes of a reindex: bounds, shapes, order and rights. */
describeEngines('long work by the letter', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    harness = await startHarness(engine);
  });
  afterAll(() => harness.close());

  const at = (path: string) => `${tenant.base}/${path}`;
  const all = (items: Item[], status: string, more: Partial<Report> = {}): Report[] =>
    items.map(({ item_id, lease }) => ({ item_id, lease, status, ...more }));
  const issues = async (path: string, body: unknown, method = 'POST') => {
    const answer = await tenant.rest(method, at(path), body);
    expect([answer.status, Object.keys(answer.body)]).toEqual([422, ['detail']]);
    return answer.body.detail.map(({ type, loc }: { type: string; loc: unknown[] }) => `${type} ${loc.join('.')}`);
  };

  describe('bounds', () => {
    beforeAll(async () => {
      tenant = await harness.org();
    });

    test.each([
      [{ limit: 0 }, 'greater_than_equal body.limit'],
      [{ limit: 101 }, 'less_than_equal body.limit'],
      [{ lease_seconds: 4 }, 'greater_than_equal body.lease_seconds'],
      [{ lease_seconds: 3601 }, 'less_than_equal body.lease_seconds'],
      [{ wait_seconds: -1 }, 'greater_than_equal body.wait_seconds'],
      [{ wait_seconds: 21 }, 'less_than_equal body.wait_seconds'],
      [{ worker: 'w'.repeat(256) }, 'string_too_long body.worker'],
      [{ job_id: 1 }, 'string_type body.job_id'],
      [{ kind: 'reindex' }, 'extra_forbidden body.kind'],
    ])('a claim of %j is refused', async (body, issue) => {
      expect(await issues('work-items/claim', body)).toEqual([issue]);
    });

    test.each([
      [{ limit: 100, lease_seconds: 3600, wait_seconds: 0, worker: 'w'.repeat(255), job_id: null }],
      [{ limit: '1', lease_seconds: 5.0 }],
      [undefined],
    ])('a claim of %j is none too many', async (body) => {
      const answer = await tenant.rest('POST', at('work-items/claim'), body);
      expect([answer.status, answer.body]).toEqual([200, { items: [] }]);
    });

    const one = { item_id: 'item_x', lease: 'lease_x', status: 'done' };
    test.each([
      [[], 'value_error body.results'],
      [Array.from({ length: 101 }, () => one), 'value_error body.results'],
      [[one, { ...one, status: 'gone' }], 'enum body.results.1.status'],
      [[{ ...one, error: 'e'.repeat(2_001) }], 'string_too_long body.results.0.error'],
      [[{ ...one, overlap: 1.01 }], 'less_than_equal body.results.0.overlap'],
      [[{ ...one, overlap: -0.01 }], 'greater_than_equal body.results.0.overlap'],
      [[{ ...one, lease_seconds: 4 }], 'greater_than_equal body.results.0.lease_seconds'],
      [[{ lease: 'x', status: 'done' }], 'missing body.results.0.item_id'],
      [[{ ...one, tries: 1 }], 'extra_forbidden body.results.0.tries'],
    ])('a report is refused whose results are wrong (%#)', async (results, issue) => {
      expect(await issues('work-items/report', { results })).toEqual([issue]);
    });

    test('a hundred results are none too many, and are answered in their order', async () => {
      const results = Array.from({ length: 100 }, (_, n) => ({
        ...one,
        item_id: `item_${n}`,
        error: 'e'.repeat(2_000),
      }));
      const told = await rest.report(tenant, tenant.orgId, results);
      const unknown = { accepted: false, reason: 'unknown', status: null, tries: null };
      expect(told).toEqual(results.map(({ item_id }) => ({ item_id, ...unknown })));
    });

    test('of the other ways into it only what is a job is found', async () => {
      for (const verb of ['retry', 'cancel'])
        expect((await tenant.rest('POST', at(`jobs/job_x/${verb}`))).body.details).toEqual({
          resource_type: 'job',
          resource_id: 'job_x',
        });
      const claimed = await tenant.rest('POST', at('work-items/claim'), { job_id: 'job_x' });
      expect([claimed.status, claimed.body.details.resource_type]).toEqual([404, 'job']);
    });
  });

  test('ten by default, for a minute; in the very shape; the oldest job first, whatever was asked for again', async () => {
    tenant = await harness.org();
    const older = await seedThreads(tenant, 0, { sources: ['a', 'b'] });
    const jobId = await older.reindex();
    const taken = await rest.claim(tenant, tenant.orgId);
    const newer = await seedThreads(tenant, 0, { sources: Array.from({ length: 12 }, (_, n) => `n${n}`) });
    const newerId = await newer.reindex();
    const before = harness.deps.now();
    const { items } = (await tenant.rest('POST', at('work-items/claim'), {})).body;
    expect(items).toHaveLength(10);
    expect(new Set(items.map(({ job_id }: Item) => job_id))).toEqual(new Set([newerId]));
    expect(Object.keys(items[0])).toEqual(
      'item_id job_id kind lease lease_until tries subject namespace_id app_id workspace_id embedding_model_id provider_account_id upstream_model'.split(
        ' ',
      ),
    );
    expect(items[0].subject).toEqual({ type: 'source', id: expect.any(String) });
    expect(items[0]).toMatchObject({ app_id: newer.appId, workspace_id: newer.workspaceId });
    const lasts = Date.parse(items[0].lease_until) - before;
    expect(lasts).toBeGreaterThanOrEqual(60_000);
    expect(new Date(items[0].lease_until).toISOString()).toBe(items[0].lease_until);
    // Given back, the older one's come before the rest of the newer.
    await rest.report(tenant, tenant.orgId, all(taken, 'failed'));
    const next = await rest.claim(tenant, tenant.orgId, { limit: 3 });
    expect(next.map(({ job_id }) => job_id)).toEqual([jobId, jobId, newerId]);
    await rest.report(tenant, tenant.orgId, all(next, 'failed'));
    const only = await rest.claim(tenant, tenant.orgId, { limit: 100, job_id: newerId });
    expect(new Set(only.map(({ job_id }) => job_id))).toEqual(new Set([newerId]));
  });

  test('who may do what: by roles, by both doors, whether the job is there or not', async () => {
    tenant = await harness.org();
    const space = await seedThreads(tenant, 2);
    const jobId = await space.reindex();
    const holders: [string, string[]][] = [
      ['Viewer', ['jobs:read']],
      ['Developer', ['jobs:read', 'jobs:work', 'jobs:update']],
      ['Operator', ['jobs:read', 'jobs:work', 'jobs:update']],
      ['Admin', ['jobs:read', 'jobs:work', 'jobs:update']],
    ];
    const asked: [string, string, string, unknown?][] = [
      ['jobs:work', 'POST', 'work-items/claim', { limit: 1, job_id: jobId }],
      ['jobs:work', 'POST', 'work-items/report', { results: [{ item_id: 'x', lease: 'x', status: 'done' }] }],
      ['jobs:update', 'POST', 'jobs/job_x/retry'],
      ['jobs:update', 'POST', 'jobs/job_x/cancel'],
      ['jobs:update', 'PATCH', `jobs/${jobId}`, { quality_gate: null }],
      ['jobs:read', 'GET', `jobs/${jobId}`],
      ['jobs:read', 'GET', 'jobs'],
    ];
    const fields: [string, string][] = [
      ['jobs:work', 'claimWorkItems(input: {limit: 1}) { items { itemId } }'],
      [
        'jobs:work',
        'reportWorkItems(input: {results: [{itemId: "x", lease: "x", status: "done"}]}) { results { itemId } }',
      ],
      ['jobs:update', 'retryJob(input: {jobId: "job_x"}) { job { id } }'],
      ['jobs:update', 'cancelJob(input: {jobId: "job_x"}) { job { id } }'],
      ['jobs:update', `updateJob(input: {jobId: "${jobId}", qualityGate: null}) { job { id } }`],
    ];
    const check = async (client: Client, who: string, may: string[]) => {
      for (const [permission, method, path, body] of asked) {
        const answer = await client.rest(method, at(path), body);
        const missing = answer.status === 403 ? answer.body.details.required_permission : null;
        expect([who, path, missing]).toEqual([who, path, may.includes(permission) ? null : permission]);
      }
      for (const [permission, field] of fields) {
        const { body } = await client.graphql(`mutation { ${field} }`);
        const missing = body.errors?.[0].extensions.details?.required_permission ?? null;
        expect(body.errors?.[0].extensions.code ?? '').not.toMatch(/^GRAPHQL_/);
        expect([who, field, missing]).toEqual([who, field, may.includes(permission) ? null : permission]);
      }
    };
    for (const [role, may] of holders) await check(await tenant.as({ role }), role, may);
    await check(await tenant.as({ permissions: ['jobs:work'] }), 'a worker', ['jobs:work']);
  });

  test('who is limited to workspaces works in them alone, and finds no other job', async () => {
    tenant = await harness.org();
    const [here, there] = [await seedThreads(tenant, 2), await seedThreads(tenant, 2)];
    const [jobHere, jobThere] = [await here.reindex(), await there.reindex()];
    const limited = await tenant.as({ role: 'Operator', workspace_ids: [there.workspaceId] });
    const { body } = await limited.rest('GET', at('jobs'));
    expect([body.total, body.jobs.map((job: Item) => job.job_id)]).toEqual([1, [jobThere]]);
    const items = await rest.claim(limited, tenant.orgId, { limit: 100 });
    expect(items.map(({ job_id }) => job_id)).toEqual([jobThere, jobThere]);
    for (const [method, path] of [
      ['GET', `jobs/${jobHere}`],
      ['PATCH', `jobs/${jobHere}`],
      ['POST', `jobs/${jobHere}/retry`],
      ['POST', `jobs/${jobHere}/cancel`],
    ] as const) {
      const answer = await limited.rest(method, at(path), method === 'PATCH' ? {} : undefined);
      expect([path, answer.status, answer.body.details?.resource_type]).toEqual([path, 404, 'job']);
    }
    const mine = await rest.claim(tenant, tenant.orgId, { limit: 100 });
    const told = await rest.report(limited, tenant.orgId, [...all(mine, 'done'), ...all(items, 'done')]);
    expect(told.map(({ reason }) => reason)).toEqual(['unknown', 'unknown', null, null]);
    expect((await rest.job(tenant, tenant.orgId, jobThere)).status).toBe('completed');
    expect((await rest.job(tenant, tenant.orgId, jobHere)).progress).toMatchObject({ done: 0 });
  });

  test.each(doors)(
    'by $name: a job is retried only where it has failed, cancelled only where it is under way',
    async (door) => {
      tenant = await harness.org();
      const space = await seedThreads(tenant, 1);
      const refused = (jobId: string, verb: 'retry' | 'cancel', reason: string) =>
        expect(door.job(tenant, tenant.orgId, jobId, verb)).rejects.toThrow(
          new RegExp(`(?=.*CONFLICT)(?=.*"reason":"${reason}")(?=.*${jobId})`),
        );
      const jobId = await space.reindex();
      await refused(jobId, 'retry', 'not_failed');
      const items = await door.claim(tenant, tenant.orgId);
      await refused(jobId, 'retry', 'not_failed');
      await door.report(tenant, tenant.orgId, all(items, 'done'));
      await refused(jobId, 'retry', 'not_failed');
      await refused(jobId, 'cancel', 'not_running');
      const second = await space.reindex();
      await door.job(tenant, tenant.orgId, second, 'cancel');
      await refused(second, 'cancel', 'not_running');
      await refused(second, 'retry', 'not_failed');
    },
  );

  test('the gate: what it may say, while it runs; with no items there is nothing to sample', async () => {
    tenant = await harness.org();
    const space = await seedThreads(tenant, 2);
    const jobId = await space.reindex();
    const gate = (quality_gate: unknown) => ['quality_gate', { quality_gate }] as const;
    for (const [value, issue] of [
      [{ min_overlap: 1.1 }, 'less_than_equal body.quality_gate.min_overlap'],
      [{ min_overlap: -1 }, 'greater_than_equal body.quality_gate.min_overlap'],
      [{ min_samples: -1 }, 'greater_than_equal body.quality_gate.min_samples'],
      [{ samples: 1 }, 'extra_forbidden body.quality_gate.samples'],
      ['0.5', 'model_attributes_type body.quality_gate'],
    ] as const)
      expect(await issues(`jobs/${jobId}`, gate(value)[1], 'PATCH')).toEqual([issue]);
    const patch = async (value: unknown) => (await tenant.rest('PATCH', at(`jobs/${jobId}`), gate(value)[1])).body;
    expect((await patch({ min_overlap: 0.5, min_samples: 2 })).quality_gate).toEqual({
      min_overlap: 0.5,
      min_samples: 2,
    });
    const [one, two] = await rest.claim(tenant, tenant.orgId);
    await rest.report(tenant, tenant.orgId, all([required(one)], 'done', { overlap: 1 }));
    expect((await patch({ min_samples: 3 })).quality_gate).toEqual({ min_overlap: 0.5, min_samples: 3 });
    await rest.report(tenant, tenant.orgId, all([required(two)], 'done', { overlap: 1 }));
    // Each was good; they were too few.
    expect(await rest.job(tenant, tenant.orgId, jobId)).toMatchObject({
      status: 'failed',
      reason: 'quality_gate',
      error: 'quality_gate: 2 samples where 3 are asked for',
    });
    expect(await space.get()).toMatchObject({ reindex_status: 'failed', embedding_model_id: null });
    const empty = await seedThreads(tenant, 0);
    await empty.reindex({ qualityGate: { minOverlap: 1, minSamples: 1 } });
    expect(await empty.get()).toMatchObject({ reindex_status: 'completed', embedding_model_id: empty.embeddingId });
  });

  test('no 304 while it is pending or running, nor ever of a job; one as soon as it is over', async () => {
    tenant = await harness.org();
    const space = await seedThreads(tenant, 1);
    const conditional = async (path: string) => {
      const { headers } = await tenant.rest('GET', path);
      return (await tenant.rest('GET', path, undefined, { 'If-None-Match': required(headers.get('etag')) })).status;
    };
    expect(await conditional(space.namespace)).toBe(304);
    const jobId = await space.reindex();
    expect(await conditional(space.namespace)).toBe(200);
    const items = await rest.claim(tenant, tenant.orgId);
    expect(await conditional(space.namespace)).toBe(200);
    expect(await conditional(at(`jobs/${jobId}`))).toBe(200);
    await rest.report(tenant, tenant.orgId, all(items, 'done'));
    expect(await conditional(space.namespace)).toBe(304);
    expect(await conditional(at(`jobs/${jobId}`))).toBe(200);
  });

  test('progress never goes back, whatever fails, comes, goes and is retried', async () => {
    tenant = await harness.org();
    const space = await seedThreads(tenant, 4, { sources: ['a', 'b', 'c', 'd'] });
    const jobId = await space.reindex();
    let last = { done: 0, percent: 0 };
    const look = async () => {
      const { progress } = await rest.job(tenant, tenant.orgId, jobId);
      const now = progress as { done: number; percent: number };
      expect(now.done).toBeGreaterThanOrEqual(last.done);
      expect(now.percent).toBeGreaterThanOrEqual(last.percent);
      expect((await space.get()).reindex_progress).toEqual(progress);
      last = now;
    };
    const tell = async (results: Report[]) => {
      await rest.report(tenant, tenant.orgId, results);
      await look();
    };
    const failAll = async () => {
      for (let tries = 2; tries <= 5; tries += 1)
        await tell(all(await rest.claim(tenant, tenant.orgId, { limit: 100 }), 'failed', { error: 'no' }));
    };
    const [first, second, ...others] = await rest.claim(tenant, tenant.orgId);
    await tell(all([required(first), required(second)], 'done'));
    await tenant.rest('POST', `${space.namespace}/threads/late`);
    await look();
    await tenant.rest('DELETE', `${space.namespace}/threads/${required(first).subject.id}`);
    await tenant.rest('DELETE', `${space.namespace}/threads/late`);
    await look();
    await tell(all(others, 'failed'));
    await failAll();
    expect(await rest.job(tenant, tenant.orgId, jobId)).toMatchObject({
      status: 'failed',
      progress: { total: 8, done: 2, failed: 6, percent: 25 },
    });
    await rest.job(tenant, tenant.orgId, jobId, 'retry');
    await look();
    for (let left = 6; left > 0; left -= 1)
      await tell(all(await rest.claim(tenant, tenant.orgId, { limit: 1 }), 'done'));
    expect(last).toMatchObject({ done: 8, percent: 100 });
  });
});
