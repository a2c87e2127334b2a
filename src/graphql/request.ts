import { GraphQLError } from 'graphql';
import { parseJson } from '../http/body.ts';
import { withCode } from './errors.ts';

/** What a caller asks the graph for, whatever way it came in by. */
export interface GraphQLRequest {
  query: string;
  variables: Record<string, unknown>;
  operationName: string | null;
}

/** A POST's JSON body; what is wrong with it is an error to answer. */
export function readJsonRequest(bytes: Buffer): GraphQLRequest | GraphQLError {
  const parsed = parseJson(bytes);
  if ('error' in parsed) return malformed('The body is not JSON.');
  if (!isObject(parsed.value)) return malformed('The body must be one JSON object; batches are not supported.');
  return checked(parsed.value);
}

/** A GET's query string; `variables` and `extensions` are JSON in it, and empty where they are absent. */
export function readQueryRequest(search: string): GraphQLRequest | GraphQLError {
  if (!isEncoded(search)) return malformed('The query string is not percent-encoded UTF-8.');
  const given = new URLSearchParams(search);
  const request: Record<string, unknown> = {};
  for (const name of ['query', 'operationName', 'variables', 'extensions']) {
    const [text, ...others] = given.getAll(name);
    if (others.length > 0) return malformed(`"${name}" is given more than once.`);
    if (!text) continue;
    const isText = name === 'query' || name === 'operationName';
    const parsed = isText ? { value: text } : parseJson(Buffer.from(text));
    if ('error' in parsed) return malformed(`"${name}" is not JSON.`);
    request[name] = parsed.value;
  }
  return checked(request);
}

/** URLSearchParams would put another character in the place of what is wrong, and run that. */
function isEncoded(search: string): boolean {
  try {
    return decodeURIComponent(search) !== null;
  } catch {
    return false;
  }
}

function checked({
  query,
  variables = null,
  operationName = null,
  extensions = null,
}: Record<string, unknown>): GraphQLRequest | GraphQLError {
  if (typeof query !== 'string') return malformed('The request must have a "query" of type string.');
  if (variables !== null && !isObject(variables)) return malformed('"variables" must be an object.');
  if (operationName !== null && typeof operationName !== 'string')
    return malformed('"operationName" must be a string.');
  if (extensions !== null && !isObject(extensions)) return malformed('"extensions" must be an object.');
  return { query, variables: variables ?? {}, operationName: operationName || null };
}

function malformed(message: string): GraphQLError {
  return withCode(new GraphQLError(message), 'GRAPHQL_PARSE_FAILED');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
