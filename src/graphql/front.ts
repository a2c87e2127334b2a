import type { IncomingHttpHeaders } from 'node:http';
import { type ExecutionResult, GraphQLError, type GraphQLSchema, getOperationAST } from 'graphql';
import { mediaTypeOf } from '../http/body.ts';
import { ANSWER_MAX_BYTES } from '../http/pieces.ts';
import { json, jsonInTurns, type Reply } from '../http/reply.ts';
import type { Context, Deps } from '../resource/context.ts';
import { fault, tooLong } from '../words/errors.ts';
import { toPublic } from './errors.ts';
import { Operations } from './operations.ts';
import { preferredType, RESPONSE_TYPE, type ResponseType, refusal } from './refusal.ts';
import { type GraphQLRequest, readJsonRequest, readQueryRequest } from './request.ts';

/** A request to `/graphql` once its caller and its bytes are known; HEAD comes as GET. */
export interface GraphQLCall {
  method: string;
  search: string;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
}

export interface GraphQLFront {
  /** From the media type on; the checks before (path, method, token, rate, size) are those of both doors. */
  handle(call: GraphQLCall, ctx: Context): Promise<Reply>;
}

export const GRAPHQL_METHODS = ['GET', 'POST'];

/**
 * One way through for every method and media type. Nothing here guards against other sites: whoever comes this far has
 * sent an `Authorization` header, which no browser lets another site do without a preflight.
 */
export function createGraphQLFront(schema: GraphQLSchema, deps: Pick<Deps, 'log'>): GraphQLFront {
  const operations = new Operations(schema);
  return {
    async handle({ method, search, headers, bytes }, ctx) {
      const { accept } = headers;
      if (method === 'POST' && !isPlainJson(headers))
        return refusal(accept, fault('UNSUPPORTED_MEDIA_TYPE', { accepted: ['application/json'] }));
      const type = preferredType(accept);
      if (type === null) return refusal(accept, notAcceptable(), 406);
      const request = method === 'POST' ? readJsonRequest(bytes) : readQueryRequest(search);
      if (request instanceof GraphQLError) return answer({ errors: [request] }, 400, type);
      const result = await resultOf(operations, request, method === 'GET', ctx);
      if (result === 'not by GET') return refusal(accept, fault('METHOD_NOT_ALLOWED', { allow: ['POST'] }));
      if (!('data' in result)) return answer(result, type === RESPONSE_TYPE ? 400 : 200, type);
      const errors = result.errors?.map((error) => toPublic(error, deps.log, whatWasDone(ctx, error)));
      return answer(errors ? { errors, data: result.data } : result, 200, type);
    },
  };
}

/** Below a mutation's own field it is the reply that failed, not the change. */
function whatWasDone({ requestId, committed }: Context, { path = [] }: GraphQLError) {
  return { requestId, committed: committed && path.length > 1 };
}

/** The result as it is; without `data` nothing has run. */
async function resultOf(
  operations: Operations,
  { query, operationName, variables }: GraphQLRequest,
  readsOnly: boolean,
  ctx: Context,
): Promise<ExecutionResult | 'not by GET'> {
  const operation = await operations.prepare(query);
  if (operation.errors.length > 0) return { errors: operation.errors };
  const node = getOperationAST(operation.document, operationName);
  if (readsOnly && node?.operation === 'mutation') return 'not by GET';
  const selected = operations.select(operation, operationName, variables);
  if ('errors' in selected) return selected;
  return operations.run(selected, ctx);
}

async function answer(result: ExecutionResult, status: number, type: ResponseType): Promise<Reply> {
  const headers = { 'Content-Type': type };
  const reply = await jsonInTurns(status, result, headers);
  return reply ?? json(200, { errors: [tooLong(['query'], ANSWER_MAX_BYTES)], data: null }, headers);
}

function isPlainJson(headers: IncomingHttpHeaders): boolean {
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  return encoding === 'identity' && mediaTypeOf(headers['content-type']) === 'application/json';
}

function notAcceptable(): GraphQLError {
  const accepted = ['application/json', 'application/graphql-response+json'];
  return fault('UNSUPPORTED_MEDIA_TYPE', { accepted }, 'No media type that Accept names can be answered');
}
