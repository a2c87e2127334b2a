import { afterAll, beforeAll, expect, test } from 'vitest';
import { providerAccounts } from '../../src/nouns/provider-accounts/model.ts';
import { type Change, type Store, StoreUnavailable } from '../../src/store/store.ts';
import { describeEngines, type Harness, type Opened, openEngine, startHarness, type Tenant } from '../harness.ts';

interface State {
  isFailing: boolean;
  hasCommitted: boolean;
  /** The reads that fail; by default all. */
  reads: readonly string[];
}

const READS = ['get', 'getMany', 'getUnique', 'page', 'pages', 'counts'];

/** A store that answers no read once it has committed, while `isFailing`. */
function failingAfterCommits(store: Store, state: State): Store {
  return new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (name === 'until')
        return (...args: [never]) => failingAfterCommits((member as Store['until']).apply(target, args), state);
      if (name === 'commit')
        return async (changes: readonly Change[]) => {
          const committed = await (member as Store['commit']).call(target, changes);
          // What the process writes beside (when a token was last used) is no change of the caller's.
          state.hasCommitted ||= changes.some((change) => change.in.name === providerAccounts.collection.name);
          return committed;
        };
      if (state.reads.includes(String(name)))
        return (...args: never[]) => {
          if (state.isFailing && state.hasCommitted) throw new StoreUnavailable('gone');
          return (member as (...given: never[]) => unknown).apply(target, args);
        };
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

describeEngines('a store that fails between a commit and its reply', (engine) => {
  const state: State = { isFailing: false, hasCommitted: false, reads: READS };
  let opened: Opened;
  let harness: Harness;
  let tenant: Tenant;
  let account: string;
  beforeAll(async () => {
    opened = await openEngine(engine);
    harness = await startHarness(engine, { deps: { store: failingAfterCommits(opened.store, state) } });
    tenant = await harness.org();
    const { body } = await tenant.rest('POST', `${tenant.base}/provider-accounts`, accountNamed('before'));
    account = body.provider_account_id;
  });
  afterAll(async () => {
    await harness.close();
    await opened.close();
  });
  const accountNamed = (name: string) => ({ name, provider_type: 'openai', credentials_ref: 'env:NONE' });

  /** Who asks is known already: what fails is the reply alone. */
  async function whileFailing<T>(send: () => Promise<T>): Promise<T> {
    await tenant.rest('GET', '/v1/me');
    Object.assign(state, { isFailing: true, hasCommitted: false });
    const answer = await send();
    state.isFailing = false;
    return answer;
  }

  test('is a 503 by REST that does not say that nothing was done, and the change is there', async () => {
    const path = `${tenant.base}/provider-accounts/${account}`;
    const { status, body } = await whileFailing(() => tenant.rest('PATCH', path, { name: 'by REST' }));
    expect([status, body.error]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(body.message).toContain('may have been made');
    expect((await tenant.rest('GET', path)).body.name).toBe('by REST');
  });

  test('is an error below the mutation by the graph that says the same', async () => {
    const query =
      'mutation($id: ID!) { updateProviderAccount(input: { providerAccountId: $id, name: "by the graph" }) { providerAccount { name status } } }';
    const { body } = await whileFailing(() => tenant.graphql(query, { id: account }));
    expect(body.errors[0].extensions.code).toBe('SERVICE_UNAVAILABLE');
    expect(body.errors[0].message).toContain('may have been made');
    const { body: read } = await tenant.rest('GET', `${tenant.base}/provider-accounts/${account}`);
    expect(read.name).toBe('by the graph');
  });

  test('is told by the kept reply under an Idempotency-Key', async () => {
    const create = () =>
      tenant.rest('POST', `${tenant.base}/provider-accounts`, accountNamed('once'), { 'Idempotency-Key': 'once' });
    const first = await whileFailing(create);
    const again = await create();
    expect([first.status, again.status]).toEqual([503, 201]);
    expect(first.body.message).toContain('may have been made');
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const { body } = await tenant.rest('GET', `${tenant.base}/provider-accounts?limit=100`);
    expect(body.accounts.filter((one: { name: string }) => one.name === 'once')).toHaveLength(1);
  });

  test('a reply that cannot be made before its commit, under an Idempotency-Key, leaves nothing and says so', async () => {
    const create = () =>
      tenant.rest('POST', `${tenant.base}/provider-accounts`, accountNamed('never'), { 'Idempotency-Key': 'never' });
    await tenant.rest('GET', '/v1/me');
    // What a reply shows is read by the loaders, in batches; what the key's record says is not.
    Object.assign(state, { isFailing: true, hasCommitted: true, reads: ['getMany'] });
    const { status, body } = await create();
    Object.assign(state, { isFailing: false, reads: READS });
    expect(status).toBe(503);
    expect(body.message).not.toContain('may have been made');
    const { body: list } = await tenant.rest('GET', `${tenant.base}/provider-accounts?limit=100`);
    expect(list.accounts.map((one: { name: string }) => one.name)).not.toContain('never');
    expect((await create()).status).toBe(201);
  });

  test('a read that fails says nothing of a change', async () => {
    const path = `${tenant.base}/provider-accounts/${account}`;
    await tenant.rest('GET', '/v1/me');
    Object.assign(state, { isFailing: true, hasCommitted: true });
    const { status, body } = await tenant.rest('GET', path);
    state.isFailing = false;
    expect(status).toBe(503);
    expect(body.message).not.toContain('may have been made');
  });
});
