import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { roles } from '../../src/nouns/roles/model.ts';
import { feedEvents } from '../../src/resource/feed-event.ts';
import { bump, generations } from '../../src/resource/generation.ts';
import { tasks } from '../../src/resource/task.ts';
import { afterMs, REQUEST_MS } from '../../src/store/deadline.ts';
import type { MongoStore } from '../../src/store/mongodb/engine.ts';
import { openMongo } from '../../src/store/mongodb/open.ts';
import { apply } from '../../src/store/rule.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { type Answer, freshMongoUri, type Harness, MONGODB_URI, startHarness, type Tenant } from '../harness.ts';
import { type Network, startNetwork } from '../network.ts';
import { required } from '../required.ts';

const now = () => new Date().toISOString();
const CUT_EVERY_MS = 150;
const SHORT_MS = 400;
/** Far beyond a short deadline, far below what the same takes without one: no measure of speed. */
const SOON_MS = 4_000;

describe.skipIf(!MONGODB_URI)('a bad network before MongoDB', () => {
  let network: Network;
  let uri: string;
  let store: MongoStore;
  let patient: Harness;
  let hasty: Harness;
  /** The same caller, whose requests have five seconds, and those that have less than half of one. */
  let tenant: Tenant;
  let hurried: Tenant;
  beforeAll(async () => {
    network = await startNetwork(Number(new URL(required(MONGODB_URI)).port));
    uri = freshMongoUri();
    store = await openMongo({ uri: network.through(uri), collections, now });
    patient = await startHarness('mongodb', { deps: { store }, requestMs: REQUEST_MS });
    hasty = await startHarness('mongodb', { deps: { store }, requestMs: SHORT_MS });
    tenant = await patient.org();
    hurried = { ...tenant, ...hasty.client(tenant.token) };
  });
  afterAll(async () => {
    network.flow();
    await Promise.all([patient, hasty].map((harness) => harness.close()));
    await store.close();
    await network.close();
    const client = await new MongoClient(uri).connect();
    await client.db().dropDatabase();
    await client.close();
  });

  /** A number of cuts, not a time: what has not come through by then does so afterwards. */
  const cutting = async (how: 'fin' | 'rst', work: () => Promise<void>) => {
    const working = work();
    for (let cuts = 0; cuts < 40; cuts += 1) {
      network.cut(how);
      await sleep(CUT_EVERY_MS);
    }
    await working;
  };
  const expectUnavailable = ({ status, headers, text, body }: Answer) => {
    expect([status, body?.error]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(text).not.toMatch(/mongo|socket|ECONN|EPIPE|127\.0\.0\.1/i);
  };
  /** The answer that is no 503; all others on the way are proper ones. */
  const persist = async (send: () => Promise<Answer>): Promise<Answer> => {
    for (let tries = 0; tries < 200; tries += 1) {
      const answer = await send();
      if (answer.status !== 503) return answer;
      expectUnavailable(answer);
    }
    throw new Error('it does not recover');
  };
  const listOf = async (list: string) =>
    (await persist(() => tenant.rest('GET', `${tenant.base}/${list}?limit=200`))).body;

  test.each(['fin', 'rst'] as const)(
    'all connections cut (%s) over and over: 12 clients see 2xx and 503 only, and what they repeat happens once',
    async (how) => {
      const names = Array.from({ length: 12 }, (_, client) =>
        Array.from({ length: 5 }, (_, at) => `${how}-${client}-${at}`),
      );
      await cutting(how, async () => {
        await Promise.all(
          names.map(async (own) => {
            for (const name of own) {
              const headers = { 'Idempotency-Key': name };
              const body = { name, permissions: [] };
              const made = await persist(() => tenant.rest('POST', `${tenant.base}/roles`, body, headers));
              expect([made.status, made.body.name]).toEqual([201, name]);
              const read = await persist(() => tenant.rest('GET', `${tenant.base}/roles/${made.body.role_id}`));
              expect(read.status).toBe(200);
            }
          }),
        );
      });
      const { roles } = await listOf('roles');
      const isOurs = ({ name }: { name: string }) => name.startsWith(how);
      expect(
        roles
          .filter(isOurs)
          .map(({ name }: { name: string }) => name)
          .sort(),
      ).toEqual(names.flat().sort());
      const { events } = await listOf('audit-events');
      const ids = roles.filter(isOurs).map(({ role_id }: { role_id: string }) => role_id);
      for (const id of ids)
        expect(events.filter(({ resource_id }: { resource_id: string }) => resource_id === id)).toHaveLength(1);
    },
  );

  test('a counter under cuts holds what was acknowledged, and nothing that was told as not done', async () => {
    const key = { orgId: 'org_counted', id: 'c' };
    const counted = apply(bump, key, null);
    const counts = { done: 0, maybe: 0, not: 0 };
    await cutting('rst', async () => {
      await Promise.all(
        Array.from({ length: 12 }, async () => {
          for (let at = 0; at < 20; at += 1)
            await store
              .until(afterMs(1_000))
              .commit([counted])
              .then(() => (counts.done += 1))
              .catch((error: unknown) => {
                expect(error).toBeInstanceOf(StoreUnavailable);
                counts[(error as StoreUnavailable).maybe ? 'maybe' : 'not'] += 1;
              });
        }),
      );
    });
    const count = (await store.get(generations, key))?.count ?? 0;
    process.stdout.write(`under cuts: ${JSON.stringify(counts)}, counted ${count}\n`);
    expect(count).toBeGreaterThanOrEqual(counts.done);
    expect(count).toBeLessThanOrEqual(counts.done + counts.maybe);
  });

  test('the replies to commits are lost: each is asked for again, and happens once', async () => {
    network.loseReplies('commitTransaction', 3);
    const made = await tenant.rest('POST', `${tenant.base}/roles`, { name: 'Asked again', permissions: [] });
    expect(network.toLose).toBe(0);
    expect(made.status).toBe(201);
    const { roles } = await listOf('roles');
    expect(roles.filter(({ name }: { name: string }) => name === 'Asked again')).toHaveLength(1);
  });

  test('a commit whose fate stays unknown is told as one that may have happened; its key happens once', async () => {
    const send = (by: Tenant, name: string, headers = {}) =>
      by.rest('POST', `${tenant.base}/roles`, { name, permissions: [] }, headers);
    // A busy machine may be late before the commit is even asked for.
    for (let at = 0; ; at += 1) {
      const [name, key] = [`In doubt ${at}`, { 'Idempotency-Key': `doubt-${at}` }];
      // Nothing can be asked behind the commit: an answer to that would end the doubt.
      network.stallAfter('commitTransaction');
      const doubtful = await send(hurried, name, key).finally(network.flow);
      expectUnavailable(doubtful);
      if (!/may have been made/.test(doubtful.body.message)) continue;
      const again = await persist(() => send(tenant, name, key));
      expect([again.status, again.body.name]).toEqual([201, name]);
      expect((await send(tenant, name)).status).toBe(409);
      return;
    }
  });

  test('a doubt that ends before the deadline is told as what it was', async () => {
    // A busy machine may come to the deadline first.
    for (let at = 0; ; at += 1) {
      const [name, key] = [`Found out ${at}`, { 'Idempotency-Key': `found-out-${at}` }];
      const send = (headers: Record<string, string>) =>
        tenant.rest('POST', `${tenant.base}/roles`, { name, permissions: [] }, headers);
      network.loseReplies('commitTransaction', Number.POSITIVE_INFINITY);
      const made = await send(key).finally(() => network.loseReplies('', 0));
      if (made.status === 503) {
        expectUnavailable(made);
        continue;
      }
      expect([made.status, made.body.name]).toEqual([201, name]);
      expect((await send({ 'Idempotency-Key': `another-${at}` })).status).toBe(409);
      return;
    }
  });

  describe.each([
    ['stalled', () => network.stall(), () => network.flow()],
    ['slow', () => network.delay(0.6 * SHORT_MS), () => network.delay(0)],
  ] as [string, () => void, () => void][])('%s', (how, begin, end) => {
    const refused = async (send: () => Promise<Answer>) => {
      begin();
      const begun = performance.now();
      const answer = await send().finally(end);
      expect(performance.now() - begun).toBeLessThan(SOON_MS);
      expectUnavailable(answer);
    };

    test('reads in a row are answered at the deadline, and right again after', async () => {
      const asks = () =>
        hurried.graphql(`{organization(orgId:"${tenant.orgId}"){workspaces{edges{node{apps{edges{node{name}}}}}}}}`);
      begin();
      const { body } = await asks().finally(end);
      expect(body.errors?.[0].extensions.code ?? body.error).toBe('SERVICE_UNAVAILABLE');
      await refused(() => hurried.rest('GET', `${tenant.base}/roles`));
      expect((await persist(() => tenant.rest('GET', `${tenant.base}/roles`))).status).toBe(200);
    });

    test('150 commits and reads at once are all answered at the deadline, and right again after', async () => {
      begin();
      const begun = performance.now();
      const all = await Promise.all(
        Array.from({ length: 150 }, (_, at) =>
          at % 2
            ? hurried.rest('POST', `${tenant.base}/roles`, { name: `${how} ${at}`, permissions: [] })
            : hurried.rest('GET', `${tenant.base}/roles`),
        ),
      ).finally(end);
      expect(performance.now() - begun).toBeLessThan(SOON_MS);
      for (const answer of all) expectUnavailable(answer);
      const send = () => tenant.rest('POST', `${tenant.base}/roles`, { name: `${how} after`, permissions: [] });
      expect((await persist(send)).status).toBe(201);
    });

    test('who asks is looked up within the deadline', async () => {
      const { token } = await tenant.as({ role: 'Viewer' });
      await refused(() => hasty.client(token).rest('GET', '/v1/me'));
      expect((await persist(() => patient.client(token).rest('GET', '/v1/me'))).status).toBe(200);
    });
  });

  test('stalled, it is not ready, but live; then it is ready again', async () => {
    const anybody = hasty.client('');
    network.stall();
    expect((await anybody.rest('GET', '/health/live')).status).toBe(200);
    expectUnavailable(await anybody.rest('GET', '/health/ready').finally(network.flow));
    expect((await persist(() => patient.client('').rest('GET', '/health/ready'))).status).toBe(200);
  });
});

/** Nobody else commits by this way, so that what goes wrong there is its own. */
describe.skipIf(!MONGODB_URI)('a store alone behind a bad network', () => {
  let network: Network;
  let uri: string;
  let store: MongoStore;
  beforeAll(async () => {
    network = await startNetwork(Number(new URL(required(MONGODB_URI)).port));
    uri = freshMongoUri();
    await (await openMongo({ uri, collections, now })).close();
    store = await openMongo({ uri: network.through(uri), collections, now });
  });
  afterAll(async () => {
    await store.close();
    await network.close();
    const client = await new MongoClient(uri).connect();
    await client.db().dropDatabase();
    await client.close();
  });

  const key = { orgId: 'org_alone', id: 'c' };
  const change = apply(bump, key, null);
  const refusal = (committed: Promise<unknown>) =>
    committed.then(
      () => null,
      (error: unknown) => error,
    );

  test.each([
    ['a commit', () => store.commit([change])],
    ['a commit of a request', () => store.until(afterMs(SHORT_MS)).commit([change])],
  ])('%s whose fate stays unknown is told as one that may have happened', async (_, commit) => {
    // A busy machine may be late before the commit is even asked for.
    for (let isAsked = false; !isAsked; ) {
      network.stallAfter('commitTransaction');
      const error = await refusal(commit());
      isAsked = network.isStalled;
      network.flow();
      expect(error).toBeInstanceOf(StoreUnavailable);
      if (isAsked) expect((error as StoreUnavailable).maybe).toBe(true);
    }
  });

  test('a commit that never came holds nothing for as long as its server would', async () => {
    for (let isAsked = false; !isAsked; ) {
      network.loseRequests('commitTransaction', 1_000);
      expect(await refusal(store.commit([change]))).toBeInstanceOf(StoreUnavailable);
      isAsked = network.toLose < 1_000;
      network.loseRequests('', 0);
    }
    // A server keeps what nobody ended for a minute.
    await store.until(afterMs(30_000)).commit([change]);
  });

  test('whatever it is asked for while nothing comes back ends at the deadline', async () => {
    const from = roles.collection;
    const [orgId, order, limit] = ['org_alone', 'asc', 9] as const;
    const asked = store.until(afterMs(SHORT_MS));
    network.stall();
    const begun = performance.now();
    const answers = await Promise.allSettled([
      asked.get(from, { orgId, id: 'x' }),
      asked.getUnique(from, orgId, 'x'),
      asked.page(from, { orgId, order, limit }),
      asked.counts(from, [{ orgId }]),
      asked.numbered(feedEvents.collection, { orgId, after: 0, before: 9, order, limit }),
      asked.lastNumbers(feedEvents.collection, [orgId]),
      asked.lanes(tasks, { orgId, now: now(), after: null, limit }),
      asked.due(tasks, { orgId, lane: 'x', now: now(), limit }),
      asked.scan(from, null, limit),
      asked.ping(),
    ]).finally(network.flow);
    expect(performance.now() - begun).toBeLessThan(SOON_MS);
    for (const answer of answers)
      expect(answer.status === 'rejected' && answer.reason).toBeInstanceOf(StoreUnavailable);
  });
});
