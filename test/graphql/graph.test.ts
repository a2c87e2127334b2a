import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/catalog/graph.ts';
import { pascal } from '../../src/words/naming.ts';
import { describeEngines, type Harness, startHarness, type Tenant, workedMs } from '../harness.ts';
import { recorded } from '../recorded.ts';
import { required } from '../required.ts';
import { type Seeded, seed } from '../seed.ts';

const Q1 =
  'query($id: ID!){node(id:$id){id ... on Namespace{name description status isPrivate createdAt updatedAt tags embeddingModelId namespaceId}}}';
const Q2 =
  'query($app: ID!, $after: String){app(appId:$app){namespaces(first:50, after:$after){totalCount pageInfo{hasNextPage endCursor} edges{cursor node{id name status createdAt tags}}}}}';
const Q3 =
  'query($ws: ID!){workspace(workspaceId:$ws){name apps(first:10){edges{node{name namespaces(first:10){edges{node{name status environment{name}}}}}}}}}';

describeEngines('the graph', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    seeded = await seed(tenant);
    for (let app = 0; app < 4; app += 1) {
      const made = await tenant.rest('POST', `${seeded.workspace}/apps`, { name: `app ${app}` });
      for (let at = 0; at < 12; at += 1)
        await tenant.rest('POST', `${seeded.workspace}/apps/${made.body.app_id}/namespaces`, {
          name: `ns ${at}`,
          environment_id: seeded.environmentId,
        });
    }
  });
  afterAll(() => harness.close());
  const data = async (query: string, variables?: Record<string, unknown>) => {
    const answer = await tenant.graphql(query, variables);
    expect(answer.body.errors).toBeUndefined();
    return answer.body.data;
  };

  test('the three reference queries answer', async () => {
    const id = Buffer.from(`Namespace:${seeded.namespaceId}`).toString('base64url');
    expect((await data(Q1, { id })).node).toMatchObject({ name: 'Docs', namespaceId: seeded.namespaceId });
    expect((await data(Q2, { app: seeded.appId })).app.namespaces.totalCount).toBe(1);
    expect((await data(Q3, { ws: seeded.workspaceId })).workspace.apps.edges).toHaveLength(5);
  });

  test('a nested query costs a fixed number of store calls, whatever its page sizes', async () => {
    const calls = async (apps: number, namespaces: number) => {
      const query = `query($ws: ID!){workspace(workspaceId:$ws){name apps(first:${apps}){totalCount edges{node{name namespaces(first:${namespaces}){totalCount pageInfo{hasPreviousPage} edges{node{name threadIds environment{name}}}}}}}}}`;
      const { store } = harness.deps;
      const told = recorded(store, async () => {});
      harness.deps.store = told.store;
      await data(query, { ws: seeded.workspaceId }).finally(() => {
        harness.deps.store = store;
      });
      // What the runner and the cache of principals read beside it is none of its own.
      const asked = told.requests.map(({ waves }) => waves.flat()).find((names) => names.includes('namespaces'));
      return required(asked).sort();
    };
    expect(await calls(5, 12)).toEqual(await calls(2, 2));
  });

  test('page sizes multiply along a path to 10,000 at most, those of variables in each call', async () => {
    const query = 'query($n:Int){workspaces(first:$n){nodes{apps(first:200){nodes{name}}}}}';
    for (const n of [50, 51, 50, 200, 1]) {
      const { body } = await tenant.graphql(query, { n });
      expect([n, body.errors?.[0].extensions.code]).toEqual([n, n > 50 ? 'GRAPHQL_VALIDATION_FAILED' : undefined]);
    }
    const written = query.replace('($n:Int)', '').replace('$n', '51');
    for (const _ of [1, 2]) expect((await tenant.graphql(written)).body.errors[0].message).toContain('10200');
  });

  /** More often than anything could count before it takes another way. */
  const CALLS = [1, 2, 3, 4, 5, 6];

  test('an absent variable leaves alone what null would clear, on every call', async () => {
    const token = await tenant.as({ role: 'Viewer', workspace_ids: [seeded.workspaceId] });
    const update =
      'mutation($id:ID!,$n:String,$x:[ID!]){updateToken(input:{tokenId:$id,name:$n,workspaceIds:$x}){token{name workspaceIds}}}';
    for (const call of CALLS)
      expect((await data(update, { id: token.tokenId, n: `n${call}` })).updateToken.token).toEqual({
        name: `n${call}`,
        workspaceIds: [seeded.workspaceId],
      });
    expect((await data(update, { id: token.tokenId, x: null })).updateToken.token.workspaceIds).toBeNull();
  });

  test('a free-form value has no key for an absent variable, and null for null', async () => {
    const grant =
      'mutation($w:ID!,$m:ID!,$a:Int,$toString:Int,$l:Int){updateModelEntitlement(input:{workspaceId:$w,logicalModelId:$m,workspaceLimits:{a:$a,odd:$toString,list:[$l,1],max_concurrency:5}}){modelEntitlement{workspaceLimits}}}';
    const limits = { list: [null, 1], max_concurrency: 5, odd: 7 };
    // Null would remove the key.
    await data(grant, { w: seeded.workspaceId, m: seeded.modelId, toString: 7 });
    for (const call of CALLS) {
      const changed = await data(grant, { w: seeded.workspaceId, m: seeded.modelId, a: call });
      expect(changed.updateModelEntitlement.modelEntitlement.workspaceLimits).toEqual({ ...limits, a: call });
    }
  });

  test('a condition is looked at on every call, and a spread that is left out leaves the other', async () => {
    const query =
      'query($y:Boolean!){viewer{...F @include(if:false) ...F t:__typename @include(if:$y)}} fragment F on Viewer{role}';
    for (const call of CALLS) {
      const y = call % 2 === 0;
      expect((await data(query, { y })).viewer).toEqual({ role: 'Admin', ...(y ? { t: 'Viewer' } : {}) });
    }
  });

  test('pageInfo is exact both ways', async () => {
    const list =
      'query($a:ID!,$first:Int,$last:Int,$after:String,$before:String){namespaces(appId:$a,first:$first,last:$last,after:$after,before:$before){totalCount pageInfo{hasNextPage hasPreviousPage startCursor endCursor} nodes{name}}}';
    const { workspace } = await data(Q3.replace('name status', 'appId'), { ws: seeded.workspaceId });
    const a = workspace.apps.edges[0].node.namespaces.edges[0].node.appId;
    const page = async (args: object) => (await data(list, { a, ...args })).namespaces;
    const first = await page({ first: 5 });
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const second = await page({ first: 7, after: first.pageInfo.endCursor });
    expect([second.pageInfo.hasNextPage, second.pageInfo.hasPreviousPage, second.totalCount]).toEqual([
      false,
      true,
      12,
    ]);
    const back = await page({ last: 3, before: second.pageInfo.startCursor });
    expect([
      back.nodes.map((one: { name: string }) => one.name),
      back.pageInfo.hasNextPage,
      back.pageInfo.hasPreviousPage,
    ]).toEqual([['ns 9', 'ns 8', 'ns 7'], true, true]);
    const none = await page({ last: 5, before: first.pageInfo.startCursor });
    expect([none.nodes, none.pageInfo.hasNextPage, none.pageInfo.hasPreviousPage]).toEqual([[], true, false]);
    for (const args of [{ first: 0 }, { first: 201 }, { first: 1, last: 1 }, { first: 1, after: 'x' }]) {
      const answer = await tenant.graphql(list, { a, ...args });
      expect(answer.body.errors[0].extensions.code).toBe('VALIDATION_FAILED');
    }
  });

  test('a list has the same filters below its parent as at the root', async () => {
    const orgs = await data(
      '{viewer{organization{providerAccounts(providerType:mistral){totalCount} all:providerAccounts(enabledOnly:true,oldestFirst:true){totalCount nodes{name}} routerPolicies(status:inactive){totalCount} auditEvents(action:"app.create"){totalCount}}} providerAccounts(providerType:mistral){totalCount}}',
    );
    expect(orgs.viewer.organization).toEqual({
      providerAccounts: { totalCount: 0 },
      all: { totalCount: 1, nodes: [{ name: 'OpenAI' }] },
      routerPolicies: { totalCount: 0 },
      auditEvents: { totalCount: 5 },
    });
    const found = await data('query($a:ID!){app(appId:$a){namespaces(search:"OC"){nodes{name}}}}', { a: seeded.appId });
    expect(found.app.namespaces.nodes).toEqual([{ name: 'Docs' }]);
    const grants = await data('query($w:ID!){workspace(workspaceId:$w){entitlements(enabledOnly:true){totalCount}}}', {
      w: seeded.workspaceId,
    });
    expect(grants.workspace.entitlements.totalCount).toBe(1);
  });

  test('both doors read and write the same', async () => {
    const made = await data('mutation($input:CreateAppInput!){createApp(input:$input){app{appId name version etag}}}', {
      input: { workspaceId: seeded.workspaceId, name: 'By graph' },
    });
    const path = `${seeded.workspace}/apps/${made.createApp.app.appId}`;
    const read = await tenant.rest('GET', path);
    expect([read.body.name, read.headers.get('etag')]).toEqual(['By graph', made.createApp.app.etag]);
    await tenant.rest('PATCH', path, { name: 'By REST' });
    const stale = await tenant.graphql('mutation($input:UpdateAppInput!){updateApp(input:$input){app{name}}}', {
      input: { appId: read.body.app_id, name: 'x', expectedVersion: 1 },
    });
    expect(stale.body.errors[0].extensions).toMatchObject({
      code: 'PRECONDITION_FAILED',
      details: { current_etag: expect.any(String) },
    });
    const both = [
      await tenant.rest('POST', `${seeded.workspace}/apps`, { name: '' }),
      await tenant.graphql('mutation($input:CreateAppInput!){createApp(input:$input){app{name}}}', {
        input: { workspaceId: seeded.workspaceId, name: '' },
      }),
    ];
    expect(required(both[1]).body.errors[0].extensions.details.detail).toEqual([
      { ...required(both[0]).body.detail[0], loc: ['input', 'name'] },
    ]);
    expect((await tenant.graphql(`{app(appId:"absent"){name}}`)).body).toMatchObject({
      data: { app: null },
      errors: [
        { extensions: { code: 'RESOURCE_NOT_FOUND', details: { resource_type: 'app', resource_id: 'absent' } } },
      ],
    });
  });
});

describe('GraphQL over HTTP', () => {
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
  });
  afterAll(() => harness.close());

  const audits = serverAudits({
    url: () => `${harness.url}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) =>
      fetch(url, {
        ...init,
        headers: {
          ...(init.headers as Record<string, string>),
          Authorization: `Bearer ${tenant.token}`,
          'X-Requested-With': 'audit',
        },
      }),
  });
  test('has 61 audits', () => expect(audits).toHaveLength(61));
  test.each(audits.map((audit) => ({ name: audit.name, audit })))('audit: $name', async ({ audit }) => {
    const result = await audit.fn();
    expect(result.status, JSON.stringify(result)).toBe('ok');
  });

  const nested = (depth: number) =>
    `{organization(orgId:"x"){${'workspaces{nodes{organization{'.repeat(depth)}name${'}}}'.repeat(depth)}}}`;
  test.each([
    ['101 aliases', `{${Array.from({ length: 101 }, (_, at) => `a${at}:__typename`).join(' ')}}`],
    ['101 equal fields', `{viewer{${'orgId '.repeat(101)}}}`],
    [
      '101 equal fields of several fragments',
      `{viewer{${'orgId '.repeat(60)} ...F}} fragment F on Viewer{${'orgId '.repeat(41)}}`,
    ],
    [
      '101 equal fields below equal fields',
      `{${'viewer{organization{name}} '.repeat(99)} viewer{organization{name name}}}`,
    ],
    [
      '2,001 fields',
      `{${Array.from({ length: 29 }, (_, at) => `f${at}: viewer{${'orgId role tokenId '.repeat(23)}}`).join(' ')}}`,
    ],
    [
      'equal fields of a fragment that nobody spreads',
      `{viewer{orgId}} fragment F on Viewer{${'orgId '.repeat(4_000)}}`,
    ],
    [
      'fragments that spread each other',
      `{viewer{...A}} ${['A', 'B', 'C'].map((name) => `fragment ${name} on Viewer{...A ...B ...C orgId}`).join(' ')}`,
    ],
    [
      '151 fragments',
      `{viewer{${Array.from({ length: 151 }, (_, at) => `...F${at}`).join(' ')}}} ${Array.from({ length: 151 }, (_, at) => `fragment F${at} on Viewer{role}`).join(' ')}`,
    ],
    ['brackets 3,500 deep', `{app(appId:${'['.repeat(3_500)}`],
    ['braces 201 deep', `{a${'{a'.repeat(200)}${'}'.repeat(200)}}`],
    ['10 unknown directives', `{viewer{orgId ${'@x '.repeat(10)}}}`],
    ['depth', nested(6)],
    ['a fragment cycle', '{viewer{...A}} fragment A on Viewer{...B} fragment B on Viewer{...A}'],
    [
      'a fragment cycle through fields',
      '{workspaces{nodes{...A}}} fragment A on Workspace{apps{nodes{...B}}} fragment B on App{workspace{...A}}',
    ],
    [
      'a cycle of a fragment that nobody spreads',
      '{viewer{orgId}} fragment A on Workspace{apps{nodes{workspace{...A}}}}',
    ],
    [
      'fragment fan-out',
      `{viewer{...F0}} ${Array.from({ length: 12 }, (_, at) => `fragment F${at} on Viewer{${`...F${at + 1} `.repeat(4)}}`).join(' ')} fragment F12 on Viewer{orgId}`,
    ],
    ['a 200 kB literal', `{app(appId:"${'x'.repeat(200_000)}"){name}}`],
    ['a page product', '{workspaces(first:200){nodes{apps(first:100){nodes{name}}}}}'],
    [
      'a page product of default pages inside fragments',
      '{workspaces{...W}} fragment W on WorkspaceConnection{edges{node{apps{...{nodes{namespaces{...N}}}}}}} fragment N on NamespaceConnection{...{...{nodes{name}}}}',
    ],
    [
      'the schema 100 times',
      `{${Array.from({ length: 100 }, (_, at) => `a${at}:__schema{types{fields{name}}}`).join(' ')}}`,
    ],
    [
      'the fields of all types 90 times',
      `{__schema{types{...T}}} fragment T on __Type{${Array.from({ length: 90 }, (_, at) => `a${at}:fields{name args{name}}`).join(' ')}}`,
    ],
    [
      'a type 90 times',
      `{${Array.from({ length: 90 }, (_, at) => `a${at}:__type(name:"Node"){possibleTypes{fields{name}}}`).join(' ')}}`,
    ],
    ['introspection nesting', `{__schema{types{${'fields{type{'.repeat(6)}name${'}}'.repeat(6)}}}}`],
  ])('refuses %s with a 400, quickly', async (_, query) => {
    const begin = workedMs();
    const answer = await tenant.graphql(query, {}, { Accept: 'application/graphql-response+json' });
    expect([answer.status, workedMs() - begin < 1_000], answer.text.slice(0, 300)).toEqual([400, true]);
    expect(answer.body.errors[0].extensions.code).toMatch(/^GRAPHQL_(PARSE|VALIDATION)_FAILED$/);
    expect(answer.body.errors.length).toBeLessThanOrEqual(5);
    expect(answer.text).not.toContain('call stack');
  });

  test.each([
    [
      'SafeInt',
      'mutation{createRouterPolicy(input:{name:"p",routeTo:"m",match:{},priority:1.5}){routerPolicy{id}}}',
      75,
    ],
    ['DateTime', '{auditEvents(since:"2031-02-30T00:00:00Z"){totalCount}}', 20],
    [
      'JSONObject',
      'mutation{createRouterPolicy(input:{name:"p",routeTo:"m",match:{},tags:[1]}){routerPolicy{id}}}',
      71,
    ],
  ])('a %s that a document writes wrong is told with its place', async (type, query, column) => {
    const [error] = (await tenant.graphql(query)).body.errors;
    expect([error.message.includes(type), error.locations]).toEqual([true, [{ line: 1, column }]]);
  });

  test.each([
    ['a value', 'query($n:Int){workspaces(first:$n){totalCount}}', { n: '9'.repeat(500_000) }],
    [
      'an object',
      'mutation($i:CreateAppInput!){createApp(input:$i){app{id}}}',
      { i: Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`k${at}`, 1])) },
    ],
    ['a name', `{${'x'.repeat(90_000)}}`, {}],
  ])('%s that is wrong and was sent at length is not told back at length', async (_, query, variables) => {
    const { text, body } = await tenant.graphql(query, variables);
    expect([body.errors[0].extensions.code, text.length < 10_000]).toEqual(['GRAPHQL_VALIDATION_FAILED', true]);
  });

  test('a page of many fragments is answered: 100 equal fields side by side, 2,000 in all', async () => {
    const fields = ['orgId', 'role', 'tokenId', 'actorId', 'permissions'];
    const fragments = Array.from({ length: 100 }, (_, at) => `fragment F${at} on Viewer{${fields[at % 5]}}`);
    const query = `{viewer{${fragments.map((_, at) => `...F${at}`).join(' ')}}} ${fragments.join(' ')}`;
    expect((await tenant.graphql(query)).body.data.viewer).toHaveProperty('permissions');
    const many = Array.from({ length: 19 }, (_, at) => `f${at}: viewer{${'orgId '.repeat(100)}}`);
    expect((await tenant.graphql(`{${many.join(' ')}}`)).body.data).toHaveProperty('f18.orgId');
  });

  test('a request without a token is a 401 before it is parsed', async () => {
    const answer = await harness.client('').graphql('{');
    expect([answer.status, answer.body.errors[0].extensions]).toEqual([
      401,
      { code: 'AUTHENTICATION_FAILED', details: {} },
    ]);
  });

  test('every mutation takes one input of its own name', () => {
    const fields = Object.values(required(schema.getMutationType()).getFields());
    const expected = fields.map(({ name }) => [`input: ${pascal(name)}Input!`]);
    expect(fields.map(({ args }) => args.map((arg) => `${arg.name}: ${arg.type}`))).toEqual(expected);
  });

  test('every type, field and argument is described', () => {
    for (const type of Object.values(schema.getTypeMap())) {
      if (type.name.startsWith('__') || ['String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name)) continue;
      expect(type.description, type.name).toBeTruthy();
      if (!('getFields' in type)) continue;
      for (const field of Object.values(type.getFields())) {
        expect(field.description, `${type.name}.${field.name}`).toBeTruthy();
        if ('args' in field)
          for (const arg of field.args) expect(arg.description, `${type.name}.${field.name}(${arg.name})`).toBeTruthy();
      }
    }
  });
});
