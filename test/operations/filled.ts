import { expect } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import type { Harness } from '../harness.ts';
import { required } from '../required.ts';
import { seed } from '../seed.ts';

export const feed = required(collections.find(({ name }) => name === 'feed'));

/** One of everything, something renamed, something deleted with what lies in it, and two decisions, the later one reported. */
export async function filled(harness: Harness): Promise<void> {
  const tenant = await harness.org();
  const { workspaceId, app, workspace, modelId } = await seed(tenant);
  const other = await seed(tenant, 'Gone');
  await tenant.rest('PATCH', app, { name: 'Renamed' });
  await tenant.rest('DELETE', other.app);
  await tenant.rest('POST', `${workspace}/apps`, { name: 'Second' });
  const decide = async (): Promise<string> => {
    const asked = { workspace_id: workspaceId, logical_model_id: modelId };
    const { status, body } = await tenant.rest('POST', `${tenant.base}/decisions`, asked);
    expect(status).toBe(201);
    return body.decision_id;
  };
  await decide();
  const outcome = await tenant.rest('POST', `${tenant.base}/decisions/${await decide()}/outcome`, { success: true });
  expect(outcome.status).toBe(200);
}
