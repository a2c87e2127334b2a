import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { type Seeded, seed } from '../seed.ts';

/** What is taken: the right to read it, where, by whom, and what the refusal names of it. */
const taken = ({ base, orgId }: Tenant, seeded: Seeded) =>
  [
    ['workspaces', `${base}/workspaces`, { organization_id: orgId, name: 'search' }, seeded.workspaceId],
    ['apps', `${seeded.workspace}/apps`, { name: 'chat' }, seeded.appId],
    ['environments', `${seeded.workspace}/environments`, { name: 'staging' }, seeded.environmentId],
    [
      'namespaces',
      `${seeded.app}/namespaces`,
      { name: 'docs', environment_id: seeded.environmentId },
      seeded.namespaceId,
    ],
    [
      'models',
      `${base}/logical-models`,
      { logical_model_id: seeded.modelId, name: 'x', category: 'chat' },
      seeded.modelId,
    ],
    ['entitlements', `${seeded.workspace}/model-entitlements`, { logical_model_id: seeded.modelId }, /^ent_/],
    ['roles', `${base}/roles`, { name: 'VIEWER', permissions: [] }, /^role_/],
    ['members', `${base}/members`, { email: 'ADMIN@localhost', role: 'Nothing' }, /^mem_/],
  ] as const;

describeEngines('conflicting_id', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    seeded = await seed(tenant);
    await tenant.rest('POST', `${tenant.base}/roles`, { name: 'Nothing', permissions: [] });
  });
  afterAll(() => harness.close());

  test('names what has the name to who may read such alone', async () => {
    for (const [word, path, body, id] of taken(tenant, seeded)) {
      const idTo = async (...permissions: string[]) => {
        const client = await tenant.as({ permissions: [`${word}:create`, ...permissions] });
        const { status, body: told } = await client.rest('POST', path, body);
        expect([word, status]).toEqual([word, 409]);
        return told.details.conflicting_id;
      };
      expect([word, await idTo()]).toEqual([word, null]);
      expect([word, await idTo(`${word}:read`)]).toEqual([
        word,
        typeof id === 'string' ? id : expect.stringMatching(id),
      ]);
    }
  });

  test('names what refers to a thing to who may read such alone', async () => {
    const path = `${tenant.base}/provider-accounts/${seeded.accountId}`;
    const idTo = async (permissions: string[]) =>
      (await (await tenant.as({ permissions })).rest('DELETE', path)).body.details.conflicting_id;
    expect(await idTo(['provider_accounts:delete'])).toBeNull();
    expect(await idTo(['provider_accounts:delete', 'models:read'])).toBe(seeded.modelId);
  });
});
