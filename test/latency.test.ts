import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countOf, type Latencies, latencyOf, percentile, together, unlessEmpty } from '../src/routing/latency.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';
import { required } from './required.ts';

/** The latency that so many percent did not exceed, of all that were said. */
function exact(all: readonly number[], percent: number): number {
  return required(all.toSorted((left, right) => left - right)[Math.ceil((all.length * percent) / 100) - 1]);
}

function far(all: readonly number[], percent: number, told: number): number {
  const wanted = exact(all, percent);
  return Math.abs(told - wanted) / Math.max(1, wanted);
}

const ms = fc.oneof(fc.nat(12), fc.nat(3_000), fc.nat(86_400_000));
const several = fc.array(ms, { minLength: 1, maxLength: 200 });
const counted = (all: readonly number[]) => all.map(latencyOf).reduce<Latencies>(together, []);

describe('latencies by buckets', () => {
  test('a percentile is no further than 5 % from the true one, and below 10 ms exact', () => {
    fc.assert(
      fc.property(several, fc.constantFrom(1, 50, 95, 99, 100), (all, percent) => {
        const told = percentile(required(unlessEmpty(counted(all))), percent);
        expect(far(all, percent, told)).toBeLessThanOrEqual(0.05);
        if (exact(all, percent) < 10) expect(told).toBe(exact(all, percent));
      }),
    );
  });

  test('put together they are what all at once are, in whatever order', () => {
    fc.assert(
      fc.property(several, several, (some, others) => {
        const all = counted([...some, ...others]);
        expect(together(counted(some), counted(others))).toEqual(all);
        expect(together(counted(others), counted(some))).toEqual(all);
        expect(countOf(all)).toBe(some.length + others.length);
      }),
    );
  });

  test('places that are stored mean for ever what they meant', () => {
    const places = [0, 1, 9, 10, 12, 100, 1_000, 30_000, 3_600_000, 86_400_000, 2 ** 53 - 1].map(
      (one) => latencyOf(one)[0],
    );
    expect(places).toEqual([0, 1, 9, 10, 11, 29, 53, 89, 139, 172, 172]);
  });
});

const LATENCY = 'latency { count p50 p95 p99 }';
const BY = `byAccount { id ${LATENCY} } byModel { id ${LATENCY} } byWorkspace { id usage { requests } latency { count } }`;
const USAGE = `query ($granularity: UsageGranularity!, $since: DateTime) { usage(granularity: $granularity, since: $since) {
  ${LATENCY} ${BY} totals { requests } nodes { startsAt ${LATENCY} ${BY} } } }`;

describeEngines('latency in the usage', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let workspaceId: string;
  const accounts: Record<string, string> = {};
  const said: { account: string; hour: number; ms: number }[] = [];
  // An Object has something under this name, too.
  const MODELS = ['m', 'constructor'];

  const make = async (path: string, body: object) => {
    const answer = await tenant.rest('POST', tenant.base + path, body);
    expect([200, 201], answer.text).toContain(answer.status);
    return answer.body;
  };
  const usage = async (granularity: string, since?: string) => {
    const { body } = await tenant.graphql(USAGE, { granularity, since });
    expect(body.errors).toBeUndefined();
    return body.data.usage;
  };
  const report = async (model: string, outcome: object) => {
    const { decision_id } = await make('/decisions', { workspace_id: workspaceId, logical_model_id: model });
    await make(`/decisions/${decision_id}/outcome`, { success: true, ...outcome });
  };
  const ofAccount = (id: string) => said.filter(({ account }) => account === id).map((one) => one.ms);
  const expectNear = (told: Record<string, number>, all: readonly number[]) => {
    expect(told.count).toBe(all.length);
    for (const percent of [50, 95, 99])
      expect(far(all, percent, required(told[`p${percent}`]))).toBeLessThanOrEqual(0.05);
  };

  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org('latency');
    workspaceId = (await make('/workspaces', { organization_id: tenant.orgId, name: 'W' })).workspace_id;
    for (const id of MODELS) {
      const account = { name: id, provider_type: 'openai', credentials_ref: 'env:X' };
      accounts[id] = (await make('/provider-accounts', account)).provider_account_id;
      const targets = [{ provider_account_id: accounts[id], upstream_model: 'up' }];
      await make('/logical-models', { logical_model_id: id, name: id, category: 'chat', targets });
      await make(`/workspaces/${workspaceId}/model-entitlements`, { logical_model_id: id });
      await make('/router-policies', { name: id, match: { purpose: id }, route_to: id });
    }
    // So that what follows lies in one day.
    const now = Date.now();
    harness.clock.offsetMs = Math.ceil(now / 86_400_000) * 86_400_000 + 600_000 - now;
    for (const hour of [0, 1, 2]) {
      for (const [at, latency] of [3, 40, 41, 800, 1_200, 9_000].entries()) {
        const model = required(MODELS[at % 2]);
        const latencyMs = latency * (hour + 1);
        await report(model, { latency_ms: latencyMs });
        said.push({ account: required(accounts[model]), hour, ms: latencyMs });
      }
      await report('m', {});
      harness.clock.offsetMs += 3_600_000;
    }
  });
  afterAll(() => harness.close());

  test('each hour has the percentiles of what was said in it: in all, and of each account and model', async () => {
    const { nodes } = await usage('hour');
    expect(nodes).toHaveLength(3);
    for (const [at, node] of nodes.toReversed().entries()) {
      const then = said.filter(({ hour }) => hour === at);
      expectNear(
        node.latency,
        then.map((one) => one.ms),
      );
      for (const [model, account] of Object.entries(accounts)) {
        const own = then.filter((one) => one.account === account).map((one) => one.ms);
        for (const list of [node.byAccount, node.byModel]) {
          const found = list.find(({ id }: { id: string }) => [account, model].includes(id));
          expectNear(found.latency, own);
        }
      }
    }
  });

  test('hours put together are the day, exactly', async () => {
    const hours = await usage('hour');
    const day = await usage('day');
    expect(hours.totals).toEqual({ requests: said.length + 3 });
    expectNear(
      hours.latency,
      said.map((one) => one.ms),
    );
    for (const { id, latency } of hours.byAccount) expectNear(latency, ofAccount(id));
    const { startsAt: _, ...only } = day.nodes[0];
    const { nodes: __, totals: ___, ...together } = hours;
    expect(together).toEqual(only);
    expect(together.byWorkspace).toEqual([{ id: workspaceId, usage: { requests: said.length + 3 }, latency: null }]);
  });

  test('where no outcome says how long it took there is none, as in what was stored before it was counted', async () => {
    const since = new Date(Date.now() + harness.clock.offsetMs).toISOString();
    const startsAt = `${since.slice(0, 13)}:00:00.000Z`;
    await report('m', {});
    const none = await usage('hour', startsAt);
    expect(none.latency).toBeNull();
    expect(none.byModel).toEqual([{ id: 'm', latency: null }]);
    const key = { orgId: tenant.orgId, id: `hour.${startsAt}` };
    await harness.rewrite('usage', key, ({ accountLatencies: _, modelLatencies: __, ...older }) => older);
    expect(await usage('hour', startsAt)).toEqual(none);
    await report('m', { latency_ms: 7 });
    const { latency, byAccount, totals } = await usage('hour', startsAt);
    expect([latency, totals]).toEqual([{ count: 1, p50: 7, p95: 7, p99: 7 }, { requests: 2 }]);
    expect(byAccount).toEqual([{ id: accounts.m, latency }]);
  });
});
