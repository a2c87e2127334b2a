import { expect, test } from 'vitest';
import { workspaces } from '../../src/nouns/workspaces/model.ts';
import { describeNoun } from './life.ts';

describeNoun(
  workspaces,
  {
    at: ({ tenant }) => `${tenant.base}/workspaces`,
    key: 'workspaces',
    body: ({ tenant }, at) => ({ organization_id: tenant.orgId, name: `Workspace ${at}` }),
    first: { description: null, is_active: true, tags: [], region: 'us-east-1' },
    change: { is_active: false, tags: ['team:search'] },
    verb: 'PUT',
    isSettled: ({ bucket_status }) => bucket_status === 'ready',
  },
  (world) => {
    test('begins with one default environment', async () => {
      const { tenant } = world;
      const body = { organization_id: tenant.orgId, name: 'Begun' };
      const { workspace_id: id } = (await tenant.rest('POST', `${tenant.base}/workspaces`, body)).body;
      const list = await tenant.rest('GET', `${tenant.base}/workspaces/${id}/environments`);
      expect(list.body).toMatchObject({
        total: 1,
        environments: [{ name: 'Default', slug: 'default', is_default: true }],
      });
    });

    test('belongs to the organization of its path', async () => {
      const { tenant } = world;
      const foreign = await tenant.rest('POST', `${tenant.base}/workspaces`, { organization_id: 'org_x', name: 'x' });
      expect([foreign.status, foreign.body.detail[0]]).toMatchObject([
        422,
        { type: 'value_error', loc: ['body', 'organization_id'] },
      ]);
    });

    test('a PUT leaves what it does not say, and null clears what may be null', async () => {
      const { tenant, seeded } = world;
      await tenant.rest('PUT', seeded.workspace, { description: 'x', subscription_plan_id: 'plan' });
      const cleared = await tenant.rest('PUT', seeded.workspace, { description: null });
      expect(cleared.body).toMatchObject({ description: null, subscription_plan_id: 'plan', name: 'Search' });
      const refused = await tenant.rest('PUT', seeded.workspace, { name: null });
      expect([refused.status, refused.body.detail[0].loc]).toEqual([422, ['body', 'name']]);
    });
  },
);
