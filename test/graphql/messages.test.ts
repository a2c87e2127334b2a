import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { type Seeded, seed } from '../seed.ts';

/** A person reads the message, not the details: it names the thing that the error is about. */
describeEngines('the message of an error', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  const run = async (
    name: string,
    type: string,
    input: Record<string, unknown>,
    client = tenant as { graphql: Tenant['graphql'] },
  ) =>
    (await client.graphql(`mutation($input: ${type}!) { ${name}(input: $input) { __typename } }`, { input })).body
      .errors[0];

  test('of an invalid input is its first issue, wherever that lies', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record(
          {
            name: fc.constantFrom('', 'x'.repeat(256), 'a\u0007', 'fine'),
            priority: fc.constantFrom(2 ** 53 - 1, 1),
            routeTo: fc.constantFrom('', 'm'),
            circuitBreaker: fc.record({ cooldownSeconds: fc.integer({ min: -1, max: 1 }) }),
            tags: fc.constantFrom({}, { Team: 5 }),
          },
          { requiredKeys: ['name', 'routeTo'] },
        ),
        async (fields) => {
          const error = await run('createRouterPolicy', 'CreateRouterPolicyInput', { match: {}, ...fields });
          if (error.extensions.code !== 'VALIDATION_FAILED') return;
          const [first] = error.extensions.details.detail;
          expect(error.message).toBe(`${first.loc.join('.')}: ${first.msg}`);
        },
      ),
      { numRuns: 30 },
    );
    const page = await tenant.graphql('{ workspaces(first: 0) { totalCount } }');
    expect(page.body.errors[0].message).toMatch(/^first: Input should be greater than or equal to 1/);
  });

  test('of a taken name says which name and whose id; REST says the same', async () => {
    const apps = `${seeded.workspace}/apps`;
    const message = `The name "CHAT" is taken by the app ${seeded.appId}`;
    expect((await run('createApp', 'CreateAppInput', { workspaceId: seeded.workspaceId, name: 'CHAT' })).message).toBe(
      message,
    );
    expect((await tenant.rest('POST', apps, { name: 'CHAT' })).body.message).toBe(message);
    const model = { logicalModelId: seeded.modelId, name: 'M', category: 'chat' };
    expect((await run('createLogicalModel', 'CreateLogicalModelInput', model)).message).toBe(
      `The logical model id "${seeded.modelId}" is taken by the logical model ${seeded.modelId}`,
    );
    const grant = { workspaceId: seeded.workspaceId, logicalModelId: seeded.modelId };
    expect((await run('grantModelEntitlement', 'GrantModelEntitlementInput', grant)).message).toMatch(
      new RegExp(`^The logical model id "${seeded.modelId}" is taken by the model entitlement ent_`),
    );
    const { body: other } = await tenant.rest('POST', apps, { name: 'Other' });
    const renamed = await run('updateApp', 'UpdateAppInput', { appId: other.app_id, name: 'chat' });
    expect(renamed.message).toBe(`The name "chat" is taken by the app ${seeded.appId}`);
  });

  test('of another conflict says why, and for what', async () => {
    const error = await run('deleteProviderAccount', 'DeleteProviderAccountInput', {
      providerAccountId: seeded.accountId,
    });
    expect(error.message).toBe(
      `The provider account does not allow it: ${error.extensions.details.reason} (${seeded.modelId})`,
    );
  });

  test('of an absent thing and of a missing permission names them; REST keeps the documented sentences', async () => {
    expect((await run('deleteApp', 'DeleteAppInput', { appId: 'app_x' })).message).toBe(
      'The app "app_x" was not found',
    );
    const viewer = await tenant.as({ role: 'Viewer' });
    expect((await run('deleteApp', 'DeleteAppInput', { appId: 'app_x' }, viewer)).message).toBe(
      "You don't have permission to perform this action: apps:delete",
    );
    const absent = await tenant.rest('GET', `${seeded.workspace}/apps/app_x`);
    expect(absent.body.message).toBe('The requested resource was not found');
    const denied = await viewer.rest('DELETE', `${seeded.workspace}/apps/app_x`);
    expect(denied.body.message).toBe("You don't have permission to perform this action");
  });
});
