import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { doors, type Item, seedThreads } from './doors.ts';

interface Told {
  type: string;
  resource_id: string;
  data: { status: string; progress: { total: number; done: number; failed: number; percent: number } };
}

/** What becomes of a job; that somebody asked for it (`job.cancel`) is told as of everything else. */
const TYPES = 'job.running,job.progress,job.completed,job.failed,job.cancelled';
const READ = `query ($job: ID!) { events(types: [${TYPES.split(',').map((type) => `"${type}"`)}], resourceType: "job", resourceId: $job, first: 200) {
  nodes { type data } } }`;

describeEngines('the feed is told of long work', (engine) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness(engine);
  });
  afterAll(() => harness.close());

  describe.each(doors)('by $name', ({ name, claim, report, job }) => {
    let tenant: Tenant;
    beforeAll(async () => {
      tenant = await harness.org();
    });
    const take = (jobId: string, limit = 100) => claim(tenant, tenant.orgId, { limit, job_id: jobId });
    const done = (items: Item[], more: { overlap?: number } = {}) =>
      report(
        tenant,
        tenant.orgId,
        items.map(({ item_id, lease }) => ({ item_id, lease, status: 'done', ...more })),
      );
    const told = async (jobId: string): Promise<Told[]> => {
      if (name === 'REST')
        return (await tenant.rest('GET', `${tenant.base}/events?types=${TYPES}&resource_id=${jobId}&limit=200`)).body
          .events;
      return (await tenant.graphql(READ, { job: jobId })).body.data.events.nodes;
    };
    const short = (events: Told[]) =>
      events.map(({ type, data: { progress } }) => `${type} ${progress.done}/${progress.total} ${progress.percent}`);

    test('each whole percent once, and at the end how far it came', async () => {
      const sources = Array.from({ length: 200 }, (_, at) => `s${at}`);
      const jobId = await (await seedThreads(tenant, 0, { sources })).reindex();
      const items = await take(jobId, 60);
      for (const item of items.slice(0, 9)) await done([item]);
      await done(items.slice(9, 20));
      await job(tenant, tenant.orgId, jobId, 'cancel');
      expect(short(await told(jobId))).toEqual([
        'job.running 0/200 0',
        'job.progress 2/200 1',
        'job.progress 4/200 2',
        'job.progress 6/200 3',
        'job.progress 8/200 4',
        'job.progress 20/200 10',
        'job.cancelled 20/200 10',
      ]);
      for (const { type, data } of (await told(jobId)).slice(1, -1))
        expect([type, data.status]).toEqual(['job.progress', 'running']);
    });

    test('of what failed by its gate and was retried, both runs', async () => {
      const space = await seedThreads(tenant, 0, { sources: ['a', 'b', 'c', 'd'] });
      const jobId = await space.reindex({ qualityGate: { minOverlap: 0.9, minSamples: 1 } });
      const items = await take(jobId);
      await done(items.slice(0, 3), { overlap: 0.1 });
      await tenant.rest('POST', `${space.namespace}/threads/late`);
      await done([...items.slice(3), ...(await take(jobId))], { overlap: 0.1 });
      await job(tenant, tenant.orgId, jobId, 'retry');
      await done(await take(jobId), { overlap: 0.95 });
      expect(short(await told(jobId))).toEqual([
        'job.running 0/4 0',
        'job.progress 3/4 75',
        'job.failed 5/5 100',
        'job.running 0/5 0',
        'job.completed 5/5 100',
      ]);
    });

    test('what is deleted with its namespace has come as far as it came', async () => {
      const space = await seedThreads(tenant, 0, { sources: ['a', 'b'] });
      const jobId = await space.reindex();
      await done(await take(jobId, 1));
      expect((await tenant.rest('DELETE', space.workspace)).status).toBe(200);
      expect((await job(tenant, tenant.orgId, jobId)).progress).toMatchObject({ total: 2, done: 1, percent: 50 });
      expect(short(await told(jobId)).at(-1)).toBe('job.cancelled 1/2 50');
    });
  });
});
