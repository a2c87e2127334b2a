import { GraphQLError } from 'graphql';

/** The closed list of error codes: HTTP status and the message a person reads (contract, section 3). */
export const ERRORS = {
  AUTHENTICATION_FAILED: { status: 401, message: 'Authentication required' },
  FORBIDDEN: { status: 403, message: "You don't have permission to perform this action" },
  RESOURCE_NOT_FOUND: { status: 404, message: 'The requested resource was not found' },
  CONFLICT: { status: 409, message: 'The request conflicts with the current state' },
  PRECONDITION_FAILED: { status: 412, message: 'The resource has changed since it was read' },
  PAYLOAD_TOO_LARGE: { status: 413, message: 'The request body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'The request body must be JSON, without a Content-Encoding' },
  METHOD_NOT_ALLOWED: { status: 405, message: 'This method is not allowed here' },
  VALIDATION_FAILED: { status: 422, message: 'The input is not valid' },
  RATE_LIMIT_EXCEEDED: { status: 429, message: 'Too many requests' },
  INTERNAL_SERVER_ERROR: { status: 500, message: 'An unexpected error occurred' },
  SERVICE_UNAVAILABLE: { status: 503, message: 'The service cannot answer now; try again shortly' },
} as const;

export type ErrorCode = keyof typeof ERRORS;
export type Details = Record<string, unknown>;

/** One problem of an input, as pydantic v2 words it (contract, section 4). */
export interface Issue {
  type: string;
  loc: (string | number)[];
  msg: string;
  input: unknown;
  ctx?: Record<string, unknown>;
}

/**
 * The one constructor of errors that callers may see: everything else is masked as INTERNAL_SERVER_ERROR. Nobody reads
 * where they were made, and a stack would cost a refusal under overload more than all the rest of it.
 */
export function fault(code: ErrorCode, details: Details = {}, message: string = ERRORS[code].message): GraphQLError {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return new GraphQLError(message, { extensions: { code, details } });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** An id that is longer is told by its beginning: it may have been sent at any length. */
const ID_MAX = 300;

/** Absent, of another org, outside the token's workspaces: one answer. */
export function notFound(resourceType: string, resourceId: string): GraphQLError {
  const id = resourceId.length > ID_MAX ? `${resourceId.slice(0, ID_MAX)}…` : resourceId;
  const message = `The ${words(resourceType)} ${JSON.stringify(id)} was not found`;
  return fault('RESOURCE_NOT_FOUND', { resource_type: resourceType, resource_id: resourceId }, message);
}

export function forbidden(permission: string): GraphQLError {
  return fault('FORBIDDEN', { required_permission: permission }, `${ERRORS.FORBIDDEN.message}: ${permission}`);
}

/** Why the state does not allow what was asked (contract, section 3): the closed list of `details.reason`. */
export const CONFLICT_REASONS = [
  'built_in',
  'default_environment',
  'disabled',
  'expired',
  'idempotency_key_in_use',
  'in_use',
  'last_admin',
  'no_reindex_running',
  'not_failed',
  'not_running',
  'referenced',
  'refused',
  'reindex_running',
  'revoked',
  'too_many_threads',
] as const;
export type ConflictReason = (typeof CONFLICT_REASONS)[number];

export interface Conflict {
  /** What is taken, and the value that the caller gave. */
  field?: string;
  value?: unknown;
  /** Why the state does not allow it. */
  reason?: ConflictReason;
  /** null where the caller may not see it. */
  conflictingId?: string | null;
}

/** A taken name gives `field`, other conflicts a `reason`. */
export function conflict(resourceType: string, why: Conflict): GraphQLError {
  const details = {
    resource_type: resourceType,
    ...(why.field === undefined ? {} : { field: why.field }),
    ...(why.reason === undefined ? {} : { reason: why.reason }),
    conflicting_id: why.conflictingId ?? null,
  };
  return fault('CONFLICT', details, conflictMessage(words(resourceType), why));
}

function conflictMessage(thing: string, { field, value, reason, conflictingId }: Conflict): string {
  if (field === undefined)
    return `The ${thing} does not allow it: ${words(reason ?? 'conflict')}${conflictingId ? ` (${conflictingId})` : ''}`;
  const taken = typeof value === 'string' ? ` ${JSON.stringify(value)}` : '';
  return `The ${words(field)}${taken} is taken by ${conflictingId ? `the ${thing} ${conflictingId}` : `another ${thing}`}`;
}

function words(name: string): string {
  return name.replaceAll('_', ' ');
}

/** The message is the first issue, with its place: `input.name: String should have at least 1 character`. */
export function invalid(issues: Issue[]): GraphQLError {
  const [first] = issues;
  const message = first && `${first.loc.join('.')}: ${first.msg}`;
  return fault('VALIDATION_FAILED', { detail: issues }, message);
}

/** An own rule's refusal of one field; `path` is camelCase below the operation's input. */
export function invalidField(path: (string | number)[], message: string, input: unknown): GraphQLError {
  return invalid([valueError(['input', ...path], message, input)]);
}

/** What may come back where the answer itself would be too long. */
export function tooLong(where: (string | number)[], maxBytes: number): GraphQLError {
  const message = `the answer would be longer than ${maxBytes} bytes; ask for less at once`;
  return invalid([valueError(where, message, null)]);
}

export function valueError(loc: (string | number)[], message: string, input: unknown): Issue {
  return { type: 'value_error', loc, msg: `Value error, ${message}`, input, ctx: { error: {} } };
}

export function codeOf(error: unknown): ErrorCode | null {
  const code = error instanceof GraphQLError ? error.extensions?.code : undefined;
  return typeof code === 'string' && Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : null;
}

export function detailsOf(error: GraphQLError): Details {
  return (error.extensions?.details as Details | undefined) ?? {};
}

/** The documented envelope; its timestamp has microseconds and no zone, as on the reference pages. */
export function envelope(
  code: ErrorCode,
  details: Details,
  now: number,
  message: string = ERRORS[code].message,
): object {
  return {
    error: code,
    message,
    details,
    timestamp: `${new Date(now).toISOString().slice(0, -1)}000`,
    status_code: ERRORS[code].status,
  };
}
