import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { doors, seedThreads } from './doors.ts';

const TRIES_MAX = 5;

describeEngines('the progress of a reindex that a request changes', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    harness = await startHarness(engine);
  });
  afterAll(() => harness.close());

  const [rest] = doors as [(typeof doors)[0]];
  let keys = 0;

  /** The reply is kept before its commit is made, and says what the commit leaves. */
  async function twice(path: string, body?: unknown): Promise<Answer> {
    keys += 1;
    const headers = { 'Idempotency-Key': `kept-${keys}` };
    const first = await tenant.rest('POST', path, body, headers);
    const again = await tenant.rest('POST', path, body, headers);
    expect(first.status).toBe(200);
    expect(again.headers.get('Idempotency-Replayed')).toBe('true');
    expect(again.text).toBe(first.text);
    return first;
  }

  async function failForGood(jobId: string) {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const items = await rest.claim(tenant, tenant.orgId, { job_id: jobId });
      const results = items.map(({ item_id, lease }) => ({ item_id, lease, status: 'failed' }));
      await rest.report(tenant, tenant.orgId, results);
      harness.clock.offsetMs += 60_000;
    }
  }

  test('is kept under an Idempotency-Key as the request leaves it', async () => {
    tenant = await harness.org();
    const space = await seedThreads(tenant, 1);
    const jobId = await space.reindex();
    const threads = `${space.namespace}/threads`;
    const added = await twice(`${threads}/late`);
    expect(added.body.reindex_progress.total).toBe(2);
    await failForGood(jobId);
    const retried = await twice(`${tenant.base}/jobs/${jobId}/retry`);
    expect(retried.body.progress).toEqual({ total: 2, done: 0, failed: 0, percent: 0 });
    const latest = await twice(`${threads}/latest`);
    expect(latest.body.reindex_progress.total).toBe(3);
    await twice(`${tenant.base}/jobs/${jobId}/cancel`);
    await twice(`${threads}/after`);
  });

  test('is what it was, further on in the same request, where the change is refused', async () => {
    tenant = await harness.org();
    const space = await seedThreads(tenant, 1);
    await space.reindex();
    const long = ['a', 'b', 'c', 'd', 'e'].map((key) => `${key}: $text`);
    const { body } = await tenant.graphql(
      `mutation ($id: ID!, $text: JSON!) {
        refused: updateNamespace(input: { namespaceId: $id, sourceIds: ["late"], episodeConfig: { ${long} } }) { namespace { id } }
        unchanged: updateNamespace(input: { namespaceId: $id }) { namespace { reindexProgress } }
      }`,
      { id: space.namespaceId, text: 'x'.repeat(1_000_000) },
    );
    expect(body.errors).toMatchObject([{ path: ['refused'], extensions: { code: 'VALIDATION_FAILED' } }]);
    expect(body.data.unchanged.namespace.reindexProgress.total).toBe(1);
  });
});
