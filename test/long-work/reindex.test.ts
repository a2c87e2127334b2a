import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { doors, type Item, type Report, seedThreads } from './doors.ts';

const PATIENT = { timeout: 50_000 };

describeEngines('a reindex by workers', (engine) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness(engine);
  });
  afterAll(() => harness.close());

  const pass = (ms: number) => {
    harness.clock.offsetMs += ms;
  };
  const all = (items: Item[], status: string, more: Partial<Report> = {}): Report[] =>
    items.map(({ item_id, lease }) => ({ item_id, lease, status, ...more }));

  describe.each(doors)('by $name', ({ claim, report, job }) => {
    let tenant: Tenant;
    const take = (input?: Record<string, unknown>) => claim(tenant, tenant.orgId, input);
    const tell = (results: Report[]) => report(tenant, tenant.orgId, results);
    beforeAll(async () => {
      tenant = await harness.org();
    });

    test('hands every thread and source out once, counts, and switches with the last', async () => {
      const space = await seedThreads(tenant, 3, { sources: ['s1', 's2', 's1'] });
      const jobId = await space.reindex();
      expect(await space.get()).toMatchObject({
        reindex_status: 'pending',
        reindex_started_at: null,
        reindex_progress: { total: 5, done: 0, failed: 0, percent: 0 },
      });
      const items = await take({ limit: 2, worker: 'one' });
      expect(items).toHaveLength(2);
      expect(items[0]).toMatchObject({
        job_id: jobId,
        kind: 'reindex',
        tries: 1,
        namespace_id: space.namespaceId,
        embedding_model_id: space.embeddingId,
        provider_account_id: space.accountId,
        upstream_model: 'text-embedding-3',
      });
      expect(await space.get()).toMatchObject({ reindex_status: 'running', embedding_model_id: null });
      expect((await space.get()).reindex_started_at).not.toBeNull();
      const put = await tenant.rest('PUT', space.namespace, { embedding_model_id: space.embeddingId });
      expect([put.status, put.body.details.reason]).toEqual([409, 'reindex_running']);
      const etag = required((await tenant.rest('GET', space.namespace)).headers.get('etag'));
      const cached = await tenant.rest('GET', space.namespace, undefined, { 'If-None-Match': etag });
      expect(cached.status).toBe(200);
      const rest = await take({ limit: 100, job_id: jobId });
      const subjects = [...items, ...rest].map(({ subject }) => `${subject.type} ${subject.id}`).sort();
      expect(subjects).toEqual(['source s1', 'source s2', 'thread t0', 'thread t1', 'thread t2']);
      expect(await take()).toEqual([]);
      const told = await tell(all([...items, ...rest.slice(1)], 'done'));
      expect(told.every(({ accepted, status }) => accepted && status === 'done')).toBe(true);
      const half = { total: 5, done: 4, failed: 0, percent: 80 };
      expect(await job(tenant, tenant.orgId, jobId)).toMatchObject({ status: 'running', progress: half });
      expect(await space.get()).toMatchObject({ reindex_progress: half, embedding_model_id: null });
      await tell(all(rest.slice(0, 1), 'done'));
      const full = { total: 5, done: 5, failed: 0, percent: 100 };
      expect(await job(tenant, tenant.orgId, jobId)).toMatchObject({
        status: 'completed',
        progress: full,
        error: null,
      });
      expect(await space.get()).toMatchObject({
        reindex_status: 'completed',
        reindex_progress: full,
        embedding_model_id: space.embeddingId,
        reindex_error: null,
      });
      const tag = required((await tenant.rest('GET', space.namespace)).headers.get('etag'));
      expect((await tenant.rest('GET', space.namespace, undefined, { 'If-None-Match': tag })).status).toBe(304);
    });

    test('a lease is one worker’s, until it lapses; the same report again is accepted again', async () => {
      const space = await seedThreads(tenant, 1);
      const jobId = await space.reindex();
      const [first] = await take({ lease_seconds: 10 });
      expect(await take()).toEqual([]);
      const foreign = { item_id: required(first).item_id, lease: 'another', status: 'done' };
      expect(await tell([foreign])).toMatchObject([{ accepted: false, reason: 'stale', status: 'working' }]);
      const unknown = { ...foreign, item_id: 'item_x_1' };
      expect(await tell([unknown])).toMatchObject([{ accepted: false, reason: 'unknown', status: null, tries: null }]);
      pass(8_000);
      expect(await tell(all([required(first)], 'working'))).toMatchObject([
        { accepted: true, status: 'working', tries: 1 },
      ]);
      pass(8_000);
      expect(await take()).toEqual([]);
      pass(3_000);
      expect(await tell(all([required(first)], 'done'))).toMatchObject([{ accepted: false, reason: 'stale' }]);
      const [second] = await take({ lease_seconds: 10 });
      expect(second).toMatchObject({ item_id: required(first).item_id, tries: 2 });
      const results = await tell([
        ...all([required(second)], 'failed', { error: 'no' }),
        ...all([required(first)], 'done'),
      ]);
      expect(results).toMatchObject([
        { accepted: true, status: 'pending', tries: 2 },
        { accepted: false, reason: 'stale' },
      ]);
      const [third] = await take();
      expect(await tell(all([required(second)], 'failed'))).toMatchObject([
        { accepted: true, status: 'working', tries: 3 },
      ]);
      expect(await tell(all([required(second)], 'done'))).toMatchObject([{ accepted: false, reason: 'stale' }]);
      expect(await tell(all([required(third)], 'done'))).toMatchObject([{ accepted: true, status: 'done' }]);
      expect(await tell(all([required(third)], 'done'))).toMatchObject([{ accepted: true, status: 'done' }]);
      expect(await job(tenant, tenant.orgId, jobId)).toMatchObject({ status: 'completed', progress: { done: 1 } });
    });

    test('a lease that its holder cuts down to the least is given back, and was no try', async () => {
      const space = await seedThreads(tenant, 1);
      const jobId = await space.reindex();
      const back = { lease_seconds: 5 };
      for (let tries = 1; tries <= 5; tries += 1) {
        const [one] = await take();
        expect(one).toMatchObject({ tries });
        expect(await tell(all([required(one)], 'working', back))).toMatchObject([
          { accepted: true, status: 'working', tries },
        ]);
        expect(await tell(all([required(one)], 'working', back))).toMatchObject([
          { accepted: true, status: 'working', tries },
        ]);
        expect(await take()).toEqual([]);
        pass(5_001);
        expect(await tell(all([required(one)], 'done'))).toMatchObject([{ accepted: false, reason: 'stale' }]);
        const [two] = await take();
        expect(two).toMatchObject({ item_id: required(one).item_id, tries });
        // Who takes it back, or fails in time, has tried.
        await tell(all([required(two)], 'working', back));
        await tell(tries === 3 ? all([required(two)], 'failed', { error: 'no' }) : all([required(two)], 'working'));
        if (tries !== 3) pass(61_000);
      }
      expect(await take()).toEqual([]);
      expect(await job(tenant, tenant.orgId, jobId)).toMatchObject({
        status: 'failed',
        progress: { total: 1, done: 0, failed: 1, percent: 0 },
      });
      await job(tenant, tenant.orgId, jobId, 'retry');
      const [short] = await take(back);
      expect(short).toMatchObject({ tries: 1 });
      await tell(all([required(short)], 'working', back));
      pass(5_001);
      // A lease that was never longer is extended by it.
      const [last] = await take();
      expect(last).toMatchObject({ tries: 2 });
      await tell(all([required(last)], 'done'));
    });

    test('after five tries, failed or lapsed, an item has failed for good; a retry runs it again, and it alone', async () => {
      const space = await seedThreads(tenant, 3);
      const jobId = await space.reindex();
      const [good, bad, lapsing] = await take();
      await tell(all([required(good)], 'done'));
      let held = [required(bad), required(lapsing)];
      for (let tries = 1; tries <= 5; tries += 1) {
        const failing = held.filter(({ item_id }) => item_id === required(bad).item_id);
        const status = tries < 5 ? 'pending' : 'failed';
        expect(await tell(all(failing, 'failed', { error: 'too long' }))).toMatchObject([
          { accepted: true, status, tries },
        ]);
        pass(61_000);
        held = await take();
        expect(held.map((item) => item.tries)).toEqual(tries < 5 ? [tries + 1, tries + 1] : []);
      }
      const failed = {
        status: 'failed',
        reason: 'items_failed',
        progress: { total: 3, done: 1, failed: 2, percent: 33.3 },
      };
      expect(await job(tenant, tenant.orgId, jobId)).toMatchObject({
        ...failed,
        error: '2 of 3 items failed; the first: too long',
      });
      expect(await space.get()).toMatchObject({
        reindex_status: 'failed',
        embedding_model_id: null,
        reindex_error: '2 of 3 items failed; the first: too long',
      });
      const again = await job(tenant, tenant.orgId, jobId, 'retry');
      expect(again).toMatchObject({
        status: 'pending',
        error: null,
        progress: { total: 3, done: 1, failed: 0, percent: 33.3 },
      });
      expect(await space.get()).toMatchObject({ reindex_status: 'pending', reindex_error: null });
      const items = await take();
      expect(items.map(({ item_id }) => item_id).sort()).toEqual(
        [required(bad).item_id, required(lapsing).item_id].sort(),
      );
      expect(items.map(({ tries }) => tries)).toEqual([1, 1]);
      await tell(all(items, 'done'));
      expect(await job(tenant, tenant.orgId, jobId)).toMatchObject({ status: 'completed', progress: { done: 3 } });
      expect((await space.get()).embedding_model_id).toBe(space.embeddingId);
      await expect(job(tenant, tenant.orgId, jobId, 'retry')).rejects.toThrow('not_failed');
      await expect(job(tenant, tenant.orgId, jobId, 'cancel')).rejects.toThrow('not_running');
    });

    test('called off, its leases answer cancelled and nothing switches', async () => {
      const space = await seedThreads(tenant, 2);
      const jobId = await space.reindex();
      const [one, two] = await take();
      await tell(all([required(one)], 'done'));
      expect(await job(tenant, tenant.orgId, jobId, 'cancel')).toMatchObject({
        status: 'cancelled',
        progress: { done: 1 },
      });
      expect(await tell(all([required(two)], 'done'))).toMatchObject([{ accepted: false, reason: 'cancelled' }]);
      expect(await tell(all([required(one)], 'done'))).toMatchObject([{ accepted: true }]);
      expect(await space.get()).toMatchObject({ reindex_status: 'cancelled', embedding_model_id: null });
      const second = await space.reindex();
      expect(second).not.toBe(jobId);
      const items = await take();
      expect(items.map((item) => item.job_id)).toEqual([second, second]);
      await tenant.rest('DELETE', `${space.namespace}/reindex`);
      expect(await job(tenant, tenant.orgId, second)).toMatchObject({ status: 'cancelled' });
    });

    test('threads and sources that come are items at once, those that go leave the count', async () => {
      const space = await seedThreads(tenant, 3, { sources: ['a', 'b'] });
      const jobId = await space.reindex();
      const held = await take();
      const [t0, t1, ...others] = held.sort((one, two) => (one.subject.type < two.subject.type ? 1 : -1));
      await tell([...all([required(t0)], 'done'), ...all(others, 'failed')]);
      await tenant.rest('POST', `${space.namespace}/threads/late`);
      await tenant.rest('POST', `${space.namespace}/threads/late`);
      const progress = async () => (await space.get()).reindex_progress;
      expect(await progress()).toMatchObject({ total: 6, done: 1 });
      await tenant.rest('DELETE', `${space.namespace}/threads/${required(t1).subject.id}`);
      await tenant.rest('PUT', space.namespace, { source_ids: ['c', 'b'] });
      expect(await progress()).toMatchObject({ total: 5, done: 1 });
      expect(await tell(all([required(t1)], 'done'))).toMatchObject([{ accepted: false, reason: 'cancelled' }]);
      const rest = await take();
      const left = [required(t0), required(t1)].map(({ subject }) => subject.id);
      const kept = ['t0', 't1', 't2'].filter((id) => !left.includes(id));
      expect(rest.map(({ subject }) => subject.id).sort()).toEqual(['b', 'c', 'late', ...kept]);
      await tell(all(rest.slice(1), 'done'));
      const [last] = rest;
      const gone =
        required(last).subject.type === 'thread'
          ? await tenant.rest('DELETE', `${space.namespace}/threads/${required(last).subject.id}`)
          : await tenant.rest('PUT', space.namespace, {
              source_ids: ['b', 'c'].filter((id) => id !== required(last).subject.id),
            });
      expect(gone.status).toBe(200);
      expect(await space.get()).toMatchObject({ reindex_status: 'completed', embedding_model_id: space.embeddingId });
      expect(await job(tenant, tenant.orgId, jobId)).toMatchObject({
        status: 'completed',
        progress: { total: 4, done: 4 },
      });
    });

    test.each([
      [0.8996, 0.9, 'the mean overlap of 1 sample is 0.8996, below 0.9'],
      [0.5, 0.9, 'the mean overlap of 1 sample is 0.500, below 0.9'],
    ])('an overlap of %s below a gate of %s is told as what it is: %s', async (overlap, minOverlap, told) => {
      const space = await seedThreads(tenant, 1);
      await space.reindex({ qualityGate: { minOverlap, minSamples: 1 } });
      await tell(all(await take(), 'done', { overlap }));
      expect((await space.get()).reindex_error).toBe(`quality_gate: ${told}`);
    });

    test('the gate: too few samples, or too little overlap, fail the job, and a retry runs all of it again', async () => {
      const space = await seedThreads(tenant, 3);
      const jobId = await space.reindex({ qualityGate: { minOverlap: 0.8, minSamples: 2 } });
      const gate = { quality_gate: { min_overlap: 0.8, min_samples: 2 } };
      expect(await job(tenant, tenant.orgId, jobId)).toMatchObject(gate);
      const one = await take();
      await tell([...all(one.slice(0, 1), 'done', { overlap: 1 }), ...all(one.slice(1), 'done')]);
      expect(await job(tenant, tenant.orgId, jobId)).toMatchObject({ status: 'failed', reason: 'quality_gate' });
      await job(tenant, tenant.orgId, jobId, 'retry');
      const two = await take();
      expect(two).toHaveLength(3);
      await tell(all(two, 'done', { overlap: 0.5 }));
      expect((await space.get()).reindex_error).toMatch(/^quality_gate: the mean overlap of 3 samples is 0.500/);
      await job(tenant, tenant.orgId, jobId, 'retry');
      const patched = await tenant.rest('PATCH', `${tenant.base}/jobs/${jobId}`, {
        quality_gate: { min_overlap: 0.4 },
      });
      expect(patched.body.quality_gate).toEqual({ min_overlap: 0.4, min_samples: 2 });
      await tell(all(await take(), 'done', { overlap: 0.5 }));
      expect(await space.get()).toMatchObject({ reindex_status: 'completed', embedding_model_id: space.embeddingId });
      const late = await tenant.rest('PATCH', `${tenant.base}/jobs/${jobId}`, { quality_gate: null });
      expect([late.status, late.body.details.reason]).toEqual([409, 'not_running']);
    });

    test.each(['namespace', 'app', 'workspace'] as const)('a deleted %s calls its job off', async (what) => {
      const space = await seedThreads(tenant, 2);
      const jobId = await space.reindex();
      const items = await take();
      expect((await tenant.rest('DELETE', space[what])).status).toBeLessThan(205);
      expect(await tell(all(items, 'done'))).toMatchObject([{ reason: 'cancelled' }, { reason: 'cancelled' }]);
      expect(await job(tenant, tenant.orgId, jobId)).toMatchObject({ status: 'cancelled' });
      expect(await take({ job_id: jobId })).toEqual([]);
    });

    test('what is done for a private namespace, or another workspace, is hidden', async () => {
      const maker = await tenant.as({ role: 'Developer' });
      const other = await tenant.as({ role: 'Operator' });
      const space = await seedThreads(tenant, 1, { client: maker, isPrivate: true });
      const jobId = await space.reindex();
      const total = async (client: Client) => (await client.rest('GET', `${tenant.base}/jobs`)).body.total;
      const shown = await total(other);
      expect(await total(maker)).toBe(shown + 1);
      expect(await total(tenant)).toBe(shown + 1);
      await expect(job(other, tenant.orgId, jobId)).rejects.toThrow('RESOURCE_NOT_FOUND');
      await expect(claim(other, tenant.orgId, { job_id: jobId })).rejects.toThrow('RESOURCE_NOT_FOUND');
      expect(await claim(other, tenant.orgId)).toEqual([]);
      const limited = await tenant.as({
        role: 'Operator',
        workspace_ids: [(await seedThreads(tenant, 0)).workspaceId],
      });
      const [item] = await claim(maker, tenant.orgId);
      expect(await report(other, tenant.orgId, all([required(item)], 'done'))).toMatchObject([{ reason: 'unknown' }]);
      await maker.rest('PUT', space.namespace, { is_private: false });
      expect(await job(other, tenant.orgId, jobId)).toMatchObject({ status: 'running' });
      expect(await total(other)).toBe(shown + 1);
      pass(61_000);
      expect(await claim(limited, tenant.orgId)).toEqual([]);
      expect(await report(limited, tenant.orgId, all([required(item)], 'done'))).toMatchObject([{ reason: 'unknown' }]);
      const [again] = await claim(other, tenant.orgId);
      expect(await report(other, tenant.orgId, all([required(again)], 'done'))).toMatchObject([{ accepted: true }]);
    });
  });

  test('more items than one commit lays out are all there in the end, whatever comes and goes meanwhile', async () => {
    const tenant = await harness.org();
    const sources = Array.from({ length: 450 }, (_, at) => `s${at}`);
    const space = await seedThreads(tenant, 40, { sources });
    const jobId = await space.reindex();
    const seen = new Set<string>();
    const [{ claim, report, job }] = doors as [(typeof doors)[0]];
    const changes = (async () => {
      for (let at = 0; at < 20; at += 1) {
        await tenant.rest('POST', `${space.namespace}/threads/new${at}`);
        await tenant.rest('DELETE', `${space.namespace}/threads/t${at}`);
      }
    })();
    const statusOf = async () => (await job(tenant, tenant.orgId, jobId)).status;
    const work = async () => {
      while ((await statusOf()) !== 'completed') {
        const items = await claim(tenant, tenant.orgId, { limit: 100 });
        for (const { item_id } of items) {
          expect(seen.has(item_id)).toBe(false);
          seen.add(item_id);
        }
        if (items.length > 0) await report(tenant, tenant.orgId, all(items, 'done'));
      }
    };
    await Promise.all([changes, work(), work(), work()]);
    const { progress } = await job(tenant, tenant.orgId, jobId);
    expect(progress).toMatchObject({ percent: 100, failed: 0 });
    const { total, done } = progress as { total: number; done: number };
    expect(done).toBe(total);
    expect(total).toBeGreaterThanOrEqual(490);
    expect(seen.size).toBeGreaterThanOrEqual(total);
  }, 120_000);

  test('items of what is over are removed', async () => {
    const tenant = await harness.org();
    const space = await seedThreads(tenant, 2);
    const [{ claim, report, job }] = doors as [(typeof doors)[0]];
    const jobId = await space.reindex();
    await report(tenant, tenant.orgId, all(await claim(tenant, tenant.orgId), 'done'));
    const stored = async () => {
      const { workItems } = await import('../../src/nouns/work-items/model.ts');
      const where = [{ field: 'jobId', in: [jobId] }];
      return (await harness.deps.store.counts(workItems.collection, [{ orgId: tenant.orgId, where }]))[0];
    };
    expect(await stored()).toBe(2);
    pass(20_000);
    harness.runner.wake();
    pass(3_700_000);
    await expect.poll(stored, PATIENT).toBe(0);
    expect(await job(tenant, tenant.orgId, jobId)).toMatchObject({ status: 'completed', progress: { done: 2 } });
  });
});
