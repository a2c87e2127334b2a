import { afterAll, beforeAll, expect, test } from 'vitest';
import { rows } from '../../src/catalog/nouns.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { addressOf, type Seeded, seed } from '../seed.ts';

describeEngines('what a POST has created', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  const bodies: Record<string, (n: number) => unknown> = {
    create_workspace: (n) => ({ organization_id: tenant.orgId, name: `W${n}` }),
    create_app: (n) => ({ name: `A${n}` }),
    create_environment: (n) => ({ name: `E${n}` }),
    create_namespace: (n) => ({ name: `N${n}`, environment_id: seeded.environmentId }),
    // Of the slug's letters some are written otherwise in an address.
    create_logical_model: (n) => ({ logical_model_id: `a:b@c.${n}`, name: 'M', category: 'chat' }),
    grant_model_entitlement: (n) => ({ logical_model_id: `a:b@c.${n}` }),
    create_provider_account: () => ({ name: 'P', provider_type: 'openai', credentials_ref: 'env:A' }),
    create_router_policy: () => ({ name: 'P', match: {}, route_to: seeded.modelId }),
    create_member: (n) => ({ email: `m${n}@example.com`, name: 'M', role: 'Viewer' }),
    create_role: (n) => ({ name: `R${n}`, permissions: ['workspaces:read'] }),
    create_token: () => ({ name: 'T', role: 'Viewer' }),
    create_webhook: () => ({ url: 'https://hooks.example.com/', types: ['app.*'] }),
    decide: () => ({ workspace_id: seeded.workspaceId }),
  };

  const creating = rows.filter((row) => row.status === 201);
  const order = ['create_logical_model', ...creating.map(({ operationId }) => operationId)];
  const sorted = [...creating].sort((a, b) => order.indexOf(a.operationId) - order.indexOf(b.operationId));

  test.each(sorted)('$operationId: lies at its Location, in a replayed answer too', async ({ operationId, path }) => {
    const address = addressOf(path, tenant, seeded);
    const attempts: Record<string, string>[] = [{}, { 'Idempotency-Key': operationId }];
    for (const [n, headers] of attempts.entries()) {
      const body = required(bodies[operationId])(n);
      const made = await tenant.rest('POST', address, body, headers);
      expect([made.status, made.text]).toEqual([201, made.text]);
      const location = required(made.headers.get('location'));
      expect(location).toMatch(/^\/v1\//);
      const read = await tenant.rest('GET', location);
      expect([read.status, read.headers.get('etag')]).toEqual([200, made.headers.get('etag')]);
      expect(made.body.namespace ?? made.body).toMatchObject({ created_at: read.body.created_at });
      if (n === 0) continue;
      const again = await tenant.rest('POST', address, body, headers);
      expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
      expect(again.headers.get('location')).toBe(location);
    }
  });

  test('nothing else has a Location', async () => {
    for (const [method, path] of [
      ['GET', `${tenant.base}/workspaces`],
      ['POST', `${tenant.base}/workspaces`],
      ['PUT', seeded.workspace],
    ] as const) {
      const answer = await tenant.rest(method, path, method === 'GET' ? undefined : {});
      expect([method, answer.headers.get('location')]).toEqual([method, null]);
    }
  });
});
