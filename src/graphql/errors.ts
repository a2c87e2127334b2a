import { GraphQLError, type OperationDefinitionNode } from 'graphql';
import type { Logger } from 'pino';
import { StoreConflict, StoreUnavailable } from '../store/store.ts';
import { codeOf, fault } from '../words/errors.ts';

const IN_DOUBT =
  'The change may have been made: the store did not tell in time. Read it before you try again, or repeat the request under its Idempotency-Key';

/** graphql-js repeats values and names as they came, once for each mistake: of a megabyte, several. */
const MESSAGE_MAX = 1_000;

/** Where in its request something failed. */
export interface Stage {
  requestId: string;
  /** Whether a change was made before. */
  isCommitted: boolean;
}

/** Below a mutation's own field it is the reply that failed: the field's answer is made by the commit. */
export function isOfReply({ operation }: OperationDefinitionNode, error: unknown): boolean {
  return operation === 'mutation' && error instanceof GraphQLError && (error.path?.length ?? 0) > 1;
}

/** The one place where anything thrown becomes what a caller may see; what is not ours is logged and masked. */
export function toPublic(thrown: unknown, log: Logger, { requestId, isCommitted }: Stage): GraphQLError {
  const error = thrown instanceof GraphQLError ? thrown : new GraphQLError('', { originalError: thrown as Error });
  if (codeOf(error) !== null) return error;
  const original = rootOf(error);
  const options = { nodes: error.nodes, path: error.path };
  const as = (other: GraphQLError) => new GraphQLError(other.message, { ...options, extensions: other.extensions });
  if (original instanceof StoreUnavailable) {
    log.warn({ err: original, requestId }, 'the store cannot answer');
    const message = original.maybe || isCommitted ? IN_DOUBT : undefined;
    return as(fault('SERVICE_UNAVAILABLE', { retry_after: original.retryAfterSeconds }, message));
  }
  if (original instanceof StoreConflict) return as(fault('SERVICE_UNAVAILABLE', { retry_after: 1 }));
  // Raised by graphql itself about a place in the caller's document, or before anything ran.
  if (original === error || (original instanceof GraphQLError && original.nodes))
    return withCode(error, 'GRAPHQL_VALIDATION_FAILED');
  log.error({ err: original, requestId }, 'a resolver failed');
  return as(fault('INTERNAL_SERVER_ERROR', {}));
}

function rootOf(error: GraphQLError): unknown {
  let original: unknown = error;
  while (original instanceof GraphQLError && original.originalError) original = original.originalError;
  return original;
}

export function withCode(
  error: GraphQLError,
  code: 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED',
): GraphQLError {
  const { message } = error;
  return new GraphQLError(message.length > MESSAGE_MAX ? `${message.slice(0, MESSAGE_MAX).toWellFormed()}…` : message, {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    path: error.path,
    extensions: { code },
  });
}
