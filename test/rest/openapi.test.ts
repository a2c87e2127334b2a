import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/catalog/graph.ts';
import { rows } from '../../src/catalog/nouns.ts';
import { openApiDocument } from '../../src/rest/openapi/document.ts';
import { pascal } from '../../src/words/naming.ts';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
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

const BOUNDS = ['minimum', 'maximum', 'minLength', 'maxLength', 'format', 'default'];

/** Ours says at least as much as the contract: every keyword that it gives, wherever it gives one. */
function saysAsMuch(theirs: Json, ours: Json, at: string): void {
  const [one, two] = [resolve(contract, theirs), resolve(own, ours)];
  if (one.anyOf) {
    for (const [index, part] of one.anyOf.entries()) saysAsMuch(part, two.anyOf[index], at);
    return;
  }
  if (one.type !== undefined) expect([at, [two.type].flat().sort()]).toEqual([at, [one.type].flat().sort()]);
  if (one.enum) expect([at, two.enum]).toEqual([at, one.enum]);
  for (const key of BOUNDS) if (one[key] !== undefined) expect([at, key, two[key]]).toEqual([at, key, one[key]]);
  if (one.items) saysAsMuch(one.items, two.items, `${at}[]`);
  if (typeof one.additionalProperties === 'object') {
    // In a merge patch null removes a key, which the contract says in words.
    const { type } = two.additionalProperties;
    const kept = at.startsWith('body') && Array.isArray(type) ? type.find((word) => word !== 'null') : type;
    saysAsMuch(one.additionalProperties, { ...two.additionalProperties, type: kept }, `${at}{}`);
  }
  for (const [name, property] of Object.entries<Json>(one.properties ?? {})) {
    expect(two.properties, `${at}.${name}`).toHaveProperty(name);
    saysAsMuch(property, two.properties[name], `${at}.${name}`);
  }
  if (one.required)
    expect([at, [...two.required].sort()]).toEqual([at, expect.arrayContaining([...one.required].sort())]);
  if (one.properties && at.startsWith('body'))
    expect([...(two.required ?? [])].sort()).toEqual([...(one.required ?? [])].sort());
}

/** Every schema below a value, with its place. */
function* schemasIn(value: Json, at: string): Generator<[string, Json]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [at, value];
  for (const [key, inner] of Object.entries<Json>(value))
    if (!['examples', 'default', 'enum', 'required'].includes(key)) yield* schemasIn(inner, `${at}/${key}`);
}

/** The few values that are free by their nature; everything else has a type. */
const FREE = ['DecisionPolicyVerdict/properties/expected', 'DecisionPolicyVerdict/properties/actual'].concat(
  'DecisionSmallestChange/properties/to',
  'ValidationIssue/properties/input',
);

describe('the OpenAPI document', () => {
  test('has the 29 documented operations', () => expect(operations).toHaveLength(29));

  test.each(operations)('$method $path agrees with the contract', ({ path, method, operation, id }) => {
    const mine = own.paths[path]?.[method];
    expect(mine.operationId).toBe(id);
    expect(mine.tags).toEqual(operation.tags);
    for (const parameter of operation.parameters) {
      const twin = mine.parameters.find((one: Json) => one.name === parameter.name && one.in === parameter.in);
      expect(twin, parameter.name).toMatchObject({ required: parameter.required });
      saysAsMuch(parameter.schema, twin.schema, `parameter ${parameter.name}`);
    }
    const body = operation.requestBody?.content['application/json'].schema;
    if (body) saysAsMuch(body, mine.requestBody.content['application/json'].schema, 'body');
    for (const [status, reply] of Object.entries<Json>(operation.responses)) {
      expect(mine.responses, status).toHaveProperty(status);
      const json = reply.content?.['application/json'].schema;
      if (json) saysAsMuch(json, mine.responses[status].content['application/json'].schema, `reply ${status}`);
    }
  });

  test('names the conditions that a method obeys: If-Match of every change, Idempotency-Key of every POST', () => {
    for (const [path, methods] of Object.entries<Json>(own.paths))
      for (const [method, operation] of Object.entries<Json>(methods)) {
        const headers = operation.parameters.filter((one: Json) => one.in === 'header').map((one: Json) => one.name);
        const obeyed = { post: 'idempotency-key', put: 'if-match', patch: 'if-match', delete: 'if-match' }[method];
        if (obeyed) expect([path, method, headers]).toEqual([path, method, expect.arrayContaining([obeyed])]);
      }
  });

  test('shows defaults of creation in creating bodies only', () => {
    const changing = rows.filter(({ method }) => method === 'PUT' || method === 'PATCH');
    const bodies = new Set(changing.map(({ operationId }) => operationId.split('_').map(pascal).join('')));
    for (const [name, one] of Object.entries<Json>(own.components.schemas)) {
      const isChange = [...bodies].some((stem) => name.startsWith(stem));
      // A list is replaced as a whole: what a new item lacks has its default.
      if (isChange && name !== 'UpdateLogicalModelTarget')
        for (const [at, { default: value }] of schemasIn(one, name)) expect([at, value]).toEqual([at, undefined]);
    }
  });

  test('describes every operation, parameter, header, schema and property', () => {
    const silent: string[] = [];
    const tell = (at: string, { description }: Json) => description || silent.push(at);
    for (const [path, methods] of Object.entries<Json>(own.paths))
      for (const [method, operation] of Object.entries<Json>(methods)) {
        tell(`${method} ${path}`, operation);
        for (const parameter of operation.parameters) tell(`${method} ${path} ${parameter.name}`, parameter);
      }
    for (const [name, header] of Object.entries<Json>(own.components.headers)) tell(name, header);
    for (const [name, one] of Object.entries<Json>(own.components.schemas)) {
      if (!name.endsWith('Body')) tell(name, one);
      for (const [property, json] of Object.entries<Json>(one.properties ?? {})) tell(`${name}.${property}`, json);
    }
    for (const tag of own.tags) tell(tag.name, tag);
    expect(silent).toEqual([]);
  });

  test('types every value of a reply, so that a generated client knows it', () => {
    const untyped: string[] = [];
    for (const [name, one] of Object.entries<Json>(own.components.schemas))
      for (const [property, json] of Object.entries<Json>(one.properties ?? {})) {
        const at = `${name}/properties/${property}`;
        for (const part of [json, ...(json.anyOf ?? []), ...(json.items ? [json.items] : [])])
          if (!json.readOnly && !FREE.includes(at) && !part.type && !part.$ref && !part.anyOf) untyped.push(at);
      }
    expect(untyped).toEqual([]);
  });

  test('names a type of Go where a value has one of several', () => {
    const several = [...schemasIn(own, '')].filter(
      ([, { type }]) => Array.isArray(type) && type.filter((word) => word !== 'null').length > 1,
    );
    expect(several).not.toEqual([]);
    for (const [at, json] of several) expect([at, json['x-go-type']]).toEqual([at, 'any']);
  });

  test('gives every body and reply an example that is what it says', () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    ajv.addSchema({ $id: 'doc', components: own.components });
    for (const [name, { examples }] of Object.entries<Json>(own.components.schemas))
      for (const example of examples ?? []) {
        const valid = ajv.validate({ $ref: `doc#/components/schemas/${name}` }, example);
        expect([name, valid, valid ? '' : ajv.errorsText()]).toEqual([name, true, '']);
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
        if (reply && !required(ajv.getSchema(`doc${reply}`))(answer.body))
          throw new Error(`${row.operationId}: ${ajv.errorsText()}\n${answer.text}`);
      }),
      { numRuns: 1_000 },
    );
  });
});
