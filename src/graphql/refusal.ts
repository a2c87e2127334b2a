import type { GraphQLError } from 'graphql';
import { createPreference } from '../http/accept.ts';
import { errorHeaders, json, type Reply } from '../http/reply.ts';
import { STREAM_TYPE } from '../http/streams.ts';
import { codeOf, detailsOf, ERRORS } from '../words/errors.ts';

const RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';
export const JSON_TYPE = 'application/json; charset=utf-8';

type DocumentType = typeof RESPONSE_TYPE | typeof JSON_TYPE;
export type ResponseType = DocumentType | typeof STREAM_TYPE;

/** What the graph answers in, by the Accept header; null where it takes none of them. */
export const preferredType = createPreference<ResponseType>([JSON_TYPE, RESPONSE_TYPE, STREAM_TYPE]);

/** Whether a stream is taken at all: a subscription can be answered by nothing else. */
const streamType = createPreference([STREAM_TYPE]);
export const takesStream = (accept: string | undefined): boolean => streamType(accept) !== null;

/** What is refused before the graph runs, in the graph's own form, with the status (by default the code's) and headers of REST. */
export function refusal(accept: string | undefined, error: GraphQLError, status?: number): Reply {
  const code = codeOf(error) ?? 'INTERNAL_SERVER_ERROR';
  const type = asDocument(preferredType(accept) ?? JSON_TYPE);
  const headers = { ...errorHeaders(code, detailsOf(error)), 'Content-Type': type };
  return json(status ?? ERRORS[code].status, { errors: [error] }, headers);
}

/** What begins no stream is told as JSON. */
export function asDocument(type: ResponseType): DocumentType {
  return type === STREAM_TYPE ? JSON_TYPE : type;
}
