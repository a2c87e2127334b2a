import { expect, test } from 'vitest';
import { roles } from '../../src/nouns/roles/model.ts';
import { describeNoun } from './life.ts';

describeNoun(
  roles,
  {
    at: ({ tenant }) => `${tenant.base}/roles`,
    key: 'roles',
    body: (_, at) => ({ name: `Role ${at}`, permissions: ['apps:read'] }),
    first: {},
    change: { permissions: ['apps:*', 'jobs:read'] },
  },
  (world) => {
    test('what it allows holds for those who have it, from its change on', async () => {
      const { tenant, seeded } = world;
      const made = await tenant.rest('POST', `${tenant.base}/roles`, { name: 'Reader', permissions: ['apps:read'] });
      const reader = await tenant.as({ role: 'Reader' });
      const statusOf = async (path: string) => (await reader.rest('GET', path)).status;
      expect([await statusOf(seeded.app), await statusOf(seeded.workspace)]).toEqual([200, 403]);
      await tenant.rest('PATCH', `${tenant.base}/roles/${made.body.role_id}`, { permissions: ['workspaces:read'] });
      expect([await statusOf(seeded.app), await statusOf(seeded.workspace)]).toEqual([403, 200]);
    });

    test('a permission is a word of the list', async () => {
      const { tenant } = world;
      const refused = await tenant.rest('POST', `${tenant.base}/roles`, { name: 'x', permissions: ['apps:fly'] });
      expect([refused.status, refused.body.detail[0].loc]).toEqual([422, ['body', 'permissions', 0]]);
    });
  },
);
