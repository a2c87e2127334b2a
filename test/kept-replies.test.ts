import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { schema } from '../src/catalog/graph.ts';
import { rows } from '../src/catalog/nouns.ts';
import { documents } from './graphql/documents.ts';
import {
  type Answer,
  type Client,
  describeEngines,
  type Harness,
  PATIENCE_MS,
  startHarness,
  type Tenant,
} from './harness.ts';
import { ask, inOtherLetters, type Question } from './other-letters.ts';
import { required } from './required.ts';
import { addressOf, type Seeded, seed } from './seed.ts';

const HOUR_MS = 3_600_000;
const NODE = 'query ($id: ID!) { node(id: $id) { id ... on Namespace { description threadIds app { name } } } }';
const NAMES = 'query ($id: ID!) { app(appId: $id) { namespaces { totalCount nodes { name } } } }';

/** Which of two reads a server answers first is its own affair, and so is which of two errors comes first. */
const inOneOrder = (text: string): string => {
  if (!text.startsWith('{"errors":')) return text;
  const { errors, ...rest } = JSON.parse(text);
  return JSON.stringify({ errors: errors.map((error: unknown) => JSON.stringify(error)).sort(), ...rest });
};

const nodeId = ({ namespaceId }: Seeded) => Buffer.from(`Namespace:${namespaceId}`).toString('base64url');

/**
 * What is given from memory is what would be made anew, whoever has written what meanwhile, by whichever of two servers on
 * one store, and however much time has gone by. What is asked in other letters is always answered anew.
 */
describeEngines('a reply that was given before', (engine) => {
  let servers: readonly Harness[];
  let tenant: Tenant;
  let seeded: Seeded;
  /** Who may less than all, by a role that changes. */
  let limited: Client;
  let role: string;
  /** A namespace whose app may go, and what was decided last: what is reported, and what is left open until its lease ends. */
  let passing: string;
  let decision: string;
  let open: string;
  beforeAll(async () => {
    const one = await startHarness(engine);
    servers = [one, await one.again({ now: one.deps.now })];
    tenant = await one.org();
    seeded = await seed(tenant);
    // Nothing but the changes below writes.
    for (const server of servers) await server.runner.stop();
    const made = await tenant.rest('POST', `${tenant.base}/roles`, { name: 'Reader', permissions: ['apps:read'] });
    role = made.body.role_id;
    limited = await tenant.as({ role: 'Reader', workspace_ids: [seeded.workspaceId] });
    await changes.begin(tenant, 'a');
    await changes.decide(tenant);
  });
  afterAll(async () => {
    for (const server of servers.toReversed()) await server.close();
  });

  /** A change that is refused would change nothing, and show nothing. */
  const done = async (client: Client, method: string, path: string, body?: unknown) => {
    const { status, text } = await client.rest(method, path, body);
    expect([path, status, status === 200 ? '' : text]).toEqual([path, 200, '']);
  };

  const changes = {
    describe: (client: Client, word: string) => done(client, 'PUT', seeded.namespace, { description: word }),
    rename: (client: Client, word: string) => done(client, 'PATCH', seeded.app, { name: word }),
    renameAccount: (client: Client, word: string) =>
      done(client, 'PATCH', `${tenant.base}/provider-accounts/${seeded.accountId}`, { name: word }),
    renamePolicy: (client: Client, word: string) =>
      done(client, 'PATCH', `${tenant.base}/router-policies/${seeded.policyId}`, { name: word }),
    addThread: (client: Client, word: string) =>
      done(client, 'POST', `${seeded.namespace}/threads/${encodeURIComponent(word)}`),
    async begin(client: Client, word: string) {
      const { body } = await client.rest('POST', `${seeded.workspace}/apps`, {
        name: `${word} ${crypto.randomUUID()}`,
      });
      const below = `${seeded.workspace}/apps/${body.app_id}/namespaces`;
      const made = await client.rest('POST', below, { name: word, environment_id: seeded.environmentId });
      passing = `${below}/${made.body.namespace.namespace_id}`;
    },
    end: (client: Client) => client.rest('DELETE', passing.replace(/\/namespaces.*/, '')),
    async decide(client: Client) {
      const decided = async () => {
        const { body } = await client.rest('POST', `${tenant.base}/decisions`, { workspace_id: seeded.workspaceId });
        return `${tenant.base}/decisions/${body.decision_id}`;
      };
      [decision, open] = [await decided(), await decided()];
    },
    report: (client: Client) =>
      client.rest('POST', `${decision}/outcome`, { success: false, error_class: 'provider_error', latency_ms: 1 }),
    async wait() {
      required(servers[0]).clock.offsetMs += HOUR_MS;
    },
    grant: (client: Client, word: string) =>
      done(client, 'PATCH', `${tenant.base}/roles/${role}`, {
        permissions: word < 'b' ? ['*:read'] : ['apps:read'],
      }),
  };

  const names = Object.keys(changes) as (keyof typeof changes)[];
  const count = engine === 'sqlite' ? names.length : 3;
  const steps = fc.shuffledSubarray(names, { minLength: count, maxLength: count }).chain((order) =>
    fc.tuple(
      ...order.map((change) =>
        fc.record({
          change: fc.constant(change),
          by: fc.constantFrom(0, 1),
          word: fc.constantFrom('a', 'b', 'ü', '😀'),
        }),
      ),
    ),
  );
  const paths = rows
    .filter(({ method, path }) => method === 'GET' && path.includes('{org_id}'))
    .map(({ path }) => path);
  const hint = (name: string): string | undefined =>
    (({ orgId: tenant.orgId, ...seeded, id: nodeId(seeded) }) as Record<string, string>)[name];
  const random = fc.array(fc.oneof(fc.constantFrom(...paths), documents(schema, { hint })), {
    minLength: 2,
    maxLength: 6,
  });

  /** What the changes show in, and what else there is. */
  const questionsOf = (
    drawn: readonly (string | { query: string; variables: Record<string, unknown> })[],
  ): Question[] => [
    ...[seeded.namespace, seeded.app, `${seeded.workspace}/apps`, passing, decision, open].map((path) => ({ path })),
    { query: NODE, variables: { id: nodeId(seeded) } },
    ...drawn.map((one) => (typeof one === 'string' ? { path: addressOf(one, tenant, seeded) } : one)),
  ];
  const clients = () => servers.flatMap((server) => [tenant, limited].map(({ token }) => server.client(token)));

  const shown = ({ status, headers, text }: Answer) => ({
    status,
    etag: headers.get('etag'),
    // An error tells of its own time and request.
    text: status < 400 ? inOneOrder(text) : '',
  });
  let letters = 0;
  const anew = async (client: Client, question: Question) => {
    letters += 1;
    return shown(await ask(client, inOtherLetters(question, letters)));
  };
  /** What the other server has done to a role is known here within half a second, which is not compared. */
  const compare = async (client: Client, question: Question) => {
    for (let tries = 0; tries < 5; tries += 1) {
      const before = await anew(client, question);
      const given = shown(await ask(client, question));
      if (JSON.stringify(before) !== JSON.stringify(await anew(client, question))) continue;
      expect({ question, ...given }).toEqual({ question, ...before });
      return;
    }
  };

  test('is given again only where it would be made anew the same', async () => {
    await fc.assert(
      fc.asyncProperty(random, steps, async (drawn, taken) => {
        for (const { by, change, word } of taken) {
          const questions = questionsOf(drawn);
          for (const client of clients()) for (const question of questions) await ask(client, question);
          await changes[change](required(servers[by]).client(tenant.token), word);
          for (const client of clients()) for (const question of questions) await compare(client, question);
        }
      }),
      { numRuns: engine === 'sqlite' ? Number(process.env.SWITCHYARD_ROUNDS ?? 1) : 1, endOnFailure: true },
    );
  });

  test('is another one in another manner of asking', async () => {
    const get = (headers: Record<string, string>) => tenant.rest('GET', seeded.namespace, undefined, headers);
    const etag = required((await get({})).headers.get('etag'));
    const asked: Record<string, string>[] = [
      {},
      { 'If-None-Match': etag },
      { 'If-None-Match': '"other"' },
      { 'If-None-Match': etag },
      {},
    ];
    const told: number[] = [];
    for (const headers of asked) told.push((await get(headers)).status);
    expect(told).toEqual([200, 304, 200, 304, 200]);
  });
});

describeEngines('a reply', (engine) => {
  test('is given again without a read until something is written to what it shows', async () => {
    const harness = await startHarness(engine);
    const tenant = await harness.org();
    const seeded = await seed(tenant);
    await harness.runner.stop();
    const readsOf = async (question: Question) => {
      const before = harness.deps.store.stats.reads;
      const { status } = await ask(tenant, question);
      return { status, reads: harness.deps.store.stats.reads - before };
    };
    // Whoever asks is looked up twice a second.
    const patience = { timeout: PATIENCE_MS };
    const namespaces = `${seeded.app}/namespaces`;
    let count = 0;
    const writeTo = async (path: string) => {
      count += 1;
      return (await tenant.rest('POST', path, { name: `n${count}`, environment_id: seeded.environmentId })).status;
    };
    const questions = [
      { path: seeded.namespace },
      { path: namespaces },
      { query: NAMES, variables: { id: seeded.appId } },
    ];
    for (const question of questions) {
      await expect.poll(() => readsOf(question), patience).toEqual({ status: 200, reads: 0 });
      const elsewhere = async () => [await writeTo(`${seeded.workspace}/environments`), await readsOf(question)];
      await expect.poll(elsewhere, patience).toEqual([201, { status: 200, reads: 0 }]);
      expect(await writeTo(namespaces)).toBe(201);
      expect((await readsOf(question)).reads).toBeGreaterThan(0);
    }
    await harness.close();
  });

  test('is given to nobody who asks after another process has changed what it shows, however many ask at once', async () => {
    const one = await startHarness(engine);
    const other = await one.again({ now: one.deps.now });
    const tenant = await one.org();
    const seeded = await seed(tenant);
    for (const server of [one, other]) await server.runner.stop();
    const writer = other.client(tenant.token);
    for (const word of ['a', 'b', 'c', 'd']) {
      expect((await writer.rest('PUT', seeded.namespace, { description: word })).status).toBe(200);
      const answers = await Promise.all(Array.from({ length: 8 }, () => tenant.rest('GET', seeded.namespace)));
      expect(answers.map(({ body }) => body.description)).toEqual(answers.map(() => word));
    }
    await other.close();
    await one.close();
  });
});
