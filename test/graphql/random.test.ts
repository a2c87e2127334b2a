import fc from 'fast-check';
import { type ExecutionResult, execute, parse } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { schema } from '../../src/catalog/graph.ts';
import { inPlace } from '../../src/graphql/execution/in-place.ts';
import { Operations } from '../../src/graphql/operations.ts';
import { createContext } from '../../src/process/setup/context.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { seed } from '../seed.ts';
import { documents } from './documents.ts';

/** The real resolvers on real rows: what the product answers is what graphql-js answers, the first time and later. */
describeEngines('random queries', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let ids: Record<string, string>;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    const seeded = await seed(tenant);
    const decision = await tenant.rest('POST', `${tenant.base}/decisions`, { workspace_id: seeded.workspaceId });
    await tenant.rest('POST', `${seeded.namespace}/threads/t`);
    ids = { ...seeded, orgId: tenant.orgId, decisionId: decision.body.decision_id, logicalModelId: seeded.modelId };
    ids.providerAccountId = seeded.accountId;
    const node = Buffer.from(`Namespace:${seeded.namespaceId}`).toString('base64url');
    ids = { ...ids, id: node, ids: node };
    // The bucket becomes ready in its own time: not between two answers that are compared.
    while ((await tenant.rest('GET', seeded.workspace)).body.bucket_status === 'pending')
      await new Promise((resolve) => setTimeout(resolve, 50));
  });
  afterAll(() => harness.close());

  test('are answered as graphql-js answers them', async () => {
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
    const operations = new Operations(schema);
    const made = documents(schema, { hint: (name) => ids[name] });
    // graphql-js tells errors as they come: which of two reads a server answers first is its own affair.
    const told = ({ errors, data }: ExecutionResult) => ({ errors: errors && inPlace(errors, data), data });
    await fc.assert(
      fc.asyncProperty(made, async ({ query, variables }) => {
        const expected = await execute({
          schema,
          document: parse(query),
          contextValue: context(),
          rootValue: {},
          variableValues: variables,
        });
        const operation = await operations.prepare(query);
        expect(operation.errors).toEqual([]);
        for (let call = 1; call <= 2; call += 1) {
          const selected = operations.select(operation, 'Q', variables);
          if ('errors' in selected) continue;
          const answer = await operations.run(selected, context());
          expect(JSON.stringify({ call, errors: answer.errors, data: answer.data })).toEqual(
            JSON.stringify({ call, ...told(expected) }),
          );
        }
      }),
      { numRuns: engine === 'sqlite' ? 300 : 60, endOnFailure: true },
    );
  });
});
