import type { GraphQLError } from 'graphql';
import { createPreference } from '../http/accept.ts';
import { errorHeaders, json, type Reply } from '../http/reply.ts';
import { codeOf, detailsOf, ERRORS } from '../words/errors.ts';

export const RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

export type ResponseType = typeof RESPONSE_TYPE | typeof JSON_TYPE;

/** What the graph answers in, by the Accept header; null where it takes neither. */
export const preferredType = createPreference<ResponseType>([JSON_TYPE, RESPONSE_TYPE]);

/** What is refused before the graph runs, in the graph's own form, with the status (by default the code's) and headers of REST. */
export function refusal(accept: string | undefined, error: GraphQLError, status?: number): Reply {
  const code = codeOf(error) ?? 'INTERNAL_SERVER_ERROR';
  const type = preferredType(accept) ?? JSON_TYPE;
  const headers = { ...errorHeaders(code, detailsOf(error)), 'Content-Type': type };
  return json(status ?? ERRORS[code].status, { errors: [error] }, headers);
}
