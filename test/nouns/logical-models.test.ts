import { expect, test } from 'vitest';
import { logicalModels } from '../../src/nouns/logical-models/model.ts';
import { describeNoun } from './life.ts';

describeNoun(
  logicalModels,
  {
    at: ({ tenant }) => `${tenant.base}/logical-models`,
    key: 'models',
    body: (_, at) => ({ logical_model_id: `model-${at}`, name: `Model ${at}`, category: 'chat' }),
    first: { capabilities: [], targets: [], fallback: null },
    change: { name: 'Renamed', capabilities: ['tools'] },
  },
  (world) => {
    test('its id is a slug of the organization’s choice, taken once', async () => {
      const { tenant } = world;
      const make = (id: string) =>
        tenant.rest('POST', `${tenant.base}/logical-models`, { logical_model_id: id, name: 'x', category: 'chat' });
      expect((await make('meta/llama')).status).toBe(422);
      expect((await make('gpt-4o')).status).toBe(201);
      const taken = await make('gpt-4o');
      expect([taken.status, taken.body.details]).toEqual([
        409,
        { resource_type: 'logical_model', field: 'logical_model_id', conflicting_id: 'gpt-4o' },
      ]);
    });

    test('a fallback that leads back is refused', async () => {
      const { tenant, seeded } = world;
      const path = (id: string) => `${tenant.base}/logical-models/${id}`;
      const make = { logical_model_id: 'second', name: 'x', category: 'chat', fallback: seeded.modelId };
      expect((await tenant.rest('POST', `${tenant.base}/logical-models`, make)).status).toBe(201);
      const circle = await tenant.rest('PATCH', path(seeded.modelId), { fallback: 'second' });
      expect([circle.status, circle.body.detail[0]]).toMatchObject([
        422,
        { type: 'value_error', loc: ['body', 'fallback'] },
      ]);
    });
  },
);
