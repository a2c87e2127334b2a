import { expect, test } from 'vitest';
import { tokens } from '../../src/nouns/tokens/model.ts';
import { describeNoun } from './life.ts';

describeNoun(
  tokens,
  {
    at: ({ tenant }) => `${tenant.base}/tokens`,
    key: 'tokens',
    body: () => ({ name: 'Bot', role: 'Viewer' }),
    first: { revoked_at: null, last_used_at: null, workspace_ids: null },
    change: { name: 'Renamed', rate_limit_per_minute: 60 },
    staysReadable: true,
    ended: 'revoke',
  },
  (world) => {
    test('its workspaces are looked for where they come to it: one that is gone since can stay, and others leave', async () => {
      const { tenant, seeded } = world;
      const workspace = (name: string) =>
        tenant.rest('POST', `${tenant.base}/workspaces`, { organization_id: tenant.orgId, name });
      const { workspace_id: gone } = (await workspace('Gone')).body;
      const { tokenId } = await tenant.as({ role: 'Viewer', workspace_ids: [seeded.workspaceId, gone] });
      await tenant.rest('DELETE', `${tenant.base}/workspaces/${gone}`);
      const path = `${tenant.base}/tokens/${tokenId}`;
      for (const workspace_ids of [[gone, seeded.workspaceId], [gone], []])
        expect((await tenant.rest('PATCH', path, { workspace_ids })).body.workspace_ids).toEqual(workspace_ids);
      const back = await tenant.rest('PATCH', path, { workspace_ids: [gone] });
      expect([back.status, back.body.details]).toEqual([404, { resource_type: 'workspace', resource_id: gone }]);
    });

    test('it says who it is, by both doors', async () => {
      const { tenant } = world;
      const bot = await tenant.as({ role: 'Viewer' });
      const { body } = await bot.graphql('{ viewer { tokenId actorId role } }');
      expect(body.data.viewer).toEqual({ tokenId: bot.tokenId, actorId: bot.tokenId, role: 'Viewer' });
      expect((await bot.rest('GET', '/v1/me')).body).toMatchObject({ token_id: bot.tokenId, role: 'Viewer' });
    });
  },
);
