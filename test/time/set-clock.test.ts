import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';

const HOUR_MS = 3_600_000;

/** Two servers on one store, whose machine has its clock set while they run. */
describeEngines('while the clock is set', (engine) => {
  let setByMs: number;
  let one: Harness;
  let other: Harness;
  let tenant: Tenant;
  beforeEach(async () => {
    setByMs = 0;
    one = await startHarness(engine, { deps: { now: () => Date.now() + setByMs } });
    other = await one.again();
    tenant = await one.org();
  });
  afterEach(async () => {
    await other.close();
    await one.close();
  });

  test.each([-2 * HOUR_MS, -300_000, -400, 2 * HOUR_MS])(
    'by %i ms, what another server revokes is refused within a second',
    async (ms) => {
      const revoked = await tenant.as({ role: 'Viewer' });
      const statusThere = async () => (await other.client(revoked.token).rest('GET', '/v1/me')).status;
      expect(await statusThere()).toBe(200);
      setByMs = ms;
      expect((await tenant.rest('DELETE', `${tenant.base}/tokens/${revoked.tokenId}`)).status).toBeLessThan(300);
      const revokedAt = performance.now();
      let status = 200;
      while (status === 200 && performance.now() - revokedAt < 1_000) status = await statusThere();
      expect(status).toBe(401);
    },
  );

  test.each([-2 * HOUR_MS, 2 * HOUR_MS])('by %i ms, a limit of requests a minute goes on as it was', async (ms) => {
    const limited = await tenant.as({ role: 'Viewer', rate_limit_per_minute: 30 });
    const left = async () => Number((await limited.rest('GET', '/v1/me')).headers.get('ratelimit-remaining'));
    for (let at = 0; at < 20; at += 1) await left();
    const before = await left();
    setByMs = ms;
    // It refills by one in two seconds, so by no more than a few on a busy machine.
    expect(Math.abs((await left()) - before)).toBeLessThan(8);
    one.clock.offsetMs += 10_000;
    expect(await left()).toBeGreaterThan(before);
  });
});
