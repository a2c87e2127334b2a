import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Change, Store } from '../../src/store/store.ts';
import {
  type Client,
  describeEngines,
  type Harness,
  type Opened,
  openEngine,
  startHarness,
  type Tenant,
} from '../harness.ts';
import { required } from '../required.ts';
import { byGraph, type Following, until } from './following.ts';

const ROUNDS = Number(process.env.SWITCHYARD_ROUNDS ?? 1);
const EACH = 6 * ROUNDS;
const READERS = 3;
const BEHIND_MS = 90_000;

interface Told {
  cursor: string;
  node: { decisionId: string; status: string; purpose: string | null };
}

/** A store of which some commits of decisions wait until others, made later, have been told. */
function holding(store: Store, hold: () => Promise<void>): Store {
  const isDecided = (changes: readonly Change[]) =>
    changes.some((change) => change.type === 'insert' && change.in.name === 'decisions');
  const held = (of: Store): Store =>
    new Proxy(of, {
      get(target, name) {
        if (name === 'until') return (deadline: number) => held(target.until(deadline));
        const value = Reflect.get(target, name, target);
        if (name !== 'commit') return typeof value === 'function' ? value.bind(target) : value;
        return async (changes: readonly Change[]) => {
          if (isDecided(changes)) await hold();
          return target.commit(changes);
        };
      },
    });
  return held(store);
}

/** Two processes on one store; the clock of the second is behind, and its commits can be held back. */
describeEngines('the decisions of an organization, followed', (engine) => {
  let opened: Opened;
  let one: Harness;
  let two: Harness;
  let hold: () => Promise<void> = async () => {};
  beforeAll(async () => {
    opened = await openEngine(engine);
    const again = await opened.again();
    one = await startHarness(engine, { opened });
    two = await startHarness(engine, {
      opened: { ...again, store: holding(again.store, () => hold()) },
      deps: { now: () => Date.now() - BEHIND_MS },
    });
  });
  afterAll(async () => {
    await two.close();
    await one.close();
  });

  const follow = (at: Harness, { token }: Client, args = '', fields = 'decisionId status purpose') =>
    byGraph(at.url, one.client(token), `subscription { decisions${args} { cursor node { ${fields} } } }`);
  const toldTo = ({ events }: Following) => events as unknown as Told[];
  const make = async (by: Client, path: string, body: object) => {
    const answer = await by.rest('POST', path, body);
    expect([200, 201], answer.text).toContain(answer.status);
    return answer.body;
  };

  /** An organization in whose workspaces requests go to `m`. */
  async function organization(...names: string[]) {
    const org = await one.org();
    const { provider_account_id } = await make(org, `${org.base}/provider-accounts`, {
      name: 'A',
      provider_type: 'openai',
      credentials_ref: 'env:X',
      rate_limit_policy: { max_concurrency: 1_000_000, burst_size: 1_000_000 },
    });
    const targets = [{ provider_account_id, upstream_model: 'up' }];
    const model = { logical_model_id: 'm', name: 'M', category: 'chat', targets };
    await make(org, `${org.base}/logical-models`, model);
    const workspaces: string[] = [];
    for (const name of names) {
      const { workspace_id } = await make(org, `${org.base}/workspaces`, { name, organization_id: org.orgId });
      await make(org, `${org.base}/workspaces/${workspace_id}/model-entitlements`, { logical_model_id: 'm' });
      workspaces.push(workspace_id);
    }
    return { org, workspaces, model };
  }
  const decide = async (by: Client, base: string, body: object): Promise<string> =>
    (await make(by, `${base}/decisions`, { logical_model_id: 'm', ...body })).decision_id;
  const report = (by: Client, base: string, id: string) =>
    make(by, `${base}/decisions/${id}/outcome`, { success: true, input_tokens: 1, output_tokens: 1 });

  /** Reads until it has been told of the last one, dropping after a few and going on at either server. */
  async function read(org: Tenant, first: Following): Promise<Told[]> {
    const seen: Told[] = [];
    const isLast = ({ node }: Told) => node.purpose === 'last';
    for (let following = first; ; ) {
      const wanted = 1 + Math.floor(Math.random() * 5);
      await until(() => {
        expect(following.errors).toEqual([]);
        expect(toldTo(following).some(isLast) || following.events.length >= wanted).toBe(true);
      });
      following.close();
      seen.push(...toldTo(following));
      if (seen.some(isLast)) return seen;
      const after = required(seen.at(-1)).cursor;
      following = await follow(Math.random() < 0.5 ? one : two, org, `(after: "${after}")`);
    }
  }

  test('are told once, and once more when reported, to readers that drop and resume, however late a commit is and whatever its clock says', async () => {
    const { org, workspaces } = await organization('W');
    const [workspace_id] = workspaces;
    const readers = await Promise.all(Array.from({ length: READERS }, (_, at) => follow(at % 2 ? two : one, org)));
    const watcher = await follow(one, org);
    let areLaterMade = false;
    hold = async () => {
      const before = watcher.events.length;
      await until(() => expect(areLaterMade || watcher.events.length >= before + 2).toBe(true));
    };
    const expected = new Map<string, string>();
    const write = async (by: Client) => {
      for (let at = 0; at < EACH; at += 1) {
        const id = await decide(by, org.base, { workspace_id });
        const isReported = at % 3 > 0;
        if (isReported) await report(by, org.base, id);
        expected.set(id, isReported ? 'reported' : 'open');
      }
    };
    const reading = Promise.all(readers.map((first) => read(org, first)));
    const late = Promise.all([write(two.client(org.token)), write(two.client(org.token))]);
    await Promise.all([write(org), write(org)]);
    areLaterMade = true;
    await late;
    hold = async () => {};
    expected.set(await decide(org, org.base, { workspace_id, purpose: 'last' }), 'open');

    const orders = (await reading).map((seen) => {
      expect(new Set(seen.map(({ cursor }) => cursor)).size).toBe(seen.length);
      const states = new Map<string, string[]>();
      for (const { node } of seen) states.set(node.decisionId, [...(states.get(node.decisionId) ?? []), node.status]);
      expect(new Map([...states].map(([id, told]) => [id, told.at(-1)]))).toEqual(expected);
      for (const told of states.values()) expect(['open', 'reported', 'open,reported']).toContain(String(told));
      return seen
        .filter(({ node }) => node.status === expected.get(node.decisionId))
        .map(({ node }) => node.decisionId);
    });
    for (const order of orders) expect(order).toEqual(orders[0]);
    watcher.close();
  });

  test('are those that are asked for, and that the reader may see', async () => {
    const { org, workspaces, model } = await organization('A', 'B');
    const [a = '', b = ''] = workspaces;
    const before = await follow(one, org);
    await decide(org, org.base, { workspace_id: a });
    await until(() => expect(before.events).toHaveLength(1));
    const after = required(before.ids[0]);
    before.close();
    const onlyB = await org.as({ role: 'Viewer', workspace_ids: [b] });
    const blind = await org.as({ permissions: ['decisions:read'] });
    const fields = 'decisionId workspace { name }';
    const scoped = await follow(two, onlyB, `(orgId: "${org.orgId}")`, fields);
    const filtered = await follow(one, org, `(workspaceId: "${b}")`);
    const refused = await follow(two, org, '(admitted: false)');
    const byCode = await follow(one, org, '(refusalCode: MODEL_NOT_ENTITLED)');
    const unnamed = await follow(one, blind, '', fields);
    for (const id of ['n', 'o'])
      await make(org, `${org.base}/logical-models`, {
        ...model,
        logical_model_id: id,
        targets: id === 'n' ? [] : model.targets,
      });
    const ids = [
      await decide(org, org.base, { workspace_id: a }),
      await decide(org, org.base, { workspace_id: b }),
      await decide(org, org.base, { workspace_id: a, logical_model_id: 'n' }),
      await decide(org, org.base, { workspace_id: b, logical_model_id: 'o' }),
      await decide(org, org.base, { workspace_id: b }),
    ];
    // What has been passes the same as what comes.
    const other = await org.as({ role: 'Viewer', workspace_ids: [b] });
    const whole = await follow(one, org, `(after: "${after}")`);
    const part = await follow(two, other, `(after: "${after}")`);
    const only = await follow(two, org, `(admitted: true, workspaceId: "${b}")`);
    const last = await decide(org, org.base, { workspace_id: b });
    const [x = '', y = '', refusedA = '', refusedB = '', z = ''] = ids;
    const seen = async (stream: Following, ...expected: string[]) => {
      await until(() => expect(stream.events.length).toBeGreaterThanOrEqual(expected.length));
      expect(toldTo(stream).map(({ node }) => node.decisionId)).toEqual(expected);
      expect(stream.errors).toEqual([]);
      stream.close();
    };
    await seen(filtered, y, refusedB, z, last);
    await seen(scoped, y, refusedB, z, last);
    expect(scoped.events[0]?.node).toEqual({ decisionId: y, workspace: { name: 'B' } });
    await seen(refused, refusedA, refusedB);
    await seen(byCode, refusedB);
    // Each part of what is shown asks for its own permission.
    await until(() => expect(unnamed.errors[0]).toEqual({ code: 'FORBIDDEN' }));
    unnamed.close();
    await seen(whole, x, y, refusedA, refusedB, z, last);
    await seen(part, y, refusedB, z, last);
    await seen(only, last);
  });

  test('are refused to whoever may not read them, and behind a cursor that they did not give', async () => {
    const { org, workspaces } = await organization('W');
    const [{ org: other }, stream] = [await organization(), { Accept: 'text/event-stream' }];
    const following = await follow(one, org, '(admitted: true)');
    await decide(org, org.base, { workspace_id: workspaces[0] });
    await until(() => expect(following.ids).toHaveLength(1));
    following.close();
    const [cursor = ''] = following.ids;
    const ask = async (client: Client, args: string, headers = {}) => {
      const query = `subscription { decisions${args} { cursor } }`;
      const { status, body } = await client.graphql(query, {}, { ...stream, ...headers });
      const { code, details } = body.errors[0].extensions;
      return [status, code, ...(details?.detail ?? []).map(({ loc }: { loc: string[] }) => loc.join('.'))];
    };
    const refused = (at: string) => [422, 'VALIDATION_FAILED', at];
    expect(await ask(await org.as({ permissions: ['events:read'] }), '')).toEqual([403, 'FORBIDDEN']);
    expect(await ask(other, `(orgId: "${org.orgId}")`)).toEqual([404, 'RESOURCE_NOT_FOUND']);
    expect(await ask(other, `(after: "${cursor}", admitted: true)`)).toEqual(refused('after'));
    for (const [edited, filter] of [
      [cursor, 'false'],
      [cursor.slice(0, -2), 'true'],
      ['', 'true'],
      ['x', 'true'],
    ])
      expect(await ask(org, `(after: "${edited}", admitted: ${filter})`)).toEqual(refused('after'));
    expect(await ask(org, '', { 'Last-Event-ID': cursor })).toEqual(refused('header.last-event-id'));
    // A place that has not been given yet is of other data.
    await one.rewrite('numberings', { orgId: org.orgId, id: 'decisions' }, (numbering) => ({ ...numbering, last: 0 }));
    expect(await ask(two.client(org.token), `(after: "${cursor}", admitted: true)`)).toEqual(refused('after'));
  });

  test('end with the right to read them, also for who may read no events', async () => {
    const { org, workspaces } = await organization('W');
    const role = { name: 'Watcher', permissions: ['decisions:read', 'jobs:read'] };
    const { role_id } = await make(org, `${org.base}/roles`, role);
    const watcher = await org.as({ role: 'Watcher' });
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const brief = await org.as({ permissions: ['decisions:read'], expires_at: inAnHour });
    const [streams, own] = [[await follow(one, watcher), await follow(two, watcher)], await follow(two, org)];
    const ending = await follow(one, brief);
    await decide(org, org.base, { workspace_id: workspaces[0] });
    for (const stream of [...streams, own, ending]) await until(() => expect(stream.events).toHaveLength(1));
    const narrowed = await org.rest('PATCH', `${org.base}/roles/${role_id}`, { permissions: ['jobs:read'] });
    expect(narrowed.status, narrowed.text).toBe(200);
    for (const { errors } of streams) await until(() => expect(errors[0]).toEqual({ code: 'FORBIDDEN' }));
    one.clock.offsetMs = 3_700_000;
    await until(() => expect(ending.errors[0]).toEqual({ code: 'AUTHENTICATION_FAILED' }));
    one.clock.offsetMs = 0;
    await decide(org, org.base, { workspace_id: workspaces[0] });
    await until(() => expect(own.events).toHaveLength(2));
    for (const { events } of [...streams, ending]) expect(events).toHaveLength(1);
    own.close();
  });
});
