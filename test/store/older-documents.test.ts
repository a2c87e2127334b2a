import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { collections } from '../../src/catalog/collections.ts';
import { rows } from '../../src/catalog/nouns.ts';
import { parametersOf, type Row } from '../../src/rest/row.ts';
import { complete } from '../../src/store/complete.ts';
import type { Doc } from '../../src/store/store.ts';
import { fieldsOf, type Shape, shapeOf } from '../../src/validation/shape.ts';
import { camel, pascal, snake } from '../../src/words/naming.ts';
import { type Answer, describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { type Seeded, seed } from '../seed.ts';

/** Each noun that can be changed: its operation, where its document lies, and values that only some texts can be. */
interface Case {
  update: string;
  collection: string;
  make: (tenant: Tenant, seeded: Seeded) => Promise<{ id: string; parameters: Record<string, string> }>;
  values?: (seeded: Seeded) => Record<string, unknown>;
}

const made = async (tenant: Tenant, path: string, body: object, id: string): Promise<string> => {
  const answer = await tenant.rest('POST', `${tenant.base}${path}`, body);
  expect(answer.status, answer.text).toBe(201);
  return answer.body[id];
};

const cases: Case[] = [
  { update: 'update_org', collection: 'orgs', make: async ({ orgId }) => ({ id: orgId, parameters: {} }) },
  {
    update: 'update_workspace',
    collection: 'workspaces',
    make: async (_, { workspaceId }) => ({ id: workspaceId, parameters: { workspace_id: workspaceId } }),
  },
  {
    update: 'update_app',
    collection: 'apps',
    make: async (_, { workspaceId, appId }) => ({
      id: appId,
      parameters: { workspace_id: workspaceId, app_id: appId },
    }),
  },
  {
    update: 'update_environment',
    collection: 'environments',
    make: async (_, { workspaceId, environmentId }) => ({
      id: environmentId,
      parameters: { workspace_id: workspaceId, environment_id: environmentId },
    }),
  },
  {
    update: 'update_namespace',
    collection: 'namespaces',
    make: async (_, { workspaceId, appId, namespaceId }) => ({
      id: namespaceId,
      parameters: { workspace_id: workspaceId, app_id: appId, namespace_id: namespaceId },
    }),
    values: ({ environmentId, embeddingId, modelId }) => ({
      environment_id: environmentId,
      embedding_model_id: embeddingId,
      extraction_model_id: modelId,
    }),
  },
  {
    update: 'update_logical_model',
    collection: 'models',
    make: async (_, { modelId }) => ({ id: modelId, parameters: { logical_model_id: modelId } }),
    values: ({ embeddingId, accountId }) => ({
      fallback: embeddingId,
      targets: [{ provider_account_id: accountId, upstream_model: 'x', weight: 2, enabled: false }],
    }),
  },
  {
    update: 'update_provider_account',
    collection: 'provider_accounts',
    make: async (tenant) => {
      const fields = { credentials_ref: 'env:OLD', bridge_id: 'b', bridge_endpoint_name: 'e' };
      const body = { name: 'Old', provider_type: 'openai', ...fields };
      const id = await made(tenant, '/provider-accounts', body, 'provider_account_id');
      return { id, parameters: { provider_account_id: id } };
    },
    values: () => ({ credentials_ref: 'env:NEW', routing_mode: 'bridge' }),
  },
  {
    update: 'update_router_policy',
    collection: 'policies',
    make: async (_, { policyId }) => ({ id: policyId, parameters: { policy_id: policyId } }),
    values: ({ modelId, embeddingId, workspaceId }) => ({
      route_to: modelId,
      fallback: embeddingId,
      'match.workspace_id': workspaceId,
    }),
  },
  {
    update: 'update_model_entitlement',
    collection: 'entitlements',
    make: async (tenant, { workspaceId, modelId }) => {
      const path = `${tenant.base}/workspaces/${workspaceId}/model-entitlements/${modelId}`;
      const { body } = await tenant.rest('GET', path);
      return { id: body.entitlement_id, parameters: { workspace_id: workspaceId, logical_model_id: modelId } };
    },
  },
  {
    update: 'update_member',
    collection: 'members',
    make: async (tenant) => {
      const id = await made(tenant, '/members', { email: 'old@example.com', role: 'Viewer' }, 'member_id');
      return { id, parameters: { member_id: id } };
    },
    values: () => ({ email: 'new@example.com' }),
  },
  {
    update: 'update_role',
    collection: 'roles',
    make: async (tenant) => {
      const id = await made(tenant, '/roles', { name: 'Old', permissions: [] }, 'role_id');
      return { id, parameters: { role_id: id } };
    },
    values: () => ({ permissions: ['apps:read'] }),
  },
  {
    update: 'update_token',
    collection: 'tokens',
    make: async (tenant) => {
      const id = await made(tenant, '/tokens', { name: 'Old', role: 'Viewer' }, 'token_id');
      return { id, parameters: { token_id: id } };
    },
    values: ({ workspaceId }) => ({
      permissions: ['apps:read'],
      workspace_ids: [workspaceId],
      expires_at: '2099-01-01T00:00:00.000Z',
    }),
  },
];

const rowOf = ({ update }: Case): Row => required(rows.find((row) => row.operationId === update));
const firstOf = ({ collection }: Case) => {
  const of = required(collections.find(({ name }) => name === collection));
  return complete(of, {} as Doc) as unknown as Record<string, unknown>;
};

/** Every field that the operation can set of the stored document, those inside others too, as paths. */
function settable(one: Case): string[][] {
  const walk = (shape: Shape, first: unknown, path: string[]): string[][] => {
    if (typeof first !== 'object' || first === null || shape.kind !== 'object') return [path];
    const inside = Object.entries(shape.fields).filter(([name]) => Object.hasOwn(first, name));
    return [
      ...(path.length > 0 ? [path] : []),
      ...inside.flatMap(([name, field]) => walk(field, (first as Record<string, unknown>)[name], [...path, name])),
    ];
  };
  return walk(shapeOf(rowOf(one).body as z.ZodType), firstOf(one), []);
}

function without(doc: Record<string, unknown>, [name, ...rest]: string[]): Record<string, unknown> {
  const { [required(name)]: value, ...others } = doc;
  if (rest.length === 0) return others;
  return { ...others, [required(name)]: without(value as Record<string, unknown>, rest) };
}

function replaced(doc: object, [name, ...rest]: string[], value: unknown): object {
  const inner = (doc as Record<string, object>)[required(name)];
  return { ...doc, [required(name)]: rest.length === 0 ? value : replaced(required(inner), rest, value) };
}

function at(value: unknown, path: string[]): unknown {
  return path.reduce<unknown>((from, name) => (from as Record<string, unknown> | undefined)?.[name], value);
}

/** Some value of the field that is not the first one. */
function otherValue(shape: Shape, first: unknown): unknown {
  switch (shape.kind) {
    case 'string':
      return 'another';
    case 'integer':
    case 'number':
      return Math.max(shape.minimum ?? 0, 1) + (first === Math.max(shape.minimum ?? 0, 1) ? 1 : 0);
    case 'boolean':
      return first !== true;
    case 'enum':
      return shape.values.find((value) => value !== first);
    case 'list':
      return [otherValue(shape.item, null)];
    case 'map':
      return { key: 'value' };
    case 'any':
      return { other: true };
    case 'object': {
      const [name, field] = required(Object.entries(shape.fields)[0]);
      return { [snake(name)]: otherValue(field, at(first, [name])) };
    }
  }
}

function shapeAt(one: Case, path: string[]): Shape {
  return path.reduce((shape, name) => required(fieldsOf(shape.schema)[name]), shapeOf(rowOf(one).body as z.ZodType));
}

/** A body of the documented names as the graph's input: the fields that are objects are renamed, free maps are not. */
function toInput(shape: Shape, body: unknown): unknown {
  if (shape.kind === 'list') return (body as unknown[]).map((item) => toInput(shape.item, item));
  if (shape.kind !== 'object') return body;
  return Object.fromEntries(
    Object.entries(body as object).map(([name, value]) => [
      camel(name),
      toInput(required(shape.fields[camel(name)]), value as object),
    ]),
  );
}

describeEngines('documents of an older program', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  describe.each(cases)('$update', (one) => {
    const row = rowOf(one);
    let id: string;
    let parameters: Record<string, string>;
    let path: string;
    beforeAll(async () => {
      ({ id, parameters } = await one.make(tenant, seeded));
      parameters.org_id = tenant.orgId;
      path = row.path.replace(/\{([a-z_]+)\}/g, (_, name: string) => required(parameters[name]));
    });

    const byRest = (body: object) => tenant.rest(row.method, path, body);
    const byGraph = (body: object): Promise<Answer> => {
      const input = {
        ...(toInput(shapeOf(row.body as z.ZodType), body) as object),
        ...Object.fromEntries(parametersOf(row.path).map((name) => [camel(name), parameters[name]])),
      };
      const query = `mutation($input: ${pascal(row.root)}Input!) { ${row.root}(input: $input) { __typename } }`;
      return tenant.graphql(query, { input });
    };
    const read = async () => {
      const { body, status, text } = await tenant.rest('GET', path);
      expect(status, text).toBe(200);
      return body;
    };
    const doors: [string, (body: object) => Promise<Answer>][] = [
      ['REST', byRest],
      ['the graph', byGraph],
    ];

    // The embedded engine is quick enough for every field by both doors; the other takes them in turn.
    const chosen = (at: number) => (engine === 'sqlite' ? doors : [required(doors[at % 2])]);
    const steps = settable(one).flatMap((field, at) =>
      chosen(at).map(([door, send]) => [field.join('.'), door, send] as const),
    );
    test.each(steps)('without %s: reads as at first, and can be set by %s', async (name, _door, send) => {
      const field = name.split('.');
      const wire = field.map(snake);
      const collection = required(collections.find((of) => of.name === one.collection));
      const key = { orgId: tenant.orgId, id };
      const { store } = harness.deps;
      const before = await store.get(collection, key);
      const first = at(firstOf(one), field);
      // Its keys and references are those of a document that never had the field.
      await store.load(collection, [replaced(before as object, field, first) as Doc]);
      await harness.rewrite(one.collection, key, (doc) => without(doc, field));
      expect(at(await store.get(collection, key), field)).toEqual(first);
      await read();
      const wanted = one.values?.(seeded)[wire.join('.')] ?? otherValue(shapeAt(one, field), first);
      const answer = await send(wire.reduceRight<unknown>((inner, part) => ({ [part]: inner }), wanted) as object);
      expect(answer.body.errors ?? answer.body.detail ?? answer.status).toBe(200);
      const shown = at(await read(), wire);
      if (field[0] !== 'targets') expect(shown).toMatchObject(wanted as object);
      else expect(shown).toEqual(wanted);
      expect(Object.keys(required(await store.get(collection, key))).sort()).toEqual(
        Object.keys(required(before)).sort(),
      );
    });

    const named = Object.hasOwn(firstOf(one), 'name') && Object.hasOwn(fieldsOf(row.body as z.ZodType), 'name');
    const refused = ['\u200b\u202e', ' \t', 'padded\u00a0 ', 'in\u200bside', 'a\u202eb', '\u0007bell'];
    test.runIf(named)('a name that would be refused now is sent back unchanged by both doors', async () => {
      for (const name of refused) {
        await harness.rewrite(one.collection, { orgId: tenant.orgId, id }, (doc) => ({ ...doc, name }));
        const before = await read();
        for (const [door, send] of doors) {
          const same = await send({ name });
          expect(same.body.errors ?? same.body.detail ?? same.status, door).toBe(200);
          expect(await read()).toEqual(before);
          expect((await send({ name: `${name}\u200b` })).text, door).toContain('"value_error"');
        }
        if (row.operationId !== 'update_token') expect((await byRest(before)).status).toBe(200);
      }
    });
  });
});

describe('the fields of what is stored', () => {
  test.each(collections.map((of) => [of.name, of] as const))('%s: each has a first value', (_, of) => {
    const doc = complete(of, {} as Doc);
    expect(of.first).toBeDefined();
    expect(complete(of, doc)).toBe(doc);
  });
});
