import fc from 'fast-check';
import {
  execute,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isNonNullType,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createContext } from '../../src/app.ts';
import { compileOperation } from '../../src/graphql/operations.ts';
import { schema } from '../../src/schema.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { seed } from '../seed.ts';

/** Random selections over the whole graph: compiled and interpreted, the answers are the same. */
describeEngines('random queries', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    const seeded = await seed(tenant);
    await tenant.rest('POST', `${tenant.base}/decisions`, { workspace_id: seeded.workspaceId });
    await tenant.rest('POST', `${seeded.namespace}/threads/t`);
    // The bucket becomes ready in its own time: not between two answers that are compared.
    while ((await tenant.rest('GET', seeded.workspace)).body.bucket_status === 'pending')
      await new Promise((resolve) => setTimeout(resolve, 50));
  });
  afterAll(() => harness.close());

  const needsArguments = (field: { args: readonly { type: unknown }[] }) =>
    field.args.some((arg) => isNonNullType(arg.type));
  /** A selection of some fields, leaves first, down to a depth. */
  const selection = (type: GraphQLOutputType, depth: number): fc.Arbitrary<string> => {
    const named = getNamedType(type);
    if (isInterfaceType(named)) return fc.constant('{ id __typename }');
    if (!isObjectType(named)) return fc.constant('');
    const fields = Object.values(named.getFields()).filter((field) => !needsArguments(field));
    const usable = fields.filter((field) => depth > 0 || isLeafType(getNamedType(field.type)));
    if (usable.length === 0) return fc.constant('{ __typename }');
    return fc
      .subarray(usable, { minLength: 1, maxLength: Math.min(5, usable.length) })
      .chain((picked) =>
        fc.tuple(
          ...picked.map((field) =>
            fc
              .tuple(fc.boolean(), selection(field.type, depth - 1))
              .map(([aliased, inner]) => `${aliased ? `x_${field.name}: ` : ''}${field.name} ${inner}`),
          ),
        ),
      )
      .map((parts) => `{ ${parts.join(' ')} }`);
  };
  const root = schema.getType('Query') as GraphQLObjectType;

  test('compiled and interpreted, the answers are the same', { timeout: 120_000 }, async () => {
    const me = (await tenant.rest('GET', '/v1/me')).body;
    const principal = {
      orgId: me.org_id,
      actorId: me.actor_id,
      tokenId: me.token_id,
      memberId: me.actor_id,
      role: me.role,
      permissions: me.permissions,
      workspaceIds: null,
      rateLimitPerMinute: null,
    };
    const context = () => createContext(harness.deps, principal, 'req');
    const show = (result: unknown) =>
      JSON.parse(JSON.stringify(result, (key, value) => (key === 'locations' ? undefined : value)));
    await fc.assert(
      fc.asyncProperty(selection(root, 5), async (text) => {
        const document = parse(`query ${text}`);
        expect(validate(schema, document)).toEqual([]);
        const compiled = await compileOperation(schema, document).query({}, context(), {});
        const plain = await execute({ schema, document, contextValue: context(), rootValue: {} });
        expect(show(compiled)).toEqual(show(plain));
        expect(show(plain).errors).toBeUndefined();
      }),
      { numRuns: engine === 'sqlite' ? 300 : 60 },
    );
  });
});
