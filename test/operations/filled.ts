import { expect } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import type { Harness } from '../harness.ts';
import { required } from '../required.ts';
import { seed } from '../seed.ts';

export const feed = required(collections.find(({ numbered }) => numbered !== undefined));

/** One of everything, something renamed, something deleted with what lies in it, and a decision. */
export async function filled(harness: Harness): Promise<void> {
  const tenant = await harness.org();
  const { workspaceId, app, workspace, modelId } = await seed(tenant);
  const other = await seed(tenant, 'Gone');
  await tenant.rest('PATCH', app, { name: 'Renamed' });
  await tenant.rest('DELETE', other.app);
  await tenant.rest('POST', `${workspace}/apps`, { name: 'Second' });
  const decided = await tenant.rest('POST', `${tenant.base}/decisions`, {
    workspace_id: workspaceId,
    logical_model_id: modelId,
  });
  expect(decided.status).toBe(201);
}
