import { expect, test } from 'vitest';
import { providerAccounts } from '../../src/nouns/provider-accounts/model.ts';
import { describeNoun } from './life.ts';

describeNoun(
  providerAccounts,
  {
    at: ({ tenant }) => `${tenant.base}/provider-accounts`,
    key: 'accounts',
    body: () => ({ name: 'OpenAI', provider_type: 'openai', credentials_ref: 'env:OPENAI_KEY' }),
    first: { enabled: true, status: 'active', status_reason: null, routing_mode: 'direct' },
    change: { name: 'Renamed', tags: { team: 'search' } },
  },
  (world) => {
    test('switched off it is inactive, and says why', async () => {
      const { tenant, seeded } = world;
      const path = `${tenant.base}/provider-accounts/${seeded.accountId}`;
      const off = await tenant.rest('PATCH', path, { enabled: false });
      expect(off.body).toMatchObject({ status: 'inactive', status_reason: 'disabled by its operator' });
      expect((await tenant.rest('PATCH', path, { enabled: true })).body.status).toBe('active');
    });

    /** As providers, clouds and this product give them; made up. */
    const keys = [
      ...['sk-proj-abcdefghijklmnopqrstuvwxyz012345', 'env:sk-abc', 'env:NOT A NAME', ' AKIAIOSFODNN7EXAMPLE'],
      ...['wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', '{"type": "service_account"}', `mm_tok_${'a'.repeat(12)}_b`],
      ...['pplx-0123456789abcdef', 'nvapi-abcdefghij', 'fw_3Zabcdefg', `team-${'0123456789abcdef'.repeat(2)}`],
    ];
    test.each(keys)('a key is no reference to credentials: %s', async (reference) => {
      const { tenant, seeded } = world;
      const path = `${tenant.base}/provider-accounts/${seeded.accountId}`;
      const refused = await tenant.rest('PATCH', path, { credentials_ref: reference });
      expect([refused.status, refused.body.detail[0]]).toMatchObject([
        422,
        { type: 'value_error', loc: ['body', 'credentials_ref'] },
      ]);
    });
  },
);
