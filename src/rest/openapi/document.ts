import type { GraphQLSchema } from 'graphql';
import type { z } from 'zod';
import type { MutationExtensions } from '../../graphql/mutations.ts';
import { fieldsOf, type Shape, shapeOf } from '../../validation/shape.ts';
import type { CatalogEntry } from '../../words/error-guide.ts';
import { camel, pascal, snake } from '../../words/naming.ts';
import { rootFieldOf } from '../compile.ts';
import { parametersOf, type Row } from '../row.ts';
import { ERROR_SCHEMAS, failures } from './errors.ts';
import { exampleOf } from './examples.ts';
import { failureHeaders, HEADERS, successHeaders, unchangedHeaders } from './headers.ts';
import { inputSchema } from './json-schema.ts';
import { collect, type Json } from './references.ts';
import { replySchema } from './replies.ts';

const BODY = 'Body';
const EVENT_STREAM = {
  type: 'string',
  description:
    'Server-sent events, each with an item as its `data` and its id as its `id`. It begins now where no cursor is given. An `error` with the envelope of errors is the last one where the right to read has ended.',
};

/** The product's own OpenAPI document, made from the rows, their inputs and the graph's types. */
export function openApiDocument(
  schema: GraphQLSchema,
  rows: readonly Row[],
  server = '/',
  errors: readonly CatalogEntry[] = [],
): Json {
  const schemas: Record<string, Json> = { ...ERROR_SCHEMAS };
  const paths: Record<string, Json> = {};
  for (const row of rows) {
    paths[row.path] = { ...paths[row.path], [row.method.toLowerCase()]: operationOf(schema, row, schemas) };
  }
  for (const [name, one] of Object.entries(schemas)) one.examples ??= [exampleOf(one, schemas, name.endsWith(BODY))];
  return {
    openapi: '3.1.0',
    info: {
      title: 'Switchyard',
      version: '1',
      description: 'The control plane for LLM platforms: everything that the graph offers, as documented addresses.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      contact: { name: 'Switchyard' },
    },
    servers: [{ url: server, description: 'The server that this document comes from.' }],
    tags: tagsOf(schema, rows),
    paths,
    'x-error-catalog': errors,
    components: {
      schemas,
      headers: HEADERS,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token (`mm_tok_…`), as `switchyard org create` prints it.',
        },
      },
    },
  };
}

/** Each tag with what the graph says of the thing that its lists hold. */
function tagsOf(schema: GraphQLSchema, rows: readonly Row[]): Json[] {
  return [...new Set(rows.map(({ tag }) => tag))].sort().map((name) => {
    const [of] = rows.flatMap(({ tag, reply }) => (tag === name && reply?.kind === 'list' ? (reply.of ?? []) : []));
    const description = of === undefined ? undefined : schema.getType(of)?.description;
    return { name, ...(description ? { description } : {}) };
  });
}

function operationOf(schema: GraphQLSchema, row: Row, schemas: Record<string, Json>): Json {
  const body = row.body && {
    required: !row.bodyOptional,
    content: { 'application/json': { schema: bodySchema(row, row.body, schemas) } },
  };
  return {
    operationId: row.operationId,
    tags: [row.tag],
    summary: row.summary,
    description: rootFieldOf(schema, row).description,
    security: [{ bearer: [] }],
    parameters: parametersFor(schema, row),
    ...(body ? { requestBody: body } : {}),
    responses: responsesOf(schema, row, schemas),
  };
}

function parametersFor(schema: GraphQLSchema, row: Row): Json[] {
  return [
    ...parametersOf(row.path).map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: pathSchema(schema, row, name),
      description: pathDescription(schema, row, name),
    })),
    ...Object.entries(shapeFields(row.query)).map(([name, shape]) => {
      const { description, ...json } = inputSchema(shape, name);
      return { name: snake(name), in: 'query', required: false, schema: json, ...(description ? { description } : {}) };
    }),
    ...headersOf(row).map(([name, headerSchema, description]) => ({
      name,
      in: 'header',
      required: false,
      schema: headerSchema,
      description,
    })),
  ];
}

function headersOf(row: Row): [string, Json, string][] {
  const text = { type: ['string', 'null'] };
  const changes = row.method !== 'POST' && row.method !== 'GET';
  const headers: [boolean, string, Json, string][] = [
    [true, 'authorization', text, 'Bearer and a token.'],
    [
      row.method === 'POST',
      'idempotency-key',
      { ...text, maxLength: 255 },
      'Makes a repeated request answer the first one’s result.',
    ],
    [changes, 'if-match', text, 'The ETag that the caller read.'],
    [Boolean(row.conditional), 'if-none-match', text, 'The ETag that the caller has.'],
    [
      row.stream !== undefined,
      'last-event-id',
      text,
      'Of a stream: the last event of an earlier one, behind which it goes on.',
    ],
  ];
  return headers.filter(([applies]) => applies).map(([, ...header]) => header);
}

function shapeFields(query: Row['query']): Record<string, Shape> {
  return query ? fieldsOf(query) : {};
}

function inputField(schema: GraphQLSchema, row: Row, name: string): Shape | undefined {
  const { input } = rootFieldOf(schema, row).extensions as MutationExtensions;
  return input && fieldsOf(input)[camel(name)];
}

function pathSchema(schema: GraphQLSchema, row: Row, name: string): Json {
  const shape = inputField(schema, row, name);
  const { minLength, maxLength } = shape ? inputSchema(shape, name) : {};
  return {
    type: 'string',
    ...(minLength === undefined ? {} : { minLength }),
    ...(maxLength === undefined ? {} : { maxLength }),
  };
}

function pathDescription(schema: GraphQLSchema, row: Row, name: string): string {
  if (name === 'org_id') return 'The organization that the token acts in.';
  const argument = rootFieldOf(schema, row).args.find((arg) => arg.name === camel(name));
  return argument?.description ?? inputField(schema, row, name)?.description ?? '';
}

function bodySchema({ operationId }: Row, body: z.ZodType, schemas: Record<string, Json>): Json {
  const name = operationId.split('_').map(pascal).join('') + BODY;
  return collected(inputSchema(shapeOf(body), name), schemas);
}

function responsesOf(schema: GraphQLSchema, row: Row, schemas: Record<string, Json>): Json {
  const success: Json = { description: 'Success', headers: successHeaders(row) };
  if (row.reply) {
    const reply = collected(replySchema(schema, row, row.reply), schemas);
    success.content = {
      'application/json': { schema: reply },
      ...(row.stream === undefined ? {} : { 'text/event-stream': { schema: EVENT_STREAM } }),
    };
  }
  const unchanged = { description: 'Not modified', headers: unchangedHeaders() };
  return {
    [String(row.status)]: success,
    ...(row.conditional ? { 304: unchanged } : {}),
    ...Object.fromEntries(failures((status) => failureHeaders(row, status))),
  };
}

function collected(reference: Json, schemas: Record<string, Json>): Json {
  collect(reference, schemas);
  return reference;
}
