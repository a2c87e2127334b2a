import { expect, test } from 'vitest';
import { environments } from '../../src/nouns/environments/model.ts';
import { describeNoun } from './life.ts';

describeNoun(
  environments,
  {
    at: ({ seeded }) => `${seeded.workspace}/environments`,
    key: 'environments',
    body: (_, at) => ({ name: `Environment ${at}` }),
    first: { is_default: false, description: null },
    change: { description: 'What runs there.' },
  },
  (world) => {
    test('its slug follows its name', async () => {
      const { tenant, seeded } = world;
      const path = `${seeded.workspace}/environments/${seeded.environmentId}`;
      const renamed = await tenant.rest('PATCH', path, { name: 'Blue / Green' });
      expect(renamed.body).toMatchObject({ name: 'Blue / Green', slug: 'blue-green' });
      expect((await tenant.rest('PATCH', path, { description: 'x' })).body.slug).toBe('blue-green');
    });
  },
);
