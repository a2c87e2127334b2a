import { expect, test } from 'vitest';
import { namespaces } from '../../src/nouns/namespaces/model.ts';
import { describeNoun } from './life.ts';

describeNoun(
  namespaces,
  {
    at: ({ seeded }) => `${seeded.app}/namespaces`,
    key: 'namespaces',
    body: ({ seeded }, at) => ({ name: `Namespace ${at}`, environment_id: seeded.environmentId, source_ids: ['s1'] }),
    first: { status: 'active', is_private: false, thread_ids: [], reindex_status: null, embedding_model_id: null },
    change: { status: 'archived', context_type: 'chat', source_ids: [], episode_config: { every: 5 } },
    verb: 'PUT',
  },
  (world) => {
    test('names the models that it is indexed by, which must be there', async () => {
      const { tenant, seeded } = world;
      const put = (body: object) => tenant.rest('PUT', seeded.namespace, body);
      expect((await put({ extraction_model_id: seeded.modelId })).body.namespace.extraction_model_id).toBe(
        seeded.modelId,
      );
      const absent = await put({ extraction_model_id: 'absent' });
      expect([absent.status, absent.body.details]).toEqual([
        404,
        { resource_type: 'logical_model', resource_id: 'absent' },
      ]);
      expect((await put({ extraction_model_id: null })).body.namespace.extraction_model_id).toBe(null);
    });

    test('says what was done with it', async () => {
      const { tenant, seeded } = world;
      expect((await tenant.rest('PUT', seeded.namespace, { description: 'x' })).body.message).toBe(
        'Namespace updated successfully',
      );
      expect((await tenant.rest('DELETE', seeded.namespace)).body).toEqual({
        message: 'Namespace deleted successfully',
      });
    });
  },
);
