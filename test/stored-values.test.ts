import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';

interface Case {
  noun: string;
  collection: string;
  create: object;
  id: string;
  /** What an earlier release took and this one refuses, as stored. */
  stored: Record<string, unknown>;
  /** A part of it as the graph and REST say it, and the same with one more thing that is refused. */
  graph: { update: string; id: string; input: Record<string, unknown> };
  further: Record<string, unknown>;
}

const key = 'sk-live-0123456789abcdef';
const limits = { maxConcurrency: 0, burstSize: 10, queuePolicy: 'wait', queueTimeoutSeconds: 9_999 };
const cases: Case[] = [
  {
    ...{ noun: 'provider-accounts', collection: 'provider_accounts', id: 'provider_account_id' },
    create: { name: 'Old', provider_type: 'openai', credentials_ref: 'env:KEY' },
    stored: { credentialsRef: key, rateLimitPolicy: limits },
    graph: {
      ...{ update: 'updateProviderAccount', id: 'providerAccountId' },
      input: { credentialsRef: key, rateLimitPolicy: { maxConcurrency: 0 } },
    },
    further: { credentials_ref: `${key}x` },
  },
  {
    ...{ noun: 'provider-accounts', collection: 'provider_accounts', id: 'provider_account_id' },
    create: { name: 'Old', provider_type: 'openai', credentials_ref: 'env:KEY' },
    stored: { rateLimitPolicy: limits },
    graph: {
      ...{ update: 'updateProviderAccount', id: 'providerAccountId' },
      input: { rateLimitPolicy: { queueTimeoutSeconds: 9_999 } },
    },
    further: { rate_limit_policy: { max_concurrency: 0, queue_timeout_seconds: 9_998 } },
  },
  {
    ...{ noun: 'provider-accounts', collection: 'provider_accounts', id: 'provider_account_id' },
    create: { name: 'Old', provider_type: 'openai', credentials_ref: 'env:KEY' },
    stored: { routingMode: 'bridge', bridgeId: 'b', bridgeEndpointName: null },
    graph: {
      ...{ update: 'updateProviderAccount', id: 'providerAccountId' },
      input: { routingMode: 'bridge', bridgeEndpointName: null },
    },
    further: { routing_mode: 'bridge', bridge_id: null },
  },
  {
    ...{ noun: 'roles', collection: 'roles', id: 'role_id' },
    create: { name: 'Old', permissions: ['namespaces:read'] },
    stored: { permissions: ['namespaces:read', 'namespaces'] },
    graph: { update: 'updateRole', id: 'roleId', input: { permissions: ['namespaces:read', 'namespaces'] } },
    further: { permissions: ['namespaces'] },
  },
];

describeEngines('what an earlier release took', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
  });
  afterAll(() => harness.close());

  test.each(cases)('$noun can be sent back by both doors as long as it is what is stored', async (one) => {
    const made = await tenant.rest('POST', `${tenant.base}/${one.noun}`, { ...one.create, name: crypto.randomUUID() });
    expect(made.status, made.text).toBe(201);
    const id: string =
      Object.values(made.body as Record<string, Record<string, string>>)[0]?.[one.id] ?? made.body[one.id];
    const path = `${tenant.base}/${one.noun}/${id}`;
    await harness.rewrite(one.collection, { orgId: tenant.orgId, id }, (doc) => ({ ...doc, ...one.stored }));
    const before = (await tenant.rest('GET', path)).body;

    const query = `mutation ($input: ${one.graph.update.replace(/^u/, 'U')}Input!) { ${one.graph.update}(input: $input) { __typename } }`;
    const byGraph = (input: object) => tenant.graphql(query, { input: { [one.graph.id]: id, ...input } });
    expect((await byGraph(one.graph.input)).body.errors).toBeUndefined();
    expect((await tenant.rest('PATCH', path, before)).status).toBe(200);
    expect((await tenant.rest('GET', path)).body).toEqual(before);

    // Beside another change too; and nothing else that is refused comes with it.
    const renamed = { ...before, name: crypto.randomUUID() };
    expect((await tenant.rest('PATCH', path, renamed)).status).toBe(200);
    expect((await tenant.rest('GET', path)).body.name).toBe(renamed.name);
    expect((await tenant.rest('PATCH', path, { ...before, ...one.further })).status).toBe(422);
    const create = await tenant.rest('POST', `${tenant.base}/${one.noun}`, { ...one.create, ...one.further });
    expect(create.status).toBe(422);
  });
});
