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
    test('a role that is renamed is shown by its new name, by a conditional GET too', async () => {
      const { tenant } = world;
      const role = (await tenant.rest('POST', `${tenant.base}/roles`, { name: 'First', permissions: [] })).body;
      const invited = { email: 'renamed@example.com', role: 'First' };
      const made = await tenant.rest('POST', `${tenant.base}/members`, invited);
      const path = `${tenant.base}/members/${made.body.member_id}`;
      const conditional = { 'If-None-Match': made.headers.get('etag') ?? '' };
      await tenant.rest('PATCH', `${tenant.base}/roles/${role.role_id}`, { name: 'Second' });
      const read = await tenant.rest('GET', path, undefined, conditional);
      expect([read.status, read.body?.role]).toEqual([200, 'Second']);
      const changed = await tenant.rest('PATCH', path, { role: 'Viewer' });
      const current = { 'If-None-Match': changed.headers.get('etag') ?? '' };
      expect((await tenant.rest('GET', path, undefined, current)).status).toBe(304);
    });

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
