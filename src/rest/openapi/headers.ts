import type { Row } from '../row.ts';
import type { Json } from './references.ts';

const text = (description: string, example: string): Json => ({ description, schema: { type: 'string' }, example });
const whole = (description: string, example: number): Json => ({
  description,
  schema: { type: 'integer', minimum: 0 },
  example,
});

/** The headers of replies, each once; replies refer to them. */
export const HEADERS: Record<string, Json> = {
  'X-Request-Id': text(
    "The request's id: the caller's own where it sent a sane one.",
    'req_01jgfjjz00q5v3n8k2w7c4x9ta',
  ),
  'RateLimit-Limit': whole('Requests a minute that the token may make.', 6000),
  'RateLimit-Remaining': whole('How many it may make at once now.', 5999),
  'RateLimit-Reset': whole('Seconds until all are free again.', 1),
  ETag: text('The version of the resource; `If-Match` takes it.', '"1-m5d1c000"'),
  Location: text('The address of what was created.', '/v1/orgs/org_01jgfjjz00q5v3n8k2w7c4x9ta'),
  'Idempotency-Replayed': text('`true` where an earlier request under this Idempotency-Key is answered again.', 'true'),
  'Retry-After': whole('Seconds after which it is worth trying again.', 1),
  'WWW-Authenticate': text('How to authenticate.', 'Bearer'),
  Allow: text('The methods of this path.', 'GET, HEAD, POST'),
  'Accept-Patch': text('The media types of a PATCH.', 'application/json, application/merge-patch+json'),
};

const RATE = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'];
const BY_STATUS: Record<number, string[]> = {
  401: ['WWW-Authenticate'],
  405: ['Allow'],
  412: ['ETag', ...RATE],
  429: ['Retry-After', ...RATE],
  503: ['Retry-After'],
};

export function failureHeaders({ method }: Row, status: number): Json {
  const ofPatch = method === 'PATCH' && status === 415 ? ['Accept-Patch'] : [];
  return references([...ofPatch, ...(BY_STATUS[status] ?? RATE)]);
}

export function successHeaders(row: Row): Json {
  return references([
    ...(row.resource === null ? [] : ['ETag']),
    ...(row.status === 201 ? ['Location'] : []),
    ...(row.method === 'POST' ? ['Idempotency-Replayed'] : []),
    ...RATE,
  ]);
}

export function unchangedHeaders(): Json {
  return references(['ETag', ...RATE]);
}

function references(names: string[]): Json {
  return Object.fromEntries(['X-Request-Id', ...names].map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
