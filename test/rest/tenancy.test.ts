import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { schema } from '../../src/catalog/graph.ts';
import { rows } from '../../src/catalog/nouns.ts';
import { documentOf } from '../../src/rest/compile.ts';
import { parametersOf, type Row } from '../../src/rest/row.ts';
import {
  type Answer,
  type Client,
  describeEngines,
  type Harness,
  PATIENCE_MS,
  startHarness,
  type Tenant,
} from '../harness.ts';
import { required } from '../required.ts';
import { type Seeded, seed } from '../seed.ts';

/**
 * Generated from the rows and the root fields: a new one is in here by itself. For each: no token, malformed, unknown,
 * revoked, expired; without permission (object there or not); another org (there or not); outside the token's workspaces.
 */
describeEngines('tenancy', (engine) => {
  let harness: Harness;
  let own: Tenant;
  let other: Tenant;
  let mine: Seeded;
  let theirs: Seeded;
  let nobody: Client;
  let limited: Client;
  let extra: Record<string, Record<string, string>>;

  beforeAll(async () => {
    harness = await startHarness(engine);
    own = await harness.org('Own');
    other = await harness.org('CANARY-other');
    mine = await seed(own);
    theirs = await seed(other, 'CANARY');
    nobody = await own.as({ permissions: [] });
    const second = await seed(own, 'Second');
    limited = await own.as({ role: 'Admin', workspace_ids: [second.workspaceId] });
    extra = { mine: await extras(own, mine), theirs: await extras(other, theirs) };
  });
  afterAll(() => harness.close());

  const fill = (row: Row, tenant: Tenant, seeded: Seeded, more: Record<string, string>) => {
    const values: Record<string, string> = {
      org_id: tenant.orgId,
      workspace_id: seeded.workspaceId,
      environment_id: seeded.environmentId,
      app_id: seeded.appId,
      namespace_id: seeded.namespaceId,
      provider_account_id: seeded.accountId,
      logical_model_id: seeded.modelId,
      policy_id: seeded.policyId,
      thread_id: 'thread-1',
      ...more,
    };
    return row.path.replace(/\{([a-z_]+)\}/g, (_, name: string) => {
      if (values[name] === undefined) throw new Error(`the tenancy test has no value for {${name}}`);
      return values[name];
    });
  };
  const call = (client: Client, row: Row, path: string) => client.rest(row.method, path, row.body ? {} : undefined);
  const shown = ({ status, body }: Answer) => ({ status, body: body && { ...body, timestamp: '' } });

  test.each(rows)('$method $path: one 401 for every bad token', async (row) => {
    const path = fill(row, own, mine, required(extra.mine));
    const dead = await own.as({ role: 'Viewer' });
    await own.rest('DELETE', `${own.base}/tokens/${dead.tokenId}`);
    const expired = await own.as({ role: 'Viewer', expires_at: '2020-01-01T00:00:00Z' });
    const tokens = [
      '',
      'nonsense',
      'mm_tok_AAAAAAAAAAAA_AAAA',
      own.token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
      dead.token,
      expired.token,
    ];
    for (const token of tokens) {
      const answer = await call(harness.client(token), row, path);
      expect(shown(answer)).toEqual({
        status: 401,
        body: {
          error: 'AUTHENTICATION_FAILED',
          message: 'Authentication required',
          details: {},
          timestamp: '',
          status_code: 401,
        },
      });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test.each(rows.filter((row) => row.path !== '/v1/me'))(
    '$method $path: 403 whether it is there or not',
    async (row) => {
      const there = await call(nobody, row, fill(row, own, mine, required(extra.mine)));
      const absent = await call(nobody, row, absentPath(row, own));
      expect(there.status).toBe(403);
      expect(there.body.details.required_permission).toMatch(/^[a-z_]+:(read|create|update|delete|reindex|work)$/);
      expect(shown(absent)).toEqual(shown(there));
    },
  );

  test.each(rows.filter((row) => row.path.includes('{org_id}')))(
    '$method $path: another org is absent',
    async (row) => {
      const there = await call(own, row, fill(row, other, theirs, required(extra.theirs)));
      expect(shown(there).body).toMatchObject({
        error: 'RESOURCE_NOT_FOUND',
        details: { resource_type: 'organization', resource_id: other.orgId },
      });
    },
  );

  const deep = rows.filter((row) => parametersOf(row.path).length > 1 && !row.body);
  test.each(deep)('$method $path: foreign and absent ids are answered alike', async (row) => {
    const names = parametersOf(row.path);
    const foreign = fill(row, own, { ...theirs }, required(extra.theirs));
    const absent = absentPath(row, own);
    const [one, two] = [await call(own, row, foreign), await call(own, row, absent)];
    const mask = (answer: Answer, path: string) => {
      const ids = path.split('/').filter((part) => /^[a-z]+_|^absent|^chat-|^embed-|^thread-/.test(part));
      let text = answer.text.replace(/"timestamp":"[^"]+"/, '');
      for (const id of ids.slice(1)) text = text.replaceAll(id, '*');
      return { status: answer.status, text };
    };
    expect(mask(one, foreign)).toEqual(mask(two, absent));
    expect(one.status).toBe(404);
    expect(names.length).toBeGreaterThan(1);
  });

  test.each(rows.filter((row) => row.path.includes('{workspace_id}')))(
    '$method $path: other workspaces are absent for a limited token',
    async (row) => {
      const answer = await limited.rest(
        row.method,
        fill(row, own, mine, required(extra.mine)),
        row.body ? validBody(row) : undefined,
      );
      expect(answer.status).toBe(404);
      expect(answer.body.details).toEqual({ resource_type: 'workspace', resource_id: mine.workspaceId });
    },
  );

  test('no answer of one org ever shows a word of another', async () => {
    for (const row of rows.filter(({ method }) => method === 'GET')) {
      const answer = await call(own, row, fill(row, own, mine, required(extra.mine)));
      expect(answer.text, row.path).not.toContain('CANARY');
      expect(answer.text, row.path).not.toContain(other.orgId);
    }
  });

  const fields = [
    ...Object.values(required(schema.getQueryType()).getFields()),
    ...Object.values(required(schema.getMutationType()).getFields()),
  ];
  test.each(fields.map((field) => field.name))(
    'graph root %s declares what it permits, or shows only the caller or nothing of anybody',
    (name) => {
      const field = required(fields.find((one) => one.name === name));
      const free = ['errorCatalog', 'node', 'nodes', 'viewer'].includes(name);
      expect(free || typeof field.extensions.permission === 'string').toBe(true);
    },
  );

  test('node and nodes give null for another org and without permission', async () => {
    const id = Buffer.from(`Workspace:${theirs.workspaceId}`).toString('base64url');
    const ownId = Buffer.from(`Workspace:${mine.workspaceId}`).toString('base64url');
    const query = 'query($ids:[ID!]!){nodes(ids:$ids){id}}';
    expect((await own.graphql(query, { ids: [id, ownId, 'junk'] })).body).toEqual({
      data: { nodes: [null, { id: ownId }, null] },
    });
    expect((await nobody.graphql(query, { ids: [ownId] })).body).toEqual({ data: { nodes: [null] } });
    expect((await own.graphql('query($id:ID!){node(id:$id){id}}', { id })).body).toEqual({ data: { node: null } });
  });

  test('every REST operation is one that the graph accepts', () => {
    for (const row of rows) expect(documentOf(schema, row)).toContain(row.root);
  });
});

function absentPath(row: Row, tenant: Tenant): string {
  return row.path.replace('{org_id}', tenant.orgId).replace(/\{([a-z_]+)\}/g, 'absent');
}

/** A body that passes the field checks, so that existence is what answers. */
function validBody(row: Row): unknown {
  const bodies: Record<string, unknown> = {
    create_app: { name: 'x' },
    create_environment: { name: 'x' },
    create_namespace: { name: 'x', environment_id: 'env_x' },
    reindex_namespace: { new_embedding_model_id: 'x' },
    grant_model_entitlement: { logical_model_id: 'x' },
  };
  return bodies[row.operationId] ?? {};
}

/** Ids of the nouns that the seed does not make. */
async function extras(tenant: Tenant, seeded: Seeded): Promise<Record<string, string>> {
  const member = await tenant.rest('POST', `${tenant.base}/members`, { email: 'a@b.example', role: 'Viewer' });
  const role = await tenant.rest('POST', `${tenant.base}/roles`, { name: 'Custom', permissions: ['apps:read'] });
  const token = await tenant.as({ role: 'Viewer' });
  await tenant.rest('POST', `${seeded.namespace}/reindex`, { new_embedding_model_id: seeded.embeddingId });
  const jobs = await tenant.rest('GET', `${tenant.base}/jobs`);
  const webhook = await tenant.rest('POST', `${tenant.base}/webhooks`, { url: 'https://hooks.invalid/' });
  const decision = await tenant.rest('POST', `${tenant.base}/decisions`, { workspace_id: seeded.workspaceId });
  return {
    member_id: member.body.member_id,
    role_id: role.body.role_id,
    token_id: token.tokenId,
    job_id: jobs.body.jobs[0].job_id,
    decision_id: decision.body.decision_id,
    webhook_id: webhook.body.webhook_id,
    delivery_id: await deliveryOf(tenant, webhook.body.webhook_id),
  };
}

/** Whatever comes of it, a webhook's first event is tried. */
async function deliveryOf(tenant: Tenant, webhookId: string): Promise<string> {
  return vi.waitFor(
    async () => {
      const { body } = await tenant.rest('GET', `${tenant.base}/webhooks/${webhookId}/deliveries`);
      return body.deliveries[0].delivery_id;
    },
    { timeout: PATIENCE_MS },
  );
}
