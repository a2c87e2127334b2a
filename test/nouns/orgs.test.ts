import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';

describeEngines('organizations', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let other: Tenant;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org('Acme');
    other = await harness.org('Rival');
  });
  afterAll(() => harness.close());

  test('a caller sees the one that its token acts in, and no other', async () => {
    const { body } = await tenant.rest('GET', '/v1/orgs');
    expect(body).toMatchObject({ total: 1, has_more: false, orgs: [{ org_id: tenant.orgId, name: 'Acme' }] });
    const foreign = await tenant.rest('GET', other.base);
    expect([foreign.status, foreign.body.details]).toEqual([
      404,
      { resource_type: 'organization', resource_id: other.orgId },
    ]);
    const asked = await tenant.graphql('{ viewer { organization { name } } orgs { nodes { name } } }');
    expect(asked.body.data).toEqual({
      viewer: { organization: { name: 'Acme' } },
      orgs: { nodes: [{ name: 'Acme' }] },
    });
  });

  test('its name can be changed, by whoever may, with one audit event', async () => {
    const viewer = await tenant.as({ role: 'Viewer' });
    expect((await viewer.rest('PATCH', tenant.base, { name: 'Mine' })).status).toBe(403);
    const changed = await tenant.rest('PATCH', tenant.base, { name: 'Acme Ltd' });
    expect([changed.status, changed.body.name]).toEqual([200, 'Acme Ltd']);
    await tenant.rest('PATCH', tenant.base, { name: 'Acme Ltd' });
    const { events } = (await tenant.rest('GET', `${tenant.base}/audit-events?resource_id=${tenant.orgId}`)).body;
    const updates = events.filter(({ action }: { action: string }) => action === 'organization.update');
    expect(updates).toMatchObject([{ changes: { name: { before: 'Acme', after: 'Acme Ltd' } } }]);
    expect((await other.rest('GET', other.base)).body.name).toBe('Rival');
  });
});
