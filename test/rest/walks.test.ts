import { afterAll, beforeAll, expect, test } from 'vitest';
import { rows } from '../../src/catalog/nouns.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { addressOf, type Seeded, seed } from '../seed.ts';

/** Of every filter of every list, some values, each in all the spellings that mean the same. A filter that is not here fails the test. */
const spellings: Record<string, string[][]> = {
  organization_id: [['{org}']],
  search: [['d', 'D']],
  enabled_only: [
    ['true', 'YES', '1'],
    ['false', 'off', '0'],
  ],
  // Each list has words of its own; those of others are skipped.
  status: [['active'], ['inactive'], ['failed']],
  provider_type: [['openai']],
  action: [['workspace.create'], ['router_policy.create']],
  actor_id: [['{actor}']],
  resource_type: [['workspace'], ['logical_model']],
  resource_id: [['{workspace}']],
  since: [['2020-01-01T00:00:00.000Z', '2020-01-01T00:00:00Z', '2020-01-01t01:30:00.0009+01:30']],
  until: [['9000-01-01T00:00:00.000Z', '9000-01-01T00:00:00z', '8999-12-31T20:00:00-04:00']],
};

/** Generated from the rows: a list is walked by its cursor whatever it is filtered by, and however that is written. */
describeEngines('a walk through a list', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  let webhookId: string;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    seeded = await seed(tenant);
    await seed(tenant, 'Second');
    for (const name of ['D1', 'D2']) {
      await make(`${seeded.workspace}/apps`, { name });
      await make(`${seeded.workspace}/environments`, { name });
      await make(`${seeded.app}/namespaces`, { name, environment_id: seeded.environmentId });
      const account = { name, provider_type: 'openai', credentials_ref: 'env:X', enabled: false };
      await make(`${tenant.base}/provider-accounts`, account);
      await make(`${tenant.base}/router-policies`, { name, match: {}, route_to: seeded.modelId, enabled: false });
      await make(`${tenant.base}/members`, { email: `${name}@example.com`, role: 'Viewer' });
      await make(`${tenant.base}/tokens`, { name, role: 'Viewer' });
      await make(`${tenant.base}/decisions`, { workspace_id: seeded.workspaceId });
      webhookId = (await make(`${tenant.base}/webhooks`, { url: 'https://example.com', types: ['*'] })).webhook_id;
    }
    await make(`${seeded.workspace}/model-entitlements`, { logical_model_id: seeded.embeddingId });
  });
  afterAll(() => harness.close());

  const make = async (path: string, body: object) => {
    const answer = await tenant.rest('POST', path, body);
    expect(answer.status, answer.text).toBe(201);
    return answer.body;
  };
  const filled = (text: string) =>
    text.replace('{org}', tenant.orgId).replace('{actor}', tenant.memberId).replace('{workspace}', seeded.workspaceId);

  const lists = rows.filter(({ query }) => query && 'cursor' in query.shape);
  test.each(lists)('$path', async (row) => {
    const path = addressOf(row.path, tenant, seeded).replace('absent', webhookId);
    const page = async (query: Record<string, string>) => {
      const answer = await tenant.rest('GET', `${path}?${new URLSearchParams({ limit: '1', ...query })}`);
      expect([query, answer.status, answer.body?.detail]).toEqual([query, 200, undefined]);
      return answer.body;
    };
    const walk = async (asked: Record<string, string>[]) => {
      const seen: string[] = [];
      let cursor: string | null = null;
      let total = 0;
      do {
        const query: Record<string, string> = required(asked[seen.length % asked.length]);
        const body = await page({ ...query, ...(cursor === null ? {} : { cursor }) });
        const key = required(Object.keys(body).find((name) => Array.isArray(body[name])));
        seen.push(...body[key].map((one: object) => JSON.stringify(one)));
        cursor = body.next_cursor;
        total = body.total;
      } while (cursor !== null && seen.length < 8);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toHaveLength(Math.min(total, 8));
    };
    await walk([{}]);
    const filters = Object.keys(required(row.query).shape).filter((name) => !['limit', 'cursor'].includes(name));
    for (const filter of filters.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)))
      for (const same of required(spellings[filter])) {
        const asked = same.map((text) => ({ [filter]: filled(text) }));
        if (filter === 'status' && (await tenant.rest('GET', `${path}?status=${same[0]}`)).status === 422) continue;
        await walk(asked);
      }
  });
});
