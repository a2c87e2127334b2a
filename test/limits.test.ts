import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Buckets, burstOf, fill, type Rate, roomFor } from '../src/routing/bucket.ts';
import { openOf, type StoredLeases } from '../src/routing/leases.ts';
import { type Meter, type MonthMeter, meters } from '../src/routing/state.ts';
import type { Store } from '../src/store/store.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';
import { required } from './required.ts';

/** Limits that change while they are used: the new one holds from the next decision on. */

const START = Date.UTC(2026, 0, 30);
const rateArb = fc.record({
  key: fc.constant('r'),
  periodMs: fc.constantFrom(1_000, 60_000),
  limit: fc.integer({ min: 1, max: 10_000 }),
  burst: fc.option(fc.integer({ min: 1, max: 50 })),
  amount: fc.integer({ min: 1, max: 20 }),
});

describe('a rate', () => {
  const step = fc.record({ wait: fc.integer({ min: 0, max: 90_000 }), change: fc.option(rateArb, { freq: 3 }) });

  test('admits what GCRA admits while its limit stays', () => {
    fc.assert(
      fc.property(rateArb, fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 60 }), (rate, waits) => {
        const interval = rate.periodMs / rate.limit;
        let [buckets, arrival, now]: [Buckets, number, number] = [{}, 0, START];
        for (const wait of waits) {
          now += wait;
          const next = Math.max(arrival, now) + interval * rate.amount;
          const room = interval * burstOf(rate) - (next - now);
          const answer = fill(rate, buckets, now);
          if (Math.abs(room) < 0.01) return;
          expect('fill' in answer).toBe(room > 0);
          if ('fill' in answer) [buckets, arrival] = [{ fills: { r: answer.fill } }, next];
        }
      }),
    );
  });

  test('whatever changes, holds from the next decision on: it never waits longer than an emptying bucket of the new size takes', () => {
    fc.assert(
      fc.property(rateArb, fc.array(step, { maxLength: 60 }), (first, steps) => {
        let [rate, buckets, now]: [Rate, Buckets, number] = [first, {}, START];
        for (const { wait, change } of steps) {
          now += wait;
          rate = change ?? rate;
          const answer = fill(rate, buckets, now);
          if ('fill' in answer) buckets = { fills: { r: answer.fill } };
          else if (rate.amount > burstOf(rate)) expect(answer.waitMs).toBeNull();
          else expect(answer.waitMs).toBeLessThanOrEqual((burstOf(rate) / rate.limit) * rate.periodMs + 1);
        }
      }),
    );
  });

  test('the room that a refusal names is the least that would do', () => {
    fc.assert(
      fc.property(rateArb, fc.array(step, { maxLength: 30 }), (first, steps) => {
        let [rate, buckets, now]: [Rate, Buckets, number] = [first, {}, START];
        for (const { wait, change } of steps) {
          now += wait;
          rate = change ?? rate;
          const answer = fill(rate, buckets, now);
          if ('fill' in answer) {
            buckets = { fills: { r: answer.fill } };
            continue;
          }
          const room = roomFor(rate, buckets, now);
          if (room === null) continue;
          const fits = (value: number) =>
            'fill' in fill(rate.burst === null ? { ...rate, limit: value } : { ...rate, burst: value }, buckets, now);
          expect([fits(room), fits(room - 1)]).toEqual([true, false]);
        }
      }),
    );
  });
});

describeEngines('a changed limit', (engine) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness(engine);
  });
  afterAll(() => harness.close());

  interface World {
    tenant: Tenant;
    account: string;
    grant: string;
    decide: () => Promise<{ code: string; limit: string; retry_after: number | null } | null>;
  }
  const world = async (limits: object, ofGrant: object = {}): Promise<World> => {
    const tenant = await harness.org();
    const ok = async (path: string, body: object) => {
      const answer = await tenant.rest('POST', tenant.base + path, body);
      expect(answer.status, answer.text).toBe(201);
      return answer.body;
    };
    const { workspace_id } = await ok('/workspaces', { organization_id: tenant.orgId, name: 'W' });
    const { provider_account_id } = await ok('/provider-accounts', {
      name: 'A',
      provider_type: 'openai',
      credentials_ref: 'env:X',
      rate_limit_policy: { max_concurrency: 10_000, ...limits },
    });
    const targets = [{ provider_account_id, upstream_model: 'u' }];
    await ok('/logical-models', { logical_model_id: 'm', name: 'm', category: 'chat', targets });
    await ok(`/workspaces/${workspace_id}/model-entitlements`, { logical_model_id: 'm', workspace_limits: ofGrant });
    return {
      tenant,
      account: `${tenant.base}/provider-accounts/${provider_account_id}`,
      grant: `${tenant.base}/workspaces/${workspace_id}/model-entitlements/m`,
      decide: async () =>
        (
          await ok('/decisions', {
            workspace_id,
            logical_model_id: 'm',
            estimated_input_tokens: 1,
            estimated_output_tokens: 1,
          })
        ).refusal,
    };
  };
  /** Asks until it is refused; how fast this machine asks is of no matter. */
  const useUp = async ({ decide }: World) => {
    for (let at = 0; at < 1_000; at += 1) {
      const refusal = await decide();
      if (refusal !== null) return refusal;
    }
    return null;
  };
  const patch = async ({ tenant }: World, path: string, body: object) =>
    expect((await tenant.rest('PATCH', path, body)).status).toBe(200);

  const raised: [string, object, object, object, object][] = [
    ['requests_per_minute', { requests_per_minute: 1, burst_size: 10 }, {}, { requests_per_minute: 6000 }, {}],
    ['requests_per_second', { requests_per_second: 1, burst_size: 10 }, {}, { requests_per_second: 1000 }, {}],
    ['burst_size', { requests_per_minute: 1, burst_size: 2 }, {}, { burst_size: 20 }, {}],
    ['input_tokens_per_minute', { input_tokens_per_minute: 3 }, {}, { input_tokens_per_minute: 6000 }, {}],
    ['output_tokens_per_minute', { output_tokens_per_minute: 3 }, {}, { output_tokens_per_minute: 6000 }, {}],
    ['requests_per_minute of a grant', {}, { requests_per_minute: 3 }, {}, { requests_per_minute: 6000 }],
    ['tokens_per_minute of a grant', {}, { tokens_per_minute: 6 }, {}, { tokens_per_minute: 6000 }],
  ];
  test.each(raised)('%s: raised, it admits at once', async (_name, limits, ofGrant, then, thenOfGrant) => {
    const one = await world(limits, ofGrant);
    expect(await useUp(one)).toMatchObject({ code: 'RATE_LIMITED' });
    await patch(one, one.account, { rate_limit_policy: then });
    await patch(one, one.grant, { workspace_limits: thenOfGrant });
    harness.clock.offsetMs += 20;
    for (let more = 0; more < 3; more += 1) {
      expect(await one.decide()).toBeNull();
      harness.clock.offsetMs += 20;
    }
  });

  test('lowered, it counts what was taken as a full bucket of the new size, and no more', async () => {
    const one = await world({}, { requests_per_minute: 60 });
    for (let at = 0; at < 30; at += 1) await one.decide();
    await patch(one, one.grant, { workspace_limits: { requests_per_minute: 2 } });
    expect(await one.decide()).toMatchObject({ code: 'RATE_LIMITED', limit: 'requests_per_minute' });
    harness.clock.offsetMs += 31_000;
    expect([await one.decide(), (await one.decide())?.code]).toEqual([null, 'RATE_LIMITED']);
  });

  const wholeSecond = (offsetMs: number) => Math.ceil(Date.now() / 1000) * 1000 - (offsetMs % 1000);
  const serial = { max_concurrency: 1, burst_size: 1 };
  const once = { requests_per_minute: 1 };
  const together: [string, object, object, number | null][] = [
    ['a second rate', { requests_per_second: 1, requests_per_minute: 2, burst_size: 1 }, {}, 30],
    ['what is running', { requests_per_second: 1, ...serial, queue_timeout_seconds: 3600 }, {}, 600],
    ['what is running under the grant', {}, { requests_per_minute: 1, max_concurrency: 1 }, 600],
    ['an account behind the grant', { ...serial, queue_timeout_seconds: 3600 }, once, 600],
    ['an account that is free too late', { ...serial, queue_timeout_seconds: 599 }, once, null],
    ['an account that says nothing', { ...serial, queue_policy: 'reject' }, once, null],
  ];
  test.each(together)('retry_after waits for %s, too', async (_name, limits, ofGrant, seconds) => {
    const one = await world(limits, ofGrant);
    const frozen = vi.spyOn(Date, 'now').mockReturnValue(wholeSecond(harness.clock.offsetMs));
    try {
      expect(await useUp(one)).toMatchObject({ code: 'RATE_LIMITED', retry_after: seconds });
      harness.clock.offsetMs += 1000 * (seconds ?? 0);
      expect((await one.decide()) === null).toBe(seconds !== null);
    } finally {
      frozen.mockRestore();
    }
  });

  test('behind a grant without room, retry_after waits for the first account that says when, whichever is drawn', async () => {
    const one = await world({ requests_per_minute: 2, burst_size: 1 }, { requests_per_minute: 2 });
    const { tenant } = one;
    const silent = await tenant.rest('POST', `${tenant.base}/provider-accounts`, {
      ...{ name: 'B', provider_type: 'openai', credentials_ref: 'env:X' },
      rate_limit_policy: { max_concurrency: 1, queue_policy: 'reject' },
    });
    const accounts = [one.account.split('/').at(-1), silent.body.provider_account_id];
    const targets = accounts.map((provider_account_id) => ({ provider_account_id, upstream_model: 'u' }));
    await patch(one, `${tenant.base}/logical-models/m`, { targets });
    const frozen = vi.spyOn(Date, 'now').mockReturnValue(Date.now());
    try {
      expect([await one.decide(), await one.decide()]).toEqual([null, null]);
      for (let at = 0; at < 20; at += 1) expect(await one.decide()).toMatchObject({ retry_after: 30 });
    } finally {
      frozen.mockRestore();
    }
  });

  test('meters that 0.1.0 stored are read: full ones stay full, and a raised limit frees them', async () => {
    const one = await world({ requests_per_minute: 1, burst_size: 10 });
    await useUp(one);
    const { store } = harness.deps;
    const id = `account:${one.account.split('/').at(-1)}`;
    const key = { orgId: one.tenant.orgId, id };
    const { fills: _, ...meter } = required(await store.get(meters, key));
    const writtenMs = Date.parse(meter.updatedAt);
    await store.load(meters, [{ ...meter, arrivals: { requests_per_minute: writtenMs + 600_000 } } as Meter]);
    expect(await one.decide()).toMatchObject({ code: 'RATE_LIMITED', limit: 'requests_per_minute' });
    await patch(one, one.account, { rate_limit_policy: { requests_per_minute: 6000 } });
    harness.clock.offsetMs += 20;
    expect(await one.decide()).toBeNull();
    expect((await store.get(meters, key))?.arrivals).toEqual({});
  });

  test('what open decisions hold by meters that 0.1.0 stored counts until it is given back', async () => {
    const one = await world({ max_concurrency: 2 });
    const { tenant } = one;
    const { store } = harness.deps;
    for (let at = 0; at < 2; at += 1) expect(await one.decide()).toBeNull();
    for (const meter of await metersOf(store, tenant.orgId)) await store.load(meters, [asOnceStored(meter)]);
    expect(await one.decide()).toMatchObject({ code: 'CONCURRENCY_EXCEEDED' });
    const { decisions } = (await tenant.rest('GET', `${tenant.base}/decisions`)).body;
    const outcome = { success: true, input_tokens: 0, output_tokens: 0 };
    for (const { decision_id, admitted } of decisions)
      if (admitted) await tenant.rest('POST', `${tenant.base}/decisions/${decision_id}/outcome`, outcome);
    for (const { running, months } of await metersOf(store, tenant.orgId))
      expect([running, Object.values(months).map(({ held }) => held)]).toEqual([[], [[]]]);
    expect(await one.decide()).toBeNull();
  });
});

async function metersOf(store: Store, orgId: string): Promise<Meter[]> {
  return (await store.scan(meters, null, 1_000)).filter((meter) => meter.orgId === orgId);
}

/** By the second, as objects. */
function asOnceStored({ running, months, ...meter }: Meter): Meter {
  const byName = (list: StoredLeases, width: number) => {
    const numbers = openOf(list, width, 0);
    const seconds = numbers.filter((_, at) => at % width === 0);
    return Object.fromEntries(
      seconds.map((second, at) => {
        const held = numbers.slice(at * width + 1, (at + 1) * width);
        return [second, held.length > 1 ? held : required(held[0])];
      }),
    );
  };
  const month = ([period, one]: [string, MonthMeter]) => [period, { ...one, held: byName(one.held, 3) }];
  return { ...meter, running: byName(running, 2), months: Object.fromEntries(Object.entries(months).map(month)) };
}
