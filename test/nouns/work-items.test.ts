import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { doors, seedThreads } from '../long-work/doors.ts';
import { required } from '../required.ts';

describeEngines('work items', (engine) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness(engine);
  });
  afterAll(() => harness.close());

  test.each(doors)(
    'by $name: an item is handed out once, under a lease, and counts when it is reported',
    async (door) => {
      const tenant: Tenant = await harness.org(`org of ${door.name}`);
      const of = await seedThreads(tenant, 2);
      const jobId = await of.reindex();
      const claimed = await door.claim(tenant, tenant.orgId, { limit: 1 });
      const first = required(claimed[0]);
      expect(claimed).toEqual([
        {
          item_id: first.item_id,
          job_id: jobId,
          kind: 'reindex',
          lease: expect.stringMatching(/^lease_/),
          lease_until: new Date(first.lease_until).toISOString(),
          tries: 1,
          subject: { type: 'thread', id: expect.stringMatching(/^t[01]$/) },
          namespace_id: of.namespaceId,
          embedding_model_id: of.embeddingId,
          provider_account_id: of.accountId,
          upstream_model: 'text-embedding-3',
          ...(door.name === 'REST' ? { app_id: of.appId, workspace_id: of.workspaceId } : {}),
        },
      ]);
      const [second, ...others] = await door.claim(tenant, tenant.orgId, { limit: 10 });
      expect([required(second).item_id === first.item_id, others]).toEqual([false, []]);
      expect(await door.claim(tenant, tenant.orgId)).toEqual([]);
      const report = (lease: string) =>
        door.report(tenant, tenant.orgId, [{ item_id: first.item_id, lease, status: 'done' }]);
      const refused = { item_id: first.item_id, accepted: false };
      expect(await report('lease_of_nobody')).toMatchObject([refused]);
      expect(await report(first.lease)).toEqual([
        { ...refused, accepted: true, reason: null, status: 'done', tries: 1 },
      ]);
      expect(await door.job(tenant, tenant.orgId, jobId)).toMatchObject({
        status: 'running',
        progress: { total: 2, done: 1, failed: 0, percent: 50 },
      });
    },
  );
});
