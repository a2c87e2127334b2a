import { expect, test } from 'vitest';
import { apps } from '../../src/nouns/apps/model.ts';
import { seed } from '../seed.ts';
import { describeNoun } from './life.ts';

describeNoun(
  apps,
  {
    at: ({ seeded }) => `${seeded.workspace}/apps`,
    key: 'apps',
    body: (_, at) => ({ name: `App ${at}`, tags: ['a', 'b'] }),
    first: { description: null },
    change: { description: 'What it does.', tags: [] },
  },
  (world) => {
    test('a name is taken in its workspace alone', async () => {
      const { tenant, seeded } = world;
      const other = await seed(tenant, 'Other');
      const first = await tenant.rest('POST', `${seeded.workspace}/apps`, { name: 'Twin' });
      const twin = await tenant.rest('POST', `${seeded.workspace}/apps`, { name: 'TWIN' });
      expect([twin.status, twin.body.details.conflicting_id]).toEqual([409, first.body.app_id]);
      expect((await tenant.rest('POST', `${other.workspace}/apps`, { name: 'Twin' })).status).toBe(201);
    });

    test('its namespaces go with it', async () => {
      const { tenant, seeded } = world;
      expect((await tenant.rest('DELETE', seeded.app)).status).toBe(204);
      const gone = await tenant.rest('GET', seeded.namespace);
      expect([gone.status, gone.body.details.resource_type]).toEqual([404, 'app']);
      const { body } = await tenant.graphql(`{ namespace(namespaceId: "${seeded.namespaceId}") { name } }`);
      expect([body.data.namespace, body.errors[0].extensions.details.resource_type]).toEqual([null, 'namespace']);
    });
  },
);
