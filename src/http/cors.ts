import type { IncomingMessage } from 'node:http';

const EXPOSED =
  'ETag, X-Request-Id, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, Idempotency-Replayed, Location';

/** Headers for a browser that calls from an allowed origin. Where only some are allowed, every reply tells caches so. */
export function corsHeaders(req: IncomingMessage, origins: readonly string[]): Record<string, string> {
  if (origins.length === 0) return {};
  const { origin } = req.headers;
  const isAny = origins.includes('*');
  const varies: Record<string, string> = isAny ? {} : { Vary: 'Origin' };
  if (!isAny && (origin === undefined || !origins.includes(origin))) return varies;
  return {
    'Access-Control-Allow-Origin': isAny ? '*' : origin!,
    ...varies,
    'Access-Control-Expose-Headers': EXPOSED,
    ...preflight(req),
  };
}

export function isPreflight(req: IncomingMessage, origins: readonly string[]): boolean {
  return req.method === 'OPTIONS' && req.headers['access-control-request-method'] !== undefined && origins.length > 0;
}

function preflight(req: IncomingMessage): Record<string, string> {
  if (req.method !== 'OPTIONS') return {};
  return {
    'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE',
    'Access-Control-Allow-Headers': req.headers['access-control-request-headers'] ?? 'authorization, content-type',
    'Access-Control-Max-Age': '600',
  };
}
