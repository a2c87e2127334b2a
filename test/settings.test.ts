import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { routerPolicies } from '../src/nouns/router-policies/model.ts';
import { generations } from '../src/resource/generation.ts';
import { afterMs } from '../src/store/deadline.ts';
import { type Store, StoreUnavailable } from '../src/store/store.ts';
import { type Answer, type Client, describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';
import { type Asked, recorded, withMembers } from './recorded.ts';
import { required } from './required.ts';

/** What people set is kept in memory: how few reads that leaves, and that nothing kept is ever old. */

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

interface Place {
  tenant: Tenant;
  workspaceId: string;
  accountIds: string[];
}

async function ok(client: Client, method: string, path: string, body?: object): Promise<Answer['body']> {
  const answer = await client.rest(method, path, body);
  expect([200, 201], answer.text).toContain(answer.status);
  return answer.body;
}

/** A workspace with a policy that leads to a model of two accounts, with a fallback that has a fallback. */
async function place(harness: Harness): Promise<Place> {
  const tenant = await harness.org();
  const make = (path: string, body: object) => ok(tenant, 'POST', tenant.base + path, body);
  const { workspace_id: workspaceId } = await make('/workspaces', { organization_id: tenant.orgId, name: 'W' });
  const accountIds: string[] = [];
  for (const name of ['A', 'B']) {
    const body = { name, provider_type: 'openai', credentials_ref: 'env:X' };
    accountIds.push((await make('/provider-accounts', body)).provider_account_id);
  }
  const targets = accountIds.map((id) => ({ provider_account_id: id, upstream_model: 'u' }));
  for (const [at, fallback] of [null, 'm0', 'm1'].entries()) {
    const body = { logical_model_id: `m${at}`, name: 'M', category: 'chat', targets, fallback };
    await make('/logical-models', body);
    await make(`/workspaces/${workspaceId}/model-entitlements`, { logical_model_id: `m${at}` });
  }
  await make('/router-policies', { name: 'P', match: { purpose: 'chat' }, route_to: 'm2', fallback: 'm1' });
  return { tenant, workspaceId, accountIds };
}

describeEngines('what is set', (engine) => {
  let harness: Harness;
  let requests: Asked[];
  let there: Place;
  beforeAll(async () => {
    harness = await startHarness(engine);
    const told = recorded(harness.deps.store, nextTurn);
    harness.deps.store = told.store;
    requests = told.requests;
    there = await place(harness);
  });
  afterAll(() => harness.close());

  /** Sends a request and tells what it alone asked of the store, who asked being known. */
  async function asking(method: string, path: string, body: object): Promise<Asked & { body: Answer['body'] }> {
    await there.tenant.rest('GET', '/v1/me');
    const answer = await ok(there.tenant, method, there.tenant.base + path, body);
    return { ...required(requests.at(-1)), body: answer };
  }
  const decide = (more: object = {}) =>
    asking('POST', '/decisions', { workspace_id: there.workspaceId, purpose: 'chat', ...more });
  const waves = ({ waves: all }: Asked) => all.map((wave) => [...wave].sort());
  const HOT = ['account_health', 'meters', 'policy_breakers'];

  test('a decision reads in two waves and commits once', async () => {
    await decide();
    const asked = await decide();
    expect(asked.body.admitted).toBe(true);
    expect([waves(asked), asked.commits]).toEqual([[['generations', 'workspaces'], HOT], 1]);
  });

  test('so does a retry of a retry, which passes over all that failed before it', async () => {
    const failed = { success: false, error_class: 'timeout' };
    const report = (id: string) => asking('POST', `/decisions/${id}/outcome`, failed);
    const first = (await decide()).body;
    await report(first.decision_id);
    const second = (await decide({ retry_of: first.decision_id })).body;
    await report(second.decision_id);
    const third = await decide({ retry_of: second.decision_id });
    expect([waves(third), third.commits]).toEqual([[['decisions', 'generations', 'workspaces'], HOT], 1]);
    expect(new Set([first, second].map((one) => one.provider_account_id)).size).toBe(2);
    expect([first, second, third.body].map((one) => one.logical_model_id)).toEqual(['m2', 'm2', 'm2']);
  });

  test('an outcome reads in one wave and commits once', async () => {
    const { decision_id } = (await decide()).body;
    await asking('POST', `/decisions/${decision_id}/outcome`, { success: true });
    const again = (await decide()).body;
    const asked = await asking('POST', `/decisions/${again.decision_id}/outcome`, { success: true });
    expect([waves(asked), asked.commits]).toEqual([[['decisions', 'generations']], 1]);
  });

  test('a test of a match reads in two waves and writes nothing', async () => {
    const context = { purpose: 'chat', workspace_id: there.workspaceId };
    await asking('POST', '/router-policies/test-match', { context });
    const asked = await asking('POST', '/router-policies/test-match', { context });
    // What follows is what the reply shows of each policy.
    expect([waves(asked).slice(0, 2), asked.commits]).toEqual([
      [['generations', 'workspaces'], ['policy_breakers']],
      0,
    ]);
  });
});

/** Numbers in [0, 1), the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

const changeArb = fc.record({
  kind: fc.constantFrom('policy', 'newPolicy', 'model', 'account', 'grant', 'regrant', 'workspace'),
  which: fc.nat(2),
  on: fc.boolean(),
  /** Which of the servers makes it. */
  by: fc.nat(1),
});
type Change = typeof changeArb extends fc.Arbitrary<infer C> ? C : never;

describeEngines('what is kept of it', (engine) => {
  let one: Harness;
  let other: Harness;
  /** A server that keeps nothing. */
  let fresh: Harness;
  let random = seeded(1);
  const turns = async () => {
    for (let left = Math.floor(random() * 6); left > 0; left -= 1) await nextTurn();
  };
  const forgetful = (store: Store): Store =>
    withMembers(store, {
      until: (deadline) => withMembers(store.until(deadline), { changes: { epoch: store.changes.epoch } }),
    });
  beforeAll(async () => {
    const nowMs = Date.now();
    one = await startHarness(engine, { deps: { now: () => nowMs, random: () => 0 } });
    other = await one.again();
    fresh = await one.again();
    fresh.deps.store = forgetful(fresh.deps.store);
    for (const harness of [one, other]) harness.deps.store = recorded(harness.deps.store, turns).store;
  });
  afterAll(async () => {
    await other.close();
    await fresh.close();
    await one.close();
  });

  async function make({ kind, which, on, by }: Change, { tenant, workspaceId, accountIds }: Place) {
    const client = required([one, other][by]).client(tenant.token);
    const send = (method: string, path: string, body?: object) => client.rest(method, tenant.base + path, body);
    const grant = `/workspaces/${workspaceId}/model-entitlements`;
    switch (kind) {
      case 'policy': {
        const { policies } = (await send('GET', '/router-policies')).body;
        const { policy_id } = policies[which % policies.length];
        return send('PATCH', `/router-policies/${policy_id}`, { enabled: on, priority: which, route_to: `m${which}` });
      }
      case 'newPolicy':
        return send('POST', '/router-policies', {
          ...{ name: 'N', route_to: `m${which}`, match: on ? { purpose: 'chat' } : {}, priority: which },
        });
      case 'model':
        return send('PATCH', `/logical-models/m${which}`, { enabled: on });
      case 'account':
        return send('PATCH', `/provider-accounts/${accountIds[which % 2]}`, { enabled: on });
      case 'grant':
        return send('PATCH', `${grant}/m${which}`, { allowed_purposes: on ? null : [] });
      case 'regrant':
        return on
          ? send('POST', grant, { logical_model_id: `m${which}` })
          : send('DELETE', `${grant}/m${which}`, undefined);
      case 'workspace':
        return send('PUT', `/workspaces/${workspaceId}`, { is_active: on });
    }
  }

  const EXPLAIN = `query ($input: DecideInput!) { explainDecide(input: $input) {
    admitted refusal { code level retryAfter } policies { policyId name matched field }
    hops { logicalModelId providerAccountId admitted code } smallestChange { resourceType resourceId field to } } }`;
  const explained = async (harness: Harness, { tenant, workspaceId }: Place, asks: object) => {
    const input = { workspaceId, ...asks };
    const { body } = await harness.client(tenant.token).graphql(EXPLAIN, { input });
    return body.errors?.[0].extensions ?? body.data.explainDecide;
  };

  test('whoever changes what, and whatever is decided meanwhile, the next decision of every server knows it', async () => {
    const steps = fc.array(fc.array(changeArb, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), async (rounds, seed) => {
        random = seeded(seed);
        const there = await place(one);
        for (const changes of rounds) {
          const asks = [{ purpose: 'chat' }, { purpose: 'other', logicalModelId: 'm2' }];
          await Promise.all([
            ...changes.map((change) => make(change, there)),
            ...[one, other, one, other].map((harness, at) => explained(harness, there, required(asks[at % 2]))),
          ]);
          for (const ask of asks) {
            const now = await explained(fresh, there, ask);
            expect(await explained(one, there, ask)).toEqual(now);
            expect(await explained(other, there, ask)).toEqual(now);
          }
        }
      }),
      { numRuns: engine === 'sqlite' ? 25 : 4 },
    );
  });
});

describeEngines('policies that many wait for', (engine) => {
  let harness: Harness;
  /** Changes policies, so that nothing of them is known to the other yet. */
  let other: Harness;
  let there: Place;
  let policyId = '';
  let named = '';
  let at = 0;
  /** The reads of policies, and what each waits for before it is answered. */
  let reads = 0;
  let read: () => Promise<void> | void = () => {};
  /** Readers that have been told how far the policies are counted. */
  let told = 0;
  let isHasty = () => false;

  const late = (): never => {
    reads += 1;
    throw new StoreUnavailable('too late');
  };
  const watched = (store: Store): Store =>
    withMembers(store, {
      until: (deadline) => {
        const within = watched(store.until(deadline));
        return isHasty() ? withMembers(within, { answersBy: afterMs(0), page: late, until: () => within }) : within;
      },
      page: async (from, query) => {
        const page = await store.page(from, query);
        if (from.name !== routerPolicies.collection.name) return page;
        reads += 1;
        await read();
        return page;
      },
      getMany: async (from, keys) => {
        const docs = await store.getMany(from, keys);
        if (from.name === generations.name) told += 1;
        return docs;
      },
    });

  beforeAll(async () => {
    harness = await startHarness(engine);
    other = await harness.again();
    harness.deps.store = watched(harness.deps.store);
    there = await place(harness);
    const { tenant } = there;
    policyId = (await ok(tenant, 'GET', `${tenant.base}/router-policies`)).policies[0].policy_id;
  });
  afterAll(async () => {
    await other.close();
    await harness.close();
  });
  beforeEach(async () => {
    named = `P${at++}`;
    await change(named);
    [reads, told, read, isHasty] = [0, 0, () => {}, () => false];
  });

  async function change(name: string): Promise<void> {
    const { token, base } = there.tenant;
    await ok(other.client(token), 'PATCH', `${base}/router-policies/${policyId}`, { name });
  }
  /** What a test of a match answers: its status, and the policy that it found. */
  async function match(): Promise<[number, string | undefined]> {
    const context = { purpose: 'chat', workspace_id: there.workspaceId };
    const { status, body } = await there.tenant.rest('POST', `${there.tenant.base}/router-policies/test-match`, {
      context,
    });
    return [status, body.selected_policy?.name];
  }
  const MANY = 12;
  const matches = (count: number) => Promise.all(Array.from({ length: count }, match));
  /** Until so many have asked, and gone as far as they go without an answer. */
  async function waiting(count: number): Promise<void> {
    while (told < count) await nextTurn();
    for (let turns = 0; turns < 20; turns += 1) await nextTurn();
  }

  test('are read once after a change', async () => {
    read = () => waiting(MANY);
    expect(await matches(MANY)).toEqual(Array(MANY).fill([200, named]));
    expect(reads).toBe(1);
  });

  test('fail nobody but whoever began to read them', async () => {
    read = async () => {
      await waiting(MANY);
      if (reads <= 2) throw new StoreUnavailable('gone');
    };
    const statuses = (await matches(MANY)).map(([status]) => status).sort();
    expect(statuses).toEqual([...Array(MANY - 2).fill(200), 503, 503]);
    expect(reads).toBe(3);
  });

  test('are read on for others when the time of whoever began is up', async () => {
    const hasty = Promise.withResolvers<void>();
    read = () => hasty.promise;
    isHasty = () => true;
    expect(await match()).toEqual([503, undefined]);
    isHasty = () => false;
    const others = matches(MANY);
    await waiting(1 + MANY);
    hasty.resolve();
    expect(await others).toEqual(Array(MANY).fill([200, named]));
    expect(reads).toBe(1);
  });

  test('are read anew for whoever asks after a change that they may not know, once for all of these', async () => {
    const old = Promise.withResolvers<void>();
    // What has been read before the change is answered after it.
    read = () => (reads === 1 ? old.promise : undefined);
    const before = match();
    await waiting(1);
    await change('Q');
    const after = matches(MANY);
    await waiting(1 + MANY);
    old.resolve();
    await before;
    expect(await after).toEqual(Array(MANY).fill([200, 'Q']));
    expect(reads).toBe(2);
  });
});
