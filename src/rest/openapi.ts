import { type GraphQLSchema, parse, type SelectionSetNode } from 'graphql';
import { ERRORS } from '../errors.ts';
import { snake } from '../naming.ts';
import { type Shape, shapeOf } from '../validation/shape.ts';
import { documentOf } from './compile.ts';
import { closed, inputSchema, type Json, outputSchema, withoutNull } from './json-schema.ts';
import { type Documented, parametersOf, type Row } from './row.ts';

/** The product's own OpenAPI document, made from the rows, their inputs and the graph's types. */
export function openApiDocument(schema: GraphQLSchema, rows: readonly Row[]): Json {
  const schemas: Json = { ...ERROR_SCHEMAS };
  const paths: Record<string, Json> = {};
  for (const row of rows) {
    paths[row.path] ??= {};
    paths[row.path]![row.method.toLowerCase()] = operationOf(schema, row, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Switchyard',
      version: '1',
      description: 'The control plane for LLM platforms: everything that the graph offers, as documented addresses.',
    },
    paths,
    components: { schemas, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}

function operationOf(schema: GraphQLSchema, row: Row, schemas: Json): Json {
  const body = row.body && {
    required: !row.bodyOptional,
    content: { 'application/json': { schema: bodySchema(row, schemas) } },
  };
  return {
    operationId: row.operationId,
    tags: [row.tag],
    summary: row.summary,
    security: [{ bearer: [] }],
    parameters: parametersFor(row),
    ...(body ? { requestBody: body } : {}),
    responses: responsesOf(schema, row, schemas),
  };
}

function parametersFor(row: Row): Json[] {
  const text = { type: 'string' };
  const nullableText = { type: ['string', 'null'] };
  const headers = [
    ['authorization', nullableText, 'Bearer and a token.'],
    ...(row.method === 'POST'
      ? [
          [
            'idempotency-key',
            { ...nullableText, maxLength: 255 },
            'Makes a repeated request answer the first one’s result.',
          ],
        ]
      : []),
    ...(row.resource !== null && row.method !== 'POST' && row.method !== 'GET'
      ? [['if-match', nullableText, 'The ETag that the caller read.']]
      : []),
    ...(row.conditional ? [['if-none-match', nullableText, 'The ETag that the caller has.']] : []),
  ] as [string, Json, string][];
  return [
    ...parametersOf(row.path).map((name) => ({ name, in: 'path', required: true, schema: text })),
    ...Object.entries(shapeFields(row.query)).map(([name, shape]) => ({
      name: snake(name),
      in: 'query',
      required: false,
      schema: inputSchema(shape),
      ...(shape.description ? { description: shape.description } : {}),
    })),
    ...headers.map(([name, headerSchema, description]) => ({
      name,
      in: 'header',
      required: false,
      schema: headerSchema,
      description,
    })),
  ];
}

function shapeFields(query: Row['query']): Record<string, Shape> {
  return query ? shapeOf(query).fields! : {};
}

function bodySchema(row: Row, schemas: Json): Json {
  const name = `${row.operationId
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}Body`;
  schemas[name] = inputSchema(shapeOf(row.body!));
  return { $ref: `#/components/schemas/${name}` };
}

const STATUS_TEXT: Record<number, string> = {
  304: 'Not modified',
  401: 'Authentication failed',
  403: 'Permission denied',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  412: 'Stale version',
  413: 'Body too large',
  415: 'Not JSON',
  422: 'Validation error',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
};

function responsesOf(schema: GraphQLSchema, row: Row, schemas: Json): Json {
  const success: Json = { description: 'Success' };
  if (row.reply) success.content = { 'application/json': { schema: replySchema(schema, row, schemas) } };
  const statuses = Object.values(ERRORS).map(({ status }) => status);
  const failures = [...new Set(statuses)].map((status) => [
    String(status),
    {
      description: STATUS_TEXT[status],
      content: { 'application/json': { schema: ref(status === 422 ? 'HTTPValidationError' : 'Error') } },
    },
  ]);
  const unchanged = row.conditional ? [['304', { description: STATUS_TEXT[304] }]] : [];
  return { [String(row.status)]: success, ...Object.fromEntries([...unchanged, ...failures]) };
}

function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function replySchema(schema: GraphQLSchema, row: Row, schemas: Json): Json {
  const reply = row.reply!;
  if (reply.kind === 'message') return ref('Message');
  const root = schema.getQueryType()!.getFields()[row.root] ?? schema.getMutationType()!.getFields()[row.root]!;
  const definition = parse(documentOf(schema, row)).definitions[0]!;
  const top = (definition as { selectionSet: SelectionSetNode }).selectionSet.selections[0]!;
  const whole = withoutNull(outputSchema(root.type, (top as { selectionSet?: SelectionSetNode }).selectionSet)) as {
    properties: Record<string, Json>;
  };
  const inner = whole.properties.resource ?? (whole.properties.nodes?.items as Json | undefined) ?? whole;
  const resource = withoutNull(reply.name === 'TokenWithSecret' ? secretSchema(inner) : inner);
  for (const [field, of] of Object.entries(reply.parts ?? {})) {
    const properties = resource.properties as Record<string, Json>;
    properties[field] =
      properties[field]!.type === 'array' ? { type: 'array', items: ref(of) } : { anyOf: [ref(of), { type: 'null' }] };
  }
  schemas[reply.of ?? reply.name] ??= reply.documented ? documentedAs(resource, reply.documented) : resource;
  if (reply.kind === 'list') schemas[reply.name] ??= listSchema(reply.key!, reply.of!);
  if (reply.kind === 'wrapped')
    schemas[reply.name] ??= closed({ message: { type: 'string' }, [reply.key!]: ref(reply.of!) });
  return ref(reply.name);
}

/** The graph's types with the input's bounds; nested objects show its defaults too, since one schema documents both. */
function documentedAs(resource: Json, { input, defaults = false, plain = [] }: Documented): Json {
  const properties = { ...(resource.properties as Record<string, Json>) };
  for (const [name, shape] of Object.entries(shapeOf(input).fields!)) {
    const wire = snake(name);
    const property = properties[wire];
    if (!property) continue;
    const { type: _, default: fallback, ...bounds } = inputSchema(shape);
    if (shape.kind === 'object') properties[wire] = withBounds(property, bounds.properties as Record<string, Json>);
    else if (shape.kind !== 'list' && shape.kind !== 'map') {
      const { enum: values, ...rest } = {
        ...property,
        ...bounds,
        ...(defaults && fallback !== undefined ? { default: fallback } : {}),
      } as Json;
      properties[wire] =
        values === undefined || plain.includes(wire) ? rest : { ...rest, enum: property.enum ?? values };
    }
  }
  return { ...resource, properties };
}

function withBounds(object: Json, inputs: Record<string, Json>): Json {
  const properties = Object.entries(object.properties as Record<string, Json>).map(([name, property]) => {
    const { type: _, properties: __, ...rest } = inputs[name] ?? {};
    return [name, { ...rest, ...property }];
  });
  return { ...object, properties: Object.fromEntries(properties) };
}

function secretSchema(token: Json): Json {
  return closed({ ...(token.properties as Record<string, Json>), token: { type: ['string', 'null'] } });
}

function listSchema(key: string, of: string): Json {
  return closed({
    total: { type: 'integer', minimum: 0 },
    has_more: { type: 'boolean' },
    next_cursor: { type: ['string', 'null'] },
    [key]: { type: 'array', items: ref(of) },
  });
}

const ERROR_SCHEMAS: Json = {
  Message: {
    type: 'object',
    required: ['message'],
    properties: { message: { type: 'string' } },
    additionalProperties: false,
  },
  Error: {
    type: 'object',
    required: ['details', 'error', 'message', 'status_code', 'timestamp'],
    properties: {
      error: { type: 'string', enum: Object.keys(ERRORS).filter((code) => code !== 'VALIDATION_FAILED') },
      message: { type: 'string' },
      details: { type: 'object', additionalProperties: true },
      timestamp: { type: 'string' },
      status_code: { type: 'integer' },
    },
    additionalProperties: false,
  },
  ValidationIssue: {
    type: 'object',
    required: ['loc', 'msg', 'type'],
    properties: {
      loc: { type: 'array', items: { type: ['string', 'integer'] } },
      msg: { type: 'string' },
      type: { type: 'string' },
      input: {},
      ctx: { type: 'object', additionalProperties: true },
    },
    additionalProperties: false,
  },
  HTTPValidationError: {
    type: 'object',
    required: ['detail'],
    properties: { detail: { type: 'array', items: { $ref: '#/components/schemas/ValidationIssue' } } },
    additionalProperties: false,
  },
};
