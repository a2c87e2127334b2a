import { expect, test } from 'vitest';
import { entitlements } from '../../src/nouns/model-entitlements/model.ts';
import { describeNoun } from './life.ts';

describeNoun(
  entitlements,
  {
    at: ({ seeded }) => `${seeded.workspace}/model-entitlements`,
    key: 'entitlements',
    addressed: 'logical_model_id',
    body: async ({ tenant }, at) => {
      const logical_model_id = `granted-${at}`;
      await tenant.rest('POST', `${tenant.base}/logical-models`, { logical_model_id, name: 'x', category: 'chat' });
      return { logical_model_id, workspace_limits: { requests_per_minute: 5 } };
    },
    first: { enabled: true },
    change: { enabled: false },
  },
  (world) => {
    test('there is one of a workspace and a model', async () => {
      const { tenant, seeded } = world;
      const path = `${seeded.workspace}/model-entitlements`;
      const known = (await tenant.rest('GET', `${path}/${seeded.modelId}`)).body;
      const twin = await tenant.rest('POST', path, { logical_model_id: seeded.modelId });
      expect([twin.status, twin.body.details]).toEqual([
        409,
        { resource_type: 'model_entitlement', field: 'logical_model_id', conflicting_id: known.entitlement_id },
      ]);
    });
  },
);
