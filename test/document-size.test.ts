import { afterAll, beforeAll, expect, test } from 'vitest';
import { rows } from '../src/catalog/nouns.ts';
import { apps } from '../src/nouns/apps/model.ts';
import { routerPolicies } from '../src/nouns/router-policies/model.ts';
import { docFrom, firstVersion } from '../src/resource/new-doc.ts';
import { allNouns } from '../src/resource/noun.ts';
import { fieldsOf, type Shape } from '../src/validation/shape.ts';
import { camel, pascal } from '../src/words/naming.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';
import { type Seeded, seed } from './seed.ts';

const MEGABYTE = 1_000_000;
const LIMIT = 4 * 1_048_576;

/** The ways to write a text of the caller's own, `$text`, into a field, as often as the field takes it. */
function literalsOf(name: string, shape: Shape): string[] {
  const free = (one: Shape) => one.kind === 'any' || one.kind === 'string';
  const times = (entry: (at: number) => string) => Array.from({ length: 5 }, (_, at) => entry(at)).join(' ');
  if (shape.kind === 'string') return [`${name}: $text`];
  if (shape.kind === 'list' && free(shape.item)) return [`${name}: [${times(() => '$text')}]`];
  if (shape.kind === 'map' && free(shape.item)) return [`${name}: {${times((at) => `key${at}: $text`)}}`];
  return [];
}

/** Every mutation that changes a noun's fields and can be called with nothing but them and the noun's id. */
const updates = allNouns().flatMap((noun) => {
  const root = `update${noun.type}`;
  if (!rows.some((row) => row.root === root)) return [];
  const fields = Object.entries(fieldsOf(noun.bodies.update));
  return [{ noun, root, literals: fields.flatMap(([name, shape]) => literalsOf(name, shape)) }];
});

describeEngines('how long a document may become', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  const refusal = (where: string) => ({
    type: 'value_error',
    loc: [where],
    msg: `Value error, what is stored of one thing must not exceed ${LIMIT} bytes`,
    input: null,
    ctx: { error: {} },
  });

  /** The ids that the mutation's target needs; null where the seed has none of the noun. */
  async function targetOf(type: string): Promise<string | null> {
    const { workspaceId, appId, environmentId, namespaceId, accountId, modelId, policyId } = seeded;
    if (type === 'Role') {
      const { body } = await tenant.rest('POST', `${tenant.base}/roles`, { name: 'Large', permissions: [] });
      return `roleId: "${body.role_id}"`;
    }
    if (type === 'Webhook') {
      const { body } = await tenant.rest('POST', `${tenant.base}/webhooks`, { url: 'https://hooks.example.invalid/' });
      return `webhookId: "${body.webhook_id}"`;
    }
    if (type === 'Job') {
      await tenant.rest('POST', `${seeded.namespace}/threads/one`);
      await tenant.rest('POST', `${seeded.namespace}/reindex`, { new_embedding_model_id: seeded.embeddingId });
      const { body } = await tenant.graphql('{ jobs(first: 1) { nodes { jobId } } }');
      return `jobId: "${body.data.jobs.nodes[0].jobId}"`;
    }
    if (type === 'Token') return `tokenId: "${(await tenant.as({})).tokenId}"`;
    const ids: Record<string, string> = {
      Organization: `orgId: "${tenant.orgId}"`,
      Workspace: `workspaceId: "${workspaceId}"`,
      App: `appId: "${appId}"`,
      Environment: `environmentId: "${environmentId}"`,
      Namespace: `namespaceId: "${namespaceId}"`,
      LogicalModel: `logicalModelId: "${modelId}"`,
      ModelEntitlement: `workspaceId: "${workspaceId}" logicalModelId: "${modelId}"`,
      ProviderAccount: `providerAccountId: "${accountId}"`,
      RouterPolicy: `policyId: "${policyId}"`,
      Member: `memberId: "${tenant.memberId}"`,
    };
    return ids[type] ?? null;
  }

  test.each(updates)('$root', async ({ noun, root, literals }) => {
    const target = await targetOf(noun.type);
    expect(target, noun.type).not.toBeNull();
    const payload = camel(noun.resource);
    const send = (fields: string[], text: string) =>
      tenant.graphql(
        `mutation${fields.length > 0 ? '($text: String!)' : ''} { ${root}(input: { ${target} ${fields.join(' ')} }) { ${payload} { id version } } }`,
        { text },
      );
    // What takes any text: the others have rules of their own, and bounds with them.
    const free: string[] = [];
    for (const literal of literals) if (!(await send([literal], 'x'.repeat(300))).body.errors) free.push(literal);
    const before = (await send([], '')).body.data[root][payload];
    const written = free.reduce((sum, literal) => sum + literal.split('$text').length - 1, 0);
    const answer = await send(free, 'x'.repeat(MEGABYTE));
    if (written <= 4) return expect([root, answer.body.errors]).toEqual([root, undefined]);
    expect(answer.body.errors[0].extensions).toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(answer.body.errors[0].extensions.details.detail).toEqual([refusal('input')]);
    expect((await send([], '')).body.data[root][payload]).toEqual(before);
  });

  test('holds for what is created, whichever the noun', async () => {
    const text = 'x'.repeat(MEGABYTE);
    const tags = '{a: $text b: $text c: $text d: $text e: $text}';
    const { workspaceId, modelId } = seeded;
    const writes = [
      `createApp(input: {workspaceId: "${workspaceId}" name: "Large" tags: [$text $text $text $text $text]}) { app { id } }`,
      `createRouterPolicy(input: {name: "Large" match: {} routeTo: "${modelId}" tags: ${tags}}) { routerPolicy { id } }`,
      `decide(input: {workspaceId: "${workspaceId}" tags: ${tags}}) { decision { id } }`,
    ];
    for (const write of writes) {
      const { body } = await tenant.graphql(`mutation($text: String!) { ${write} }`, { text });
      expect([write, body.errors?.[0].extensions.details.detail]).toEqual([write, [refusal('input')]]);
    }
    const listed = await tenant.graphql('{ decisions { totalCount } routerPolicies { totalCount } }');
    expect(listed.body.data).toEqual({ decisions: { totalCount: 0 }, routerPolicies: { totalCount: 1 } });
  });

  test('holds over many changes, each of them small enough', async () => {
    const path = `${tenant.base}/router-policies/${seeded.policyId}`;
    const add = (at: number) => tenant.rest('PATCH', path, { tags: { [`key${at}`]: 'x'.repeat(MEGABYTE) } });
    for (const at of [1, 2, 3, 4]) expect((await add(at)).status).toBe(200);
    const before = await tenant.rest('GET', path);
    const refused = await add(5);
    expect([refused.status, refused.body.detail]).toEqual([422, [refusal('body')]]);
    expect((await tenant.rest('GET', path)).body).toEqual(before.body);
    expect((await tenant.rest('PATCH', path, { tags: { key1: null } })).status).toBe(200);
    expect((await add(5)).status).toBe(200);
  });

  test('lets what is longer already change and become shorter, and not grow', async () => {
    const { orgId } = tenant;
    const { workspaceId } = seeded;
    const first = firstVersion({ orgId, id: 'app_old' }, '2025-01-01T00:00:00.000Z', null);
    const tags = Array.from({ length: 5 }, () => 'x'.repeat(MEGABYTE));
    const old = docFrom(apps, first, { workspaceId, name: 'Old', description: 'x', tags });
    await harness.deps.store.load(apps.collection, [old]);
    const path = `${seeded.workspace}/apps/app_old`;
    expect((await tenant.rest('PATCH', path, { name: 'New' })).status).toBe(200);
    const grown = await tenant.rest('PATCH', path, { description: 'xx' });
    expect([grown.status, grown.body.detail]).toEqual([422, [refusal('body')]]);
    expect((await tenant.rest('PATCH', path, { description: null })).status).toBe(200);
    expect((await tenant.rest('PATCH', path, { tags: [] })).status).toBe(200);
  });
});

test('the generated cases reach every noun that bodies can change', () => {
  const changed = allNouns().filter(({ bodies, isPart }) => !isPart && Object.keys(bodies.update.shape).length > 0);
  const named = updates.map(({ noun }) => pascal(camel(noun.resource)));
  expect(changed.map(({ type }) => type).filter((type) => !named.includes(type))).toEqual([]);
  expect(updates.map(({ noun }) => noun as unknown)).toContain(routerPolicies);
});
