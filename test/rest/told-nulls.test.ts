import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { schema } from '../../src/catalog/graph.ts';
import { rows } from '../../src/catalog/nouns.ts';
import { openApiDocument } from '../../src/rest/openapi/document.ts';
import { type ObjectShape, shapeOf } from '../../src/validation/shape.ts';
import { snake } from '../../src/words/naming.ts';

interface Json {
  $ref?: string;
  anyOf?: Json[];
  properties?: Record<string, Json>;
  items?: Json;
}

const document = JSON.parse(JSON.stringify(openApiDocument(schema, rows)));
const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);

function resolved(json: Json): Json {
  const one = json.anyOf?.[0] ?? json;
  return one.$ref ? document.components.schemas[one.$ref.split('/').pop() ?? ''] : one;
}

interface Field {
  at: string;
  /** Where it lies in a body, by the names and positions of the body's own schema. */
  path: PropertyKey[];
  json: Json;
}

/** Every field that a body can have, with what the document says of it. */
function* fieldsIn(shape: ObjectShape, json: Json, { at, path }: Omit<Field, 'json'>): Generator<Field> {
  for (const [name, field] of Object.entries(shape.fields)) {
    const told = resolved(json).properties?.[snake(name)] ?? {};
    const here = { at: `${at}.${snake(name)}`, path: [...path, name] };
    yield { ...here, json: told };
    if (field.kind === 'object') yield* fieldsIn(field, told, here);
    if (field.kind === 'list' && field.item.kind === 'object')
      yield* fieldsIn(field.item, resolved(told).items ?? {}, { ...here, path: [...here.path, 0] });
  }
}

const fields = rows.flatMap(({ operationId, method, path, body }) => {
  if (!body) return [];
  const shape = shapeOf(body);
  if (shape.kind !== 'object') return [];
  const told = document.paths[path][method.toLowerCase()].requestBody.content['application/json'].schema;
  return [...fieldsIn(shape, told, { at: operationId, path: [] })].map((field) => ({ ...field, body }));
});

function bodyWith(path: PropertyKey[]): unknown {
  return path.reduceRight<unknown>((inner, key) => (key === 0 ? [inner] : { [key]: inner }), null);
}

describe('null in a body', () => {
  test('is asked of every field', () => {
    expect(fields.map(({ at }) => at)).toEqual(
      expect.arrayContaining(['update_job.quality_gate', 'update_router_policy.match.tags', 'create_token.role']),
    );
  });

  test.each(fields)('$at: is taken exactly where the document says so', ({ path, json, body }) => {
    const isTold = ajv.compile({ ...json, components: document.components });
    const issues = body.safeParse(bodyWith(path)).error?.issues ?? [];
    const isRefused = issues.some((issue) => issue.code !== 'custom' && issue.path.join() === path.join());
    expect(isTold(null)).toBe(!isRefused);
  });
});
