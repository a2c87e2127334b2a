import { expect, test } from 'vitest';
import { routerPolicies } from '../../src/nouns/router-policies/model.ts';
import { describeNoun } from './life.ts';

describeNoun(
  routerPolicies,
  {
    at: ({ tenant }) => `${tenant.base}/router-policies`,
    key: 'policies',
    body: ({ seeded }) => ({ name: 'Chat', match: {}, route_to: seeded.modelId }),
    first: { enabled: true, status: 'active', priority: 0, fallback: null, tags: {} },
    change: { name: 'Renamed', priority: 5, description: 'x' },
  },
  (world) => {
    test('switched off it is inactive, and routes nothing', async () => {
      const { tenant, seeded } = world;
      const { policies } = (await tenant.rest('GET', `${tenant.base}/router-policies`)).body;
      for (const { policy_id: id } of policies)
        expect(
          (await tenant.rest('PATCH', `${tenant.base}/router-policies/${id}`, { enabled: false })).body.status,
        ).toBe('inactive');
      const context = { workspace_id: seeded.workspaceId };
      const { body } = await tenant.rest('POST', `${tenant.base}/router-policies/test-match`, { context });
      expect(body).toMatchObject({ matched_policies: [], selected_policy: null });
    });

    test('falls back to another model than it routes to', async () => {
      const { tenant, seeded } = world;
      const path = `${tenant.base}/router-policies/${seeded.policyId}`;
      const refused = await tenant.rest('PATCH', path, { route_to: seeded.modelId, fallback: seeded.modelId });
      expect(refused.status).toBe(422);
      expect((await tenant.rest('PATCH', path, { fallback: seeded.embeddingId })).body.fallback).toBe(
        seeded.embeddingId,
      );
    });
  },
);
