import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { describeEngines, type Harness, startHarness } from './harness.ts';

const MINUTE_S = 60;
const account = fc.record({
  requests_per_minute: fc.constantFrom(1, 2, 3, 6, 12),
  queue_policy: fc.constantFrom('wait' as const, 'wait' as const, 'reject' as const),
  queue_timeout_seconds: fc.constantFrom(15, 300),
});
type Pace = { requests_per_minute: number; queue_policy: 'wait' | 'reject'; queue_timeout_seconds: number };

/** What an account without room says, once its one request of a burst is taken. */
function saidBy({ requests_per_minute, queue_policy, queue_timeout_seconds }: Pace): number {
  const seconds = MINUTE_S / requests_per_minute;
  return queue_policy === 'wait' && seconds <= queue_timeout_seconds ? seconds : Number.POSITIVE_INFINITY;
}

describeEngines('accounts without room', (engine) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness(engine);
  });
  afterAll(() => harness.close());

  async function routed(paces: readonly Pace[]) {
    const tenant = await harness.org();
    const ok = async (path: string, body: object) => {
      const answer = await tenant.rest('POST', tenant.base + path, body);
      expect(answer.status, answer.text).toBe(201);
      return answer.body;
    };
    const { workspace_id } = await ok('/workspaces', { organization_id: tenant.orgId, name: 'W' });
    const targets = [];
    for (const pace of paces) {
      const rate_limit_policy = { ...pace, burst_size: 1, max_concurrency: 1000 };
      const made = { name: 'A', provider_type: 'openai', credentials_ref: 'env:X', rate_limit_policy };
      const { provider_account_id } = await ok('/provider-accounts', made);
      targets.push({ provider_account_id, upstream_model: 'u' });
    }
    await ok('/logical-models', { logical_model_id: 'm', name: 'm', category: 'chat', targets });
    await ok(`/workspaces/${workspace_id}/model-entitlements`, { logical_model_id: 'm' });
    const decide = () => ok('/decisions', { workspace_id, logical_model_id: 'm' });
    return { decide, ids: targets.map(({ provider_account_id }) => provider_account_id) };
  }

  test('the refusal is of the one that has room first, whichever is drawn, and its retry_after is enough', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(account, { minLength: 2, maxLength: 4 }), async (paces) => {
        const { decide, ids } = await routed(paces);
        const frozen = vi.spyOn(Date, 'now').mockReturnValue(Date.now());
        try {
          for (const _ of ids) expect((await decide()).admitted).toBe(true);
          const said = paces.map(saidBy);
          const soonest = Math.min(...said);
          for (let times = 0; times < 5; times += 1) {
            const { refusal, hops } = await decide();
            const retry_after = Number.isFinite(soonest) ? soonest : null;
            expect(refusal).toMatchObject({ code: 'RATE_LIMITED', limit: 'requests_per_minute', retry_after });
            expect(said[ids.indexOf(hops[0].provider_account_id)]).toBe(soonest);
          }
          if (!Number.isFinite(soonest)) return;
          harness.clock.offsetMs += 1000 * soonest;
          expect((await decide()).admitted).toBe(true);
        } finally {
          frozen.mockRestore();
        }
      }),
      { numRuns: 10 },
    );
  });
});
