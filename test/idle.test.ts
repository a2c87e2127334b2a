import { afterEach, beforeEach, expect, test } from 'vitest';
import { dropExpired } from '../src/process/runner/expiry.ts';
import { createTasks } from '../src/process/runner/runner.ts';
import { createGate } from '../src/process/scheduler/gate.ts';
import { idempotencyRecords } from '../src/resource/idempotency.ts';
import { tasks } from '../src/resource/task.ts';
import { type Client, describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';
import { type Seeded, seed } from './seed.ts';

describeEngines('what nobody asked for', (engine) => {
  /** Stands still, so that nothing is read again because it is old. */
  let now: number;
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeEach(async () => {
    now = Date.parse('2031-05-01T12:00:00.000Z');
    harness = await startHarness(engine, { deps: { now: () => now } });
    tenant = await harness.org();
    seeded = await seed(tenant);
    await expect
      .poll(async () => (await harness.deps.store.page(tasks, { orgId: '', order: 'asc', limit: 1 })).docs.length)
      .toBe(0);
    await harness.runner.stop();
  });
  afterEach(() => harness.close());

  const count = async (kind: 'reads' | 'commits', work: () => Promise<unknown>) => {
    const before = harness.deps.store.stats[kind];
    await work();
    return harness.deps.store.stats[kind] - before;
  };
  const describeOrg = (description: string) => tenant.rest('PATCH', tenant.base, { description });

  test('an idle process writes nothing, whatever lies there to expire one day', async () => {
    const key = { 'Idempotency-Key': 'kept-for-a-day' };
    const kept = await tenant.rest('POST', `${tenant.base}/roles`, { name: 'Kept', permissions: [] }, key);
    expect(kept.status).toBe(201);
    const gate = createGate();
    const turns = async () => {
      const scheduler = createTasks(harness.deps, gate);
      for (let at = 0; at < 5; at += 1) {
        await scheduler.look();
        await dropExpired({ ...harness.deps, gate });
      }
    };
    expect(await count('commits', turns)).toBe(0);
    now += 25 * 3_600_000;
    expect(await count('commits', turns)).toBeGreaterThan(0);
    expect(await harness.deps.store.scan(idempotencyRecords, null, 10)).toEqual([]);
    expect(await count('commits', turns)).toBe(0);
  });

  test('a write that says nothing of who may do what leaves the principals in memory', async () => {
    const asked = await tenant.as({ role: 'Viewer' });
    const me = () => asked.rest('GET', '/v1/me');
    const apps = `${tenant.base}/workspaces/${seeded.workspaceId}/apps`;
    const writes: (() => Promise<unknown>)[] = [
      () => describeOrg(crypto.randomUUID()),
      () => tenant.rest('POST', apps, { name: crypto.randomUUID() }),
      () => tenant.rest('POST', `${tenant.base}/decisions`, { workspace_id: seeded.workspaceId }),
    ];
    // An engine that hears of its own writes may hear late of those that made the token.
    for (const write of writes)
      await expect
        .poll(async () => {
          await me();
          await write();
          return count('reads', me);
        })
        .toBe(0);
  });

  test('a write to what decides who may do what holds at the next request', async () => {
    const role = (await tenant.rest('POST', `${tenant.base}/roles`, { name: 'R', permissions: ['apps:read'] })).body;
    const email = 'm@acme.test';
    const member = (await tenant.rest('POST', `${tenant.base}/members`, { email, role: 'R' })).body;
    const token = await tenant.as({ member_id: member.member_id });
    const at = (path: string) => `${tenant.base}/${path}`;
    const shown = async (client: Client) => (await client.rest('GET', '/v1/me')).body.permissions;
    expect(await shown(token)).toEqual(['apps:read']);
    await tenant.rest('PATCH', at(`roles/${role.role_id}`), { permissions: ['apps:read', 'apps:create'] });
    expect(await shown(token)).toEqual(['apps:read', 'apps:create']);
    await tenant.rest('PATCH', at(`members/${member.member_id}`), { role: 'Admin' });
    expect(await shown(token)).toEqual(['*:*']);
    await tenant.rest('PATCH', at(`tokens/${token.tokenId}`), { permissions: ['models:read'] });
    expect(await shown(token)).toEqual(['models:read']);
    const rotated = await tenant.rest('POST', at(`tokens/${token.tokenId}/rotate`));
    expect((await token.rest('GET', '/v1/me')).status).toBe(401);
    const fresh = harness.client(rotated.body.token);
    expect(await shown(fresh)).toEqual(['models:read']);
    await tenant.rest('DELETE', at(`members/${member.member_id}`));
    expect((await fresh.rest('GET', '/v1/me')).status).toBe(401);
  });
});
