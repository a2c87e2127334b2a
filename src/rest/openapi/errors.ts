import { ERRORS } from '../../words/errors.ts';
import { expected } from '../../words/expected.ts';
import { closed } from './json-schema.ts';
import { type Json, ref } from './references.ts';

const TEXT = { type: 'string' };
const FREE = { type: 'object', additionalProperties: true };

/** The schemas of what is answered where something is refused. */
export const ERROR_SCHEMAS: Record<string, Json> = {
  Error: {
    description: 'Why a request was refused.',
    ...closed({
      error: {
        ...TEXT,
        enum: Object.keys(ERRORS).filter((code) => code !== 'VALIDATION_FAILED'),
        description: 'The code, one of a closed list.',
      },
      message: { ...TEXT, description: 'A sentence for a person.' },
      details: { ...FREE, description: 'What the code tells further: see the list of errors.' },
      timestamp: { ...TEXT, description: 'When, in UTC with microseconds and without a zone.' },
      status_code: { type: 'integer', description: 'The HTTP status again.' },
    }),
    examples: [
      {
        error: 'RESOURCE_NOT_FOUND',
        message: ERRORS.RESOURCE_NOT_FOUND.message,
        details: { resource_type: 'workspace', resource_id: 'ws_01jgfjjz00q5v3n8k2w7c4x9ta' },
        timestamp: '2025-01-01T00:00:00.000000',
        status_code: 404,
      },
    ],
  },
  ValidationIssue: {
    description: 'One problem of a request.',
    type: 'object',
    required: ['loc', 'msg', 'type'],
    properties: {
      loc: {
        type: 'array',
        // Go has no type for either: its generator, oapi-codegen, stops where it is not told one.
        items: { type: ['string', 'integer'], 'x-go-type': 'any' },
        description: 'Where: `path`, `query`, `header` or `body`, then names and positions as they were sent.',
      },
      msg: { ...TEXT, description: 'A sentence for a person.' },
      type: { ...TEXT, description: 'The kind of problem, as pydantic names it.' },
      input: { description: 'What was sent there; of an absent field the object that lacks it.' },
      ctx: { ...FREE, description: 'What the message was made of.' },
    },
    additionalProperties: false,
  },
  HTTPValidationError: {
    description: 'Everything that is wrong with a request.',
    ...closed({ detail: { type: 'array', items: ref('ValidationIssue'), description: 'Every problem, in order.' } }),
    examples: [
      {
        detail: [
          {
            type: 'string_too_short',
            loc: ['body', 'name'],
            msg: 'String should have at least 1 character',
            input: '',
            ctx: { min_length: 1 },
          },
        ],
      },
    ],
  },
};

const STATUS_TEXT: Record<number, string> = {
  401: 'Authentication failed',
  403: 'Permission denied',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  412: 'Stale version',
  413: 'Body too large',
  415: 'Not JSON',
  422: 'Validation error',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
};

/** What the details of a status may hold, where they hold anything. */
const DETAILS: Record<number, Json> = {
  403: { required_permission: 'namespaces:create' },
  404: { resource_type: 'workspace', resource_id: 'ws_01jgfjjz00q5v3n8k2w7c4x9ta' },
  405: { allow: ['GET', 'HEAD', 'PATCH', 'DELETE'] },
  409: { resource_type: 'workspace', field: 'name', conflicting_id: 'ws_01jgfjjz00q5v3n8k2w7c4x9ta' },
  412: { current_etag: '"4"' },
  413: { max_bytes: 1_048_576 },
  415: { accepted: ['application/json'] },
  429: { retry_after: 1 },
  503: { retry_after: 1 },
};

function exampleOf(status: number): Json {
  const named = Object.entries(ERRORS).find(([, one]) => one.status === status);
  const [code, { message }] = expected(named, `error of the status ${status}`);
  const timestamp = '2025-01-01T00:00:00.000000';
  return { error: code, message, details: DETAILS[status] ?? {}, timestamp, status_code: status };
}

/** The replies that any row may give instead of its own, by status. */
export function failures(headersOf: (status: number) => Json): [string, Json][] {
  const statuses = new Set<number>(Object.values(ERRORS).map(({ status }) => status));
  return [...statuses].map((status) => [
    String(status),
    {
      description: STATUS_TEXT[status],
      headers: headersOf(status),
      content: {
        'application/json':
          status === 422
            ? { schema: ref('HTTPValidationError') }
            : { schema: ref('Error'), example: exampleOf(status) },
      },
    },
  ]);
}
