import { expect, vi } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import type { Answer, Harness } from '../harness.ts';
import { required } from '../required.ts';
import { seed } from '../seed.ts';

export const feed = required(collections.find(({ name }) => name === 'feed'));

const CHECK = 'mutation ($id: ID!) { checkProviderAccount(input: { providerAccountId: $id }) { checked } }';

/** Something in every collection: one of everything, something renamed, something deleted with what lies in it, and all that a life leaves beside. */
export async function filled(harness: Harness): Promise<void> {
  const tenant = await harness.org();
  const { base } = tenant;
  const made = async (path: string, body?: unknown, status = 201): Promise<Answer['body']> => {
    const answer = await tenant.rest('POST', path, body, { 'Idempotency-Key': crypto.randomUUID() });
    expect([path, answer.status, status === answer.status ? '' : answer.text]).toEqual([path, status, '']);
    return answer.body;
  };
  await made(`${base}/webhooks`, { url: 'https://nobody.invalid/hook' });
  const seeded = await seed(tenant);
  const { workspaceId, app, workspace, namespace, modelId, embeddingId, policyId, accountId } = seeded;
  const other = await seed(tenant, 'Gone');
  await tenant.rest('PATCH', app, { name: 'Renamed' });
  await tenant.rest('DELETE', other.app);
  await made(`${workspace}/apps`, { name: 'Second' });
  await made(`${namespace}/threads/one`, undefined, 200);
  await tenant.rest('PUT', namespace, { source_ids: Array.from({ length: 20 }, (_, at) => `source ${at}`) });
  await made(`${namespace}/reindex`, { new_embedding_model_id: embeddingId }, 200);
  const decide = async () =>
    (await made(`${base}/decisions`, { workspace_id: workspaceId, logical_model_id: modelId })).decision_id;
  await decide();
  await made(`${base}/decisions/${await decide()}/outcome`, { success: true }, 200);
  await tenant.rest('PATCH', `${base}/router-policies/${policyId}`, { circuit_breaker: { consecutive_failures: 1 } });
  await made(`${base}/decisions/${await decide()}/outcome`, { success: false, error_class: 'timeout' }, 200);
  vi.stubEnv('OPENAI_KEY', JSON.stringify({ api_key: 'key', base_url: 'https://nobody.invalid' }));
  const checked = await tenant.graphql(CHECK, { id: accountId });
  expect(checked.body).toEqual({ data: { checkProviderAccount: { checked: true } } });
  vi.unstubAllEnvs();
}
