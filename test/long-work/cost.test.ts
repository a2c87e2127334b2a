import { expect, test } from 'vitest';
import { workItems } from '../../src/nouns/work-items/model.ts';
import { describeEngines, PATIENCE_MS, startHarness } from '../harness.ts';
import { type Meter, metered } from '../metered.ts';
import { doors, seedThreads } from './doors.ts';

describeEngines('a claim and its report', (engine) => {
  test('ask the store for the same, of a job of twenty items and of many', async () => {
    const harness = await startHarness(engine);
    try {
      const tenant = await harness.org();
      const [{ claim, report }] = doors as [(typeof doors)[0]];
      const costOf = async (count: number): Promise<Meter> => {
        const sources = Array.from({ length: count }, (_, at) => `s${String(at).padStart(5, '0')}`);
        const jobId = await (await seedThreads(tenant, 0, { sources })).reindex();
        const query = { orgId: tenant.orgId, where: [{ field: 'jobId', in: [jobId] }] };
        const laidOut = async () => (await harness.deps.store.counts(workItems.collection, [query]))[0];
        await expect.poll(laidOut, { timeout: PATIENCE_MS, interval: 500 }).toBe(count);
        await harness.runner.stop();
        const warm = await claim(tenant, tenant.orgId, { limit: 1, job_id: jobId });
        const real = harness.deps.store;
        const meter: Meter = { calls: 0, chars: 0 };
        harness.deps.store = metered(real, meter);
        const items = await claim(tenant, tenant.orgId, { limit: 10, job_id: jobId });
        const results = items.map(({ item_id, lease }) => ({ item_id, lease, status: 'done' }));
        const told = await report(tenant, tenant.orgId, results);
        harness.deps.store = real;
        expect([warm.length, told.filter(({ accepted }) => accepted).length]).toEqual([1, 10]);
        return meter;
      };
      const many = await costOf(engine === 'sqlite' ? 10_000 : 250);
      const few = await costOf(20);
      expect(few.calls).toBeGreaterThan(3);
      expect(many.calls).toBeLessThanOrEqual(few.calls);
      expect(Math.abs(many.chars - few.chars)).toBeLessThan(2_000);
    } finally {
      await harness.close();
    }
  });
});
