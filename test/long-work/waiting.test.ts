import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, persist, startHarness, type Tenant } from '../harness.ts';
import { doors, type Item, seedThreads } from './doors.ts';

/** The longest wait there is; what is woken comes long before its end, and each test can tell. */
const WAIT_SECONDS = 20;

describeEngines('waiting for work', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    harness = await startHarness(engine);
  });
  afterAll(() => harness.close());

  const [rest] = doors as [(typeof doors)[0]];
  const give = (items: Item[], status: string) =>
    rest.report(
      tenant,
      tenant.orgId,
      items.map(({ item_id, lease }) => ({ item_id, lease, status })),
    );

  /** Whether the wait was woken, and did not just come to its end. */
  async function woken(wait: Promise<Item[]>): Promise<number> {
    const begun = performance.now();
    const items = await wait;
    expect(performance.now() - begun).toBeLessThan((WAIT_SECONDS - 2) * 1_000);
    return items.length;
  }

  test.each(doors)('by $name: woken by what comes, and by what is given back', async ({ claim }) => {
    tenant = await harness.org();
    const space = await seedThreads(tenant, 1);
    const wait = (limit = 10) => claim(tenant, tenant.orgId, { wait_seconds: WAIT_SECONDS, limit });
    const first = wait();
    await space.reindex();
    const items = await first;
    expect(items).toHaveLength(1);
    const second = wait();
    await give(items, 'failed');
    expect(await woken(second)).toBe(1);
    expect(await claim(tenant, tenant.orgId, { wait_seconds: 1 })).toEqual([]);
  });

  test('each item wakes one worker of many, and the rest wait on', async () => {
    tenant = await harness.org();
    const space = await seedThreads(tenant, 5);
    const waits = Array.from({ length: 20 }, () => rest.claim(tenant, tenant.orgId, { wait_seconds: 4, limit: 1 }));
    await space.reindex();
    const taken = (await Promise.all(waits)).flat();
    expect(new Set(taken.map(({ item_id }) => item_id)).size).toBe(5);
    expect(taken).toHaveLength(5);
  });

  test('what another process leaves, and what lapses, is found', async () => {
    tenant = await harness.org();
    const space = await seedThreads(tenant, 1);
    const other = await harness.again();
    try {
      const elsewhere = other.client(tenant.token);
      // Two servers of a busy machine may be too late for an answer; what was leased meanwhile lapses, and is found as well.
      const wait = async () => {
        const body = { wait_seconds: WAIT_SECONDS, lease_seconds: 5 };
        const claim = () => elsewhere.rest('POST', `${tenant.base}/work-items/claim`, body);
        return (await persist(claim)).body.items as Item[];
      };
      const first = wait();
      await space.reindex();
      expect(await woken(first)).toBe(1);
      expect(await woken(wait())).toBe(1);
    } finally {
      await other.close();
    }
  });

  test('whoever has gone takes nothing', async () => {
    tenant = await harness.org();
    const space = await seedThreads(tenant, 3);
    const gone = new AbortController();
    const body = JSON.stringify({ wait_seconds: WAIT_SECONDS, limit: 100 });
    const headers = { Authorization: `Bearer ${tenant.token}`, 'Content-Type': 'application/json' };
    const path = `${harness.url}${tenant.base}/work-items/claim`;
    const waiting = fetch(path, { method: 'POST', headers, body, signal: gone.signal });
    const failed = expect(waiting).rejects.toThrow();
    // It waits once an answer that was asked for later has come.
    for (let at = 0; at < 3; at += 1) await rest.claim(tenant, tenant.orgId);
    gone.abort();
    await failed;
    for (let at = 0; at < 3; at += 1) await rest.claim(tenant, tenant.orgId);
    await space.reindex();
    const items = await rest.claim(tenant, tenant.orgId, { limit: 100, wait_seconds: WAIT_SECONDS });
    expect(items.map(({ tries }) => tries)).toEqual([1, 1, 1]);
  });

  test('under an Idempotency-Key, the items of the first answer are those of the second', async () => {
    tenant = await harness.org();
    const space = await seedThreads(tenant, 2);
    const ask = () =>
      tenant.rest(
        'POST',
        `${tenant.base}/work-items/claim`,
        { wait_seconds: WAIT_SECONDS },
        { 'Idempotency-Key': 'k1' },
      );
    const first = ask();
    await space.reindex();
    const { body } = await first;
    expect(body.items).toHaveLength(2);
    const second = await ask();
    expect([second.headers.get('idempotency-replayed'), second.body]).toEqual(['true', body]);
  });
});
