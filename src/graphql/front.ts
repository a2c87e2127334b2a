import type { IncomingHttpHeaders } from 'node:http';
import {
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
} from 'graphql';
import { isAsItIs, mediaTypeOf } from '../http/body.ts';
import { ANSWER_MAX_BYTES } from '../http/pieces.ts';
import { json, jsonInTurns, type Reply } from '../http/reply.ts';
import { STREAM_TYPE } from '../http/streams.ts';
import type { Context } from '../resource/context.ts';
import { chain, type MaybePromise } from '../store/store.ts';
import { fault, tooLong } from '../words/errors.ts';
import { isOfReply, toPublic } from './errors.ts';
import { type Operation, Operations, type Selected } from './operations.ts';
import { ranOf } from './ran.ts';
import { asDocument, JSON_TYPE, preferredType, type ResponseType, refusal, takesStream } from './refusal.ts';
import { type GraphQLRequest, readJsonRequest, readQueryRequest } from './request.ts';
import { asStream, type Streamed, subscribed } from './stream.ts';
import { bounded } from './told-back.ts';

/** A request to `/graphql` once its caller and its bytes are known; HEAD comes as GET. */
export interface GraphQLCall {
  method: string;
  search: string;
  headers: Pick<IncomingHttpHeaders, 'accept' | 'content-type' | 'content-encoding'>;
  bytes: Buffer;
}

export interface GraphQLFront {
  /** From the media type on; the checks before (path, method, token, rate, size) are those of both doors. */
  handle(call: GraphQLCall, ctx: Context): MaybePromise<Reply>;
}

export const GRAPHQL_METHODS = ['GET', 'POST'];

/**
 * One way through for every method and media type. Nothing here guards against other sites: whoever comes this far has
 * sent an `Authorization` header, which no browser lets another site do without a preflight.
 */
export function createGraphQLFront(schema: GraphQLSchema, deps: Streamed): GraphQLFront {
  const operations = new Operations(schema);
  return {
    handle({ method, search, headers, bytes }, ctx) {
      const { accept } = headers;
      if (method === 'POST' && !isPlainJson(headers))
        return refusal(accept, fault('UNSUPPORTED_MEDIA_TYPE', { accepted: ['application/json'] }));
      const type = preferredType(accept);
      if (type === null) return refusal(accept, notAcceptable(), 406);
      const request = method === 'POST' ? readJsonRequest(bytes) : readQueryRequest(search);
      if (request instanceof GraphQLError) return answer({ errors: [request] }, 400, asDocument(type));
      return chain(selectedBy(operations, request, method === 'GET'), (selected) => {
        if (selected === 'not by GET') return refusal(accept, fault('METHOD_NOT_ALLOWED', { allow: ['POST'] }));
        if ('errors' in selected) return answer(selected, type === JSON_TYPE ? 200 : 400, asDocument(type));
        const { node } = selected.executable;
        if (node.operation === 'subscription') return follow(selected, accept, ctx);
        return chain(operations.run(selected, ctx), (result) => answer(shown(result, node, ctx), 200, type, node));
      });
    },
  };

  /** What is wrong is told before the stream begins, with the status that REST would give it. */
  async function follow(selected: Selected, accept: string | undefined, ctx: Context): Promise<Reply> {
    if (!takesStream(accept)) return refusal(accept, notAcceptable(['text/event-stream']), 406);
    const stageOf = { requestId: ctx.requestId, isCommitted: false };
    return subscribed(selected, ctx, deps).catch((error: unknown) =>
      refusal(accept, toPublic(error, deps.log, stageOf)),
    );
  }

  function shown({ data, errors }: ExecutionResult, node: OperationDefinitionNode, ctx: Context): ExecutionResult {
    if (!errors) return { data };
    const stageOf = (error: GraphQLError) => ({ requestId: ctx.requestId, isCommitted: isOfReply(node, error) });
    return { errors: bounded(errors.map((error) => toPublic(error, deps.log, stageOf(error)))), data };
  }
}

/** What is to run, or the errors that say why nothing does. */
function selectedBy(
  operations: Operations,
  { query, operationName, variables }: GraphQLRequest,
  readsOnly: boolean,
): MaybePromise<Selected | Pick<Operation, 'errors'> | 'not by GET'> {
  return chain(operations.prepare(query), (operation) => {
    if (operation.errors.length > 0) return { errors: operation.errors };
    const node = getOperationAST(operation.document, operationName);
    if (readsOnly && node?.operation === 'mutation') return 'not by GET';
    return operations.select(operation, operationName, variables);
  });
}

function answer(
  result: ExecutionResult,
  status: number,
  type: ResponseType,
  node: OperationDefinitionNode | null = null,
): MaybePromise<Reply> {
  const headers = { 'Content-Type': type };
  return chain(jsonInTurns(status, result, headers), (written) => {
    const reply = written ?? json(200, { errors: [tooLong(['query'], ANSWER_MAX_BYTES)], data: null }, headers);
    const told = { ...reply, operation: ranOf(node, result.errors) };
    return type === STREAM_TYPE ? asStream(told) : told;
  });
}

function isPlainJson(headers: GraphQLCall['headers']): boolean {
  return isAsItIs(headers['content-encoding']) && mediaTypeOf(headers['content-type']) === 'application/json';
}

const DOCUMENTS = ['application/json', 'application/graphql-response+json'];

function notAcceptable(accepted = [...DOCUMENTS, 'text/event-stream']): GraphQLError {
  return fault('UNSUPPORTED_MEDIA_TYPE', { accepted }, 'No media type that Accept names can be answered');
}
