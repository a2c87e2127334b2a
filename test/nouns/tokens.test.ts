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
    test('it says who it is, by both doors', async () => {
      const { tenant } = world;
      const bot = await tenant.as({ role: 'Viewer' });
      const { body } = await bot.graphql('{ viewer { tokenId actorId role } }');
      expect(body.data.viewer).toEqual({ tokenId: bot.tokenId, actorId: bot.tokenId, role: 'Viewer' });
      expect((await bot.rest('GET', '/v1/me')).body).toMatchObject({ token_id: bot.tokenId, role: 'Viewer' });
    });
  },
);
