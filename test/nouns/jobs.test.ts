import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobs } from '../../src/nouns/jobs/model.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { type Reindexed, seedThreads } from '../long-work/doors.ts';
import { shownByGraph } from './life.ts';

describeEngines('jobs', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let of: Reindexed;
  let path: string;
  let jobId: string;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    of = await seedThreads(tenant, 2);
    jobId = await of.reindex();
    path = `${tenant.base}/jobs/${jobId}`;
  });
  afterAll(() => harness.close());

  test('a job says what it works on and how far it is; both doors, and the list, show the same', async () => {
    const { body } = await tenant.rest('GET', path);
    expect(body).toMatchObject({
      job_id: jobId,
      kind: 'reindex',
      status: 'pending',
      progress: { total: 2, done: 0, failed: 0, percent: 0 },
      resource_type: 'namespace',
      resource_id: of.namespaceId,
      workspace_id: of.workspaceId,
      error: null,
      reason: null,
      quality_gate: null,
    });
    expect(body).toMatchObject((await shownByGraph(tenant, jobs, jobId)) ?? {});
    const list = (await tenant.rest('GET', `${tenant.base}/jobs`)).body;
    expect([list.total, list.jobs]).toEqual([1, [body]]);
  });

  test('a change of its gate moves that and nothing else, and leaves an audit event; {} does neither', async () => {
    const before = (await tenant.rest('GET', path)).body;
    expect((await tenant.rest('PATCH', path, {})).body).toEqual(before);
    const gate = { min_overlap: 0.5, min_samples: 1 };
    const changed = await tenant.rest('PATCH', path, { quality_gate: gate });
    const { updated_at: _, ...rest } = before;
    expect([changed.status, changed.body]).toMatchObject([200, { ...rest, quality_gate: gate }]);
    const { body } = await tenant.rest('GET', `${tenant.base}/audit-events?resource_id=${jobId}&action=job.update`);
    expect(body.events.map(({ changes }: { changes: object }) => Object.keys(changes))).toEqual([['quality_gate']]);
  });

  test('it is called off once, cannot be made anew while it may go on, and is not there for others', async () => {
    expect((await tenant.rest('POST', `${path}/retry`)).status).toBe(409);
    const cancelled = await tenant.rest('POST', `${path}/cancel`);
    expect([cancelled.status, cancelled.body.status]).toEqual([200, 'cancelled']);
    expect((await tenant.rest('POST', `${path}/cancel`)).status).toBe(409);
    const other = await harness.org('others');
    expect((await other.rest('GET', `${other.base}/jobs/${jobId}`)).status).toBe(404);
    expect(await shownByGraph(other, jobs, jobId)).toBeNull();
  });
});
