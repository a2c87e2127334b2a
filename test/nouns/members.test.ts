import { expect, test } from 'vitest';
import { members } from '../../src/nouns/members/model.ts';
import { describeNoun } from './life.ts';

describeNoun(
  members,
  {
    at: ({ tenant }) => `${tenant.base}/members`,
    key: 'members',
    body: (_, at) => ({ email: `member${at}@example.com`, role: 'Viewer' }),
    first: {},
    change: { role: 'Developer' },
  },
  (world) => {
    test('the last Admin can neither go nor become another', async () => {
      const { tenant } = world;
      const path = `${tenant.base}/members/${tenant.memberId}`;
      for (const refused of [await tenant.rest('DELETE', path), await tenant.rest('PATCH', path, { role: 'Viewer' })])
        expect([refused.status, refused.body.details.reason]).toEqual([409, 'last_admin']);
      await tenant.rest('POST', `${tenant.base}/members`, { email: 'second@example.com', role: 'Admin' });
      expect((await tenant.rest('PATCH', path, { role: 'Viewer' })).status).toBe(200);
    });
  },
);
