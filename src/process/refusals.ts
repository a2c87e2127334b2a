import type { Logger } from 'pino';
import { toPublic } from '../graphql/errors.ts';
import { refusal } from '../graphql/refusal.ts';
import { errorReply, type Reply } from '../http/reply.ts';
import { codeOf, type Details, detailsOf, type ErrorCode, fault } from '../words/errors.ts';
import type { Arrival } from './arrival.ts';

export interface Refusals {
  /** An error in the form of the door that the request came to. */
  error(arrival: Arrival, code: ErrorCode, details?: Details, message?: string): Reply;
  /** There is too much to do: told without making more of it. */
  overload(arrival: Arrival): Reply;
  /** What was thrown, as the caller may hear of it. */
  failed(arrival: Arrival, cause: unknown): Reply;
}

export function createRefusals(now: () => number, log: Logger): Refusals {
  const error: Refusals['error'] = ({ req, path }, code, details = {}, message) =>
    path === '/graphql'
      ? refusal(req.headers.accept, fault(code, details, message))
      : errorReply(code, details, now(), message);

  const told = { at: Number.NaN, by: new Map<string | undefined, Reply>() };
  /** One reply for all of a millisecond that ask alike: under overload these are many. */
  const overload: Refusals['overload'] = (arrival) => {
    const form = arrival.path === '/graphql' ? (arrival.req.headers.accept ?? '') : undefined;
    const at = now();
    if (told.at !== at) told.by.clear();
    told.at = at;
    const known = told.by.get(form);
    if (known) return known;
    const reply = error(arrival, 'SERVICE_UNAVAILABLE', { retry_after: 1 });
    told.by.set(form, reply);
    return reply;
  };

  return {
    error,
    overload,
    failed(arrival, cause) {
      // Whoever hangs up in the middle of a body hears nothing, and it is no fault of ours.
      if (arrival.req.readableAborted) return error(arrival, 'INTERNAL_SERVER_ERROR');
      const shown = toPublic(cause, log, { requestId: arrival.visit.requestId, isCommitted: false });
      return error(arrival, codeOf(shown) ?? 'INTERNAL_SERVER_ERROR', detailsOf(shown), shown.message);
    },
  };
}
