import {
  type GraphQLInputType,
  type GraphQLInterfaceType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/catalog/graph.ts';
import { type Client, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { seed } from '../seed.ts';

/** Generated from the schema: every root field, with arguments made up from their types. */
const roots = [required(schema.getQueryType()), required(schema.getMutationType())].flatMap((type) =>
  Object.values(type.getFields()).map((field) => ({ kind: type.name.toLowerCase(), field, name: field.name })),
);
const OPEN = ['errorCatalog', 'node', 'nodes', 'viewer'];

function madeUp(type: GraphQLInputType, orgId: string | null, name = '', ownOrgId = 'own'): unknown {
  if (isNonNullType(type)) return madeUp(type.ofType, orgId, name, ownOrgId);
  if (isListType(type)) return [madeUp(type.ofType, orgId, name, ownOrgId)];
  if (isEnumType(type)) return required(type.getValues()[0]).name;
  if (isInputObjectType(type))
    return Object.fromEntries(
      Object.values(type.getFields())
        .filter((field) => isNonNullType(field.type) || (field.name === 'orgId' && orgId !== null))
        .map((field) => [
          field.name,
          field.name === 'orgId' || field.name === 'organizationId'
            ? (orgId ?? ownOrgId)
            : madeUp(field.type, orgId, field.name, ownOrgId),
        ]),
    );
  if (type.name === 'JSONObject') return {};
  if (type.name === 'Boolean') return true;
  if (/Int|Float/.test(type.name)) return 1;
  if (type.name === 'DateTime') return '2030-01-01T00:00:00Z';
  // Values that pass the rules of the fields that have some.
  return (
    { credentialsRef: 'env:X', email: 'a@b.c', permissions: 'apps:read', url: 'https://a.example/' }[name] ?? 'made-up'
  );
}

function requestOf({ kind, field }: (typeof roots)[number], orgId: string | null, ownOrgId = 'own') {
  const args = field.args.filter((arg) => isNonNullType(arg.type) || (arg.name === 'orgId' && orgId !== null));
  const variables = Object.fromEntries(
    args.map((arg) => [
      arg.name,
      arg.name === 'orgId' ? (orgId ?? ownOrgId) : madeUp(arg.type, orgId, arg.name, ownOrgId),
    ]),
  );
  const list = (parts: string[]) => (parts.length ? `(${parts.join(', ')})` : '');
  const query = `${kind} ${list(args.map((arg) => `$${arg.name}: ${String(arg.type)}`))} { ${field.name}${list(args.map((arg) => `${arg.name}: $${arg.name}`))} { __typename } }`;
  return { query, variables };
}

describe('tenancy of the graph', () => {
  let harness: Harness;
  let own: Tenant;
  let other: Tenant;
  let nobody: Client;
  beforeAll(async () => {
    harness = await startHarness();
    own = await harness.org('Own');
    other = await harness.org('Other');
    nobody = await own.as({ permissions: [] });
  });
  afterAll(() => harness.close());

  test.each(roots)('$name: without a token a 401', async (root) => {
    const { query, variables } = requestOf(root, null);
    expect((await harness.client('').graphql(query, variables)).status).toBe(401);
  });

  test.each(roots.filter(({ name }) => !OPEN.includes(name)))(
    '$name: without permission FORBIDDEN, before anything is looked at',
    async (root) => {
      const { query, variables } = requestOf(root, null, own.orgId);
      const answer = await nobody.graphql(query, variables);
      expect(answer.body.errors?.[0]?.extensions, answer.text).toEqual({
        code: 'FORBIDDEN',
        details: { required_permission: root.field.extensions.permission },
      });
      expect(answer.body.data[root.name]).toBeNull();
    },
  );

  const withOrg = roots.filter(({ field }) =>
    field.args.some(
      (arg) =>
        arg.name === 'orgId' ||
        (arg.name === 'input' &&
          'orgId' in (arg.type as never as { ofType: { getFields(): object } }).ofType.getFields()),
    ),
  );
  test.each(withOrg)('$name: another org is absent', async (root) => {
    const { query, variables } = requestOf(root, other.orgId);
    const answer = await own.graphql(query, variables);
    const { code, details } = answer.body.errors[0].extensions;
    expect([code, details], answer.text).toEqual([
      'RESOURCE_NOT_FOUND',
      { resource_type: 'organization', resource_id: other.orgId },
    ]);
  });

  test('a decision’s explanation shows a policy itself to who may read policies alone', async () => {
    const seeded = await seed(own);
    const query = `query($id: ID!) { explainDecide(input: {workspaceId: $id}) { policies { name policy { policyId } } } }`;
    const shownTo = async (client: Client) => {
      const { data, errors } = (await client.graphql(query, { id: seeded.workspaceId })).body;
      return [data.explainDecide.policies, errors?.[0].extensions];
    };
    const reader = await own.as({ permissions: ['decisions:read'] });
    const forbidden = { code: 'FORBIDDEN', details: { required_permission: 'router_policies:read' } };
    expect(await shownTo(reader)).toEqual([[{ name: 'Default', policy: null }], forbidden]);
    expect(await shownTo(own)).toEqual([[{ name: 'Default', policy: { policyId: seeded.policyId } }], undefined]);
  });
});

/** What says itself who sees it, or stands where the permission has been asked for: what a mutation answers, the items of a list. */
const ASKED_FOR =
  /Payload$|Edge$|Connection$|^Query\.nodes?$|^Event\.resource$|^DecisionChange\.node$|^RouterPolicyExplanation\.policy$/;

test('every field that leads to another thing asks for the right to read it', () => {
  const node = required(schema.getType('Node')) as GraphQLInterfaceType;
  const isNode = (name: string) => schema.getPossibleTypes(node).some((type) => type.name === name);
  const leading = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type))
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })))
    .filter(({ type, field }) => ![type.name, `${type.name}.${field.name}`].some((name) => ASKED_FOR.test(name)))
    .filter(({ field }) => isNode(getNamedType(field.type).name.replace(/Connection$/, '')));
  expect(leading.length).toBeGreaterThan(50);
  const open = leading.filter(({ field }) => !String(field.extensions.permission).endsWith(':read'));
  expect(open.map(({ type, field }) => `${type.name}.${field.name}`)).toEqual([]);
});
