import type { Logger } from 'pino';
import { toPublic } from '../graphql/errors.ts';
import { refusal } from '../graphql/refusal.ts';
import { errorReply, type Reply } from '../http/reply.ts';
import { codeOf, type Details, detailsOf, type ErrorCode, fault } from '../words/errors.ts';
import type { Arrival } from './arrival.ts';

export interface Refusals {
  /** An error in the form of the door that the request came to. */
  error(arrival: Arrival, code: ErrorCode, details?: Details, message?: string): Reply;
  /** What was thrown, as the caller may hear of it. */
  failed(arrival: Arrival, cause: unknown): Reply;
}

export function createRefusals(now: () => number, log: Logger): Refusals {
  const error: Refusals['error'] = ({ req, path }, code, details = {}, message) =>
    path === '/graphql'
      ? refusal(req.headers.accept, fault(code, details, message))
      : errorReply(code, details, now(), message);

  return {
    error,
    failed(arrival, cause) {
      // Whoever hangs up in the middle of a body hears nothing, and it is no fault of ours.
      if (arrival.req.readableAborted) return error(arrival, 'INTERNAL_SERVER_ERROR');
      const shown = toPublic(cause, log, { requestId: arrival.visit.requestId, isCommitted: false });
      return error(arrival, codeOf(shown) ?? 'INTERNAL_SERVER_ERROR', detailsOf(shown), shown.message);
    },
  };
}
