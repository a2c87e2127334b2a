import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openApiDocument } from '../../src/rest/openapi.ts';
import { rows } from '../../src/rest/rows.ts';
import { schema } from '../../src/schema.ts';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { type Seeded, seed } from '../seed.ts';

// biome-ignore lint/suspicious/noExplicitAny: OpenAPI documents are walked as plain JSON.
type Json = any;

const contract: Json = JSON.parse(readFileSync(new URL('../fixtures/contract.json', import.meta.url), 'utf8'));
const own: Json = JSON.parse(JSON.stringify(openApiDocument(schema, rows)));
const operations = Object.entries<Json>(contract.paths).flatMap(([path, methods]) =>
  Object.entries<Json>(methods).map(([method, operation]) => ({
    path,
    method,
    operation,
    id: operation.operationId as string,
  })),
);

function resolve(document: Json, value: Json): Json {
  return value?.$ref ? document.components.schemas[value.$ref.split('/').pop()] : value;
}

/** What both must agree on: type, enum, default, bounds that the contract gives; deep. */
function agree(theirs: Json, ours: Json, at: string): void {
  const [one, two] = [resolve(contract, theirs), resolve(own, ours)];
  if (one.anyOf) {
    agree(one.anyOf[0], two.anyOf?.[0] ?? two, at);
    return;
  }
  if (one.type !== undefined) expect([at, [two.type].flat().sort()]).toEqual([at, [one.type].flat().sort()]);
  for (const key of ['enum', 'default', 'minimum', 'maximum', 'minLength', 'maxLength'])
    if (one[key] !== undefined && !(key === 'minimum' && at.startsWith('reply')))
      expect([at, key, two[key]]).toEqual([at, key, one[key]]);
  if (one.items) agree(one.items, two.items, `${at}[]`);
  for (const [name, property] of Object.entries<Json>(one.properties ?? {})) {
    expect(two.properties, `${at}.${name}`).toHaveProperty(name);
    agree(property, two.properties[name], `${at}.${name}`);
  }
  if (one.required)
    expect([at, [...two.required].sort()]).toEqual([at, expect.arrayContaining([...one.required].sort())]);
  if (one.properties && at.startsWith('body'))
    expect([...(two.required ?? [])].sort()).toEqual([...(one.required ?? [])].sort());
}

describe('the OpenAPI document', () => {
  test('has the 29 documented operations', () => expect(operations).toHaveLength(29));

  test.each(operations)('$method $path agrees with the contract', ({ path, method, operation, id }) => {
    const mine = own.paths[path]?.[method];
    expect(mine.operationId).toBe(id);
    expect(mine.tags).toEqual(operation.tags);
    for (const parameter of operation.parameters) {
      const twin = mine.parameters.find((one: Json) => one.name === parameter.name && one.in === parameter.in);
      expect(twin, parameter.name).toMatchObject({ required: parameter.required });
      agree(parameter.schema, twin.schema, `parameter ${parameter.name}`);
    }
    const body = operation.requestBody?.content['application/json'].schema;
    if (body) agree(body, mine.requestBody.content['application/json'].schema, 'body');
    for (const [status, reply] of Object.entries<Json>(operation.responses)) {
      expect(mine.responses, status).toHaveProperty(status);
      const json = reply.content?.['application/json'].schema;
      if (json) agree(json, mine.responses[status].content['application/json'].schema, `reply ${status}`);
    }
  });

  test('is closed: every object of a body refuses unknown names', () => {
    for (const [name, one] of Object.entries<Json>(own.components.schemas))
      if (name.endsWith('Body')) expect([name, one.additionalProperties]).toEqual([name, false]);
  });
});

describe('a fuzz run against the running server', () => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'doc', components: own.components });

  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  const junk = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.string(), { maxLength: 3 }),
    fc.object({ maxDepth: 2 }),
  );
  const bodyOf = (schemaOfBody: Json): fc.Arbitrary<unknown> => {
    const shape = resolve(own, schemaOfBody);
    const fields = Object.entries<Json>(shape.properties ?? {}).filter(([, field]) => !field.readOnly);
    const record = fc.record(
      Object.fromEntries(
        fields.map(([name, field]) => [
          name,
          fc.oneof({ weight: 3, arbitrary: valueFor(field) }, { weight: 1, arbitrary: junk }),
        ]),
      ),
      { requiredKeys: [] },
    );
    return fc.oneof({ weight: 5, arbitrary: record }, { weight: 1, arbitrary: junk });
  };
  const valueFor = (field: Json): fc.Arbitrary<unknown> => {
    const shape = resolve(own, field);
    if (shape.enum) return fc.constantFrom(...shape.enum);
    const type = [shape.type].flat()[0];
    if (type === 'string')
      return fc.oneof(
        fc.string({ minLength: 1, maxLength: 40 }),
        fc.constantFrom(seeded.modelId, seeded.workspaceId, seeded.environmentId, tenant.orgId, 'env:KEY'),
      );
    if (type === 'integer') return fc.integer({ min: 0, max: 1000 });
    if (type === 'number') return fc.double({ min: 0, max: 100, noNaN: true });
    if (type === 'boolean') return fc.boolean();
    if (type === 'array') return fc.array(valueFor(shape.items ?? {}), { maxLength: 3 });
    if (type === 'object' && shape.properties) return bodyOf(shape) as fc.Arbitrary<unknown>;
    return fc.dictionary(fc.string({ maxLength: 10 }), fc.string({ maxLength: 10 }), { maxKeys: 3 });
  };

  test('no 5xx, and every reply is as documented', async () => {
    const targets = rows.filter(
      (row) =>
        !['delete_workspace', 'delete_app', 'delete_token', 'rotate_token', 'update_token', 'delete_member'].includes(
          row.operationId,
        ),
    );
    const runs = fc.constantFrom(...targets).chain((row) => {
      const body = own.paths[row.path][row.method.toLowerCase()].requestBody?.content['application/json'].schema;
      return fc.record({
        row: fc.constant(row),
        body: body ? bodyOf(body) : fc.constant(undefined),
        limit: fc.constantFrom('', '?limit=1', '?limit=0', '?limit=abc', '?cursor=x', '?search=%00', '?x=1'),
      });
    });
    const values: Record<string, string> = {
      org_id: tenant.orgId,
      workspace_id: seeded.workspaceId,
      environment_id: seeded.environmentId,
      app_id: seeded.appId,
      namespace_id: seeded.namespaceId,
      provider_account_id: seeded.accountId,
      logical_model_id: seeded.modelId,
      policy_id: seeded.policyId,
    };
    await fc.assert(
      fc.asyncProperty(runs, async ({ row, body, limit }) => {
        const path =
          row.path.replace(/\{([a-z_]+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? 'some')) +
          (row.method === 'GET' ? limit : '');
        const answer = await tenant.rest(row.method, path, body === undefined ? undefined : JSON.stringify(body));
        expect(answer.status, `${row.method} ${path} ${JSON.stringify(body)} ${answer.text}`).toBeLessThan(500);
        const documented = own.paths[row.path][row.method.toLowerCase()].responses[answer.status];
        expect(documented, `${row.operationId} ${answer.status}`).toBeDefined();
        const reply = documented.content?.['application/json'].schema.$ref;
        if (reply && !ajv.validate({ $ref: `doc${reply}` }, answer.body))
          throw new Error(`${row.operationId}: ${ajv.errorsText()}\n${answer.text}`);
      }),
      { numRuns: 1_500 },
    );
  });
});
