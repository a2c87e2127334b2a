import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ExecutionResult, GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Context, Deps } from '../context.ts';
import { mediaTypeOf, parseJson } from '../http/body.ts';
import { json, type Reply } from '../http/reply.ts';
import { toPublic, withCode } from './errors.ts';
import { documentErrors, pageProductErrors } from './limits.ts';
import { Operations } from './operations.ts';

const RESPONSE_TYPE = 'application/graphql-response+json';

export interface GraphQLFront {
  /** Whether the hot path takes the request: POST, JSON, one operation. Everything else is yoga's. */
  isHot(req: IncomingMessage): boolean;
  run(req: IncomingMessage, bytes: Buffer, ctx: Context): Promise<Reply>;
  yoga(req: IncomingMessage, res: ServerResponse, ctx: Context): Promise<void>;
}

export function createGraphQLFront(schema: GraphQLSchema, deps: Pick<Deps, 'log'>): GraphQLFront {
  const operations = new Operations(schema);
  const yoga = createYoga<{ ctx: Context }>({
    schema,
    context: ({ ctx }) => ctx,
    graphqlEndpoint: '/graphql',
    healthCheckEndpoint: '/graphql/never',
    graphiql: false,
    landingPage: false,
    cors: false,
    batching: false,
    multipart: false,
    logging: false,
    // The front has counted the bytes already, and yoga's own count halves its speed.
    maskedErrors: { maskError: (error) => maskForYoga(error, deps) },
    plugins: [limitsPlugin()],
  });
  return {
    isHot: (req) =>
      req.method === 'POST' &&
      mediaTypeOf(req.headers['content-type']) === 'application/json' &&
      acceptOf(req) !== null,
    run: async (req, bytes, ctx) => runHot(operations, deps, bytes, acceptOf(req)!, ctx),
    yoga: async (req, res, ctx) => void (await yoga.handle(req, res, { ctx })),
  };
}

/** The reply's media type by the Accept header; null where only yoga can serve it. */
function acceptOf(req: IncomingMessage): string | null {
  const { accept } = req.headers;
  if (accept === undefined || accept.trim() === '') return 'application/json';
  for (const part of accept.split(',')) {
    const type = part.split(';')[0]!.trim().toLowerCase();
    if (type === RESPONSE_TYPE) return RESPONSE_TYPE;
    if (type === 'application/json' || type === 'application/*' || type === '*/*') return 'application/json';
  }
  return null;
}

interface Body {
  query: string;
  variables: Record<string, unknown>;
  operationName: string | null;
}

async function runHot(
  operations: Operations,
  deps: Pick<Deps, 'log'>,
  bytes: Buffer,
  accept: string,
  ctx: Context,
): Promise<Reply> {
  const body = readBody(bytes);
  if (body instanceof GraphQLError) return answer({ errors: [body] }, 400, accept);
  const operation = operations.prepare(body.query);
  if (operation.errors.length > 0) return refused(operation.errors, accept);
  const selected = operations.select(operation, body.operationName, body.variables);
  if ('errors' in selected) return refused(selected.errors, accept);
  const result = await operations.run(operation, selected, ctx);
  return answer(shown(result, deps, ctx), 200, accept);
}

/** Invalid documents are 400 under the newer media type and 200 under plain JSON, by the GraphQL-over-HTTP rules. */
function refused(errors: readonly GraphQLError[], accept: string): Reply {
  return answer({ errors }, accept === RESPONSE_TYPE ? 400 : 200, accept);
}

function answer(result: { data?: unknown; errors?: readonly GraphQLError[] }, status: number, accept: string): Reply {
  return json(status, result, { 'Content-Type': `${accept}; charset=utf-8` });
}

function shown(result: ExecutionResult, deps: Pick<Deps, 'log'>, ctx: Context): ExecutionResult {
  if (!result.errors) return result;
  return { ...result, errors: result.errors.map((error) => toPublic(error, deps.log, ctx.requestId)) };
}

function readBody(bytes: Buffer): Body | GraphQLError {
  const bad = (message: string) => withCode(new GraphQLError(message), 'GRAPHQL_PARSE_FAILED');
  const parsed = parseJson(bytes);
  if ('error' in parsed) return bad('The body is not JSON.');
  const body = parsed.value as Record<string, unknown> | null;
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return bad('The body must be one JSON object; batches are not supported.');
  const { query, variables = null, operationName = null, extensions = null } = body;
  if (typeof query !== 'string') return bad('The body must have a "query" of type string.');
  if (!isObjectOrNull(variables)) return bad('"variables" must be an object.');
  if (operationName !== null && typeof operationName !== 'string') return bad('"operationName" must be a string.');
  if (!isObjectOrNull(extensions)) return bad('"extensions" must be an object.');
  return { query, variables: (variables ?? {}) as Record<string, unknown>, operationName };
}

function isObjectOrNull(value: unknown): boolean {
  return value === null || (typeof value === 'object' && !Array.isArray(value));
}

/** The same limits for what goes through yoga. */
function limitsPlugin(): Plugin {
  return {
    onValidate({ params, setResult }) {
      const errors = documentErrors(params.documentAST);
      if (errors.length > 0) setResult(errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED')));
    },
    onExecute({ args, setResultAndStopExecution }) {
      for (const node of args.document.definitions) {
        if (node.kind !== 'OperationDefinition' || node.operation === OperationTypeNode.SUBSCRIPTION) continue;
        const errors = pageProductErrors(args.document, node, (args.variableValues ?? {}) as Record<string, unknown>);
        if (errors.length > 0)
          setResultAndStopExecution({ errors: errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED')) });
      }
    },
  };
}

function maskForYoga(error: unknown, deps: Pick<Deps, 'log'>): Error {
  if (!(error instanceof GraphQLError))
    return toPublic(new GraphQLError('', { originalError: error as Error }), deps.log, '');
  return toPublic(error, deps.log, '');
}
