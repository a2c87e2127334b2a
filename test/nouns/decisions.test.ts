import { afterAll, beforeAll, expect, test } from 'vitest';
import { decisions } from '../../src/nouns/decisions/model.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { type Seeded, seed } from '../seed.ts';
import { shownByGraph } from './life.ts';

describeEngines('decisions as they are kept', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  const decide = async (more: object = {}) => {
    const body = { workspace_id: seeded.workspaceId, purpose: 'chat', tags: { team: 'search' }, ...more };
    const made = await tenant.rest('POST', `${tenant.base}/decisions`, body);
    expect(made.status, made.text).toBe(201);
    return { body, made: made.body, path: `${tenant.base}/decisions/${made.body.decision_id}`, headers: made.headers };
  };

  test('a decision is made as its body says, and is found where it says; both doors show the same', async () => {
    const { body, made, path, headers } = await decide({ estimated_input_tokens: 3 });
    expect(made).toMatchObject({
      ...body,
      estimated_output_tokens: 0,
      admitted: true,
      status: 'open',
      policy_id: seeded.policyId,
      logical_model_id: seeded.modelId,
      provider_account_id: seeded.accountId,
      outcome: null,
      refusal: null,
    });
    expect(headers.get('location')).toBe(path);
    expect((await tenant.rest('GET', path)).body).toEqual(made);
    expect(made).toMatchObject((await shownByGraph(tenant, decisions, made.decision_id)) ?? {});
  });

  test('an outcome is reported once; the second report answers the first, and moves nothing', async () => {
    const { path, made } = await decide();
    const outcome = { success: true, latency_ms: 12, input_tokens: 1, output_tokens: 2 };
    const first = await tenant.rest('POST', `${path}/outcome`, outcome);
    expect(first.body).toMatchObject({ ...made, status: 'reported', outcome, updated_at: expect.any(String) });
    const again = await tenant.rest('POST', `${path}/outcome`, { success: false, error_class: 'timeout' });
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect((await tenant.rest('GET', path)).body).toEqual(first.body);
  });

  test('lists show the newest first, and count; others find none', async () => {
    const [one, other] = [await decide(), await decide({ logical_model_id: seeded.embeddingId, purpose: 'none' })];
    const { body } = await tenant.rest('GET', `${tenant.base}/decisions`);
    const ids = body.decisions.map(({ decision_id }: { decision_id: string }) => decision_id);
    expect([ids.slice(0, 2), body.total]).toEqual([[other.made.decision_id, one.made.decision_id], ids.length]);
    const stranger = await harness.org('others');
    expect((await stranger.rest('GET', `${stranger.base}/decisions/${one.made.decision_id}`)).status).toBe(404);
    expect(await shownByGraph(stranger, decisions, one.made.decision_id)).toBeNull();
    expect((await stranger.rest('GET', `${stranger.base}/decisions`)).body.total).toBe(0);
  });
});
