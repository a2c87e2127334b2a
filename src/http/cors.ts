import type { IncomingMessage } from 'node:http';

const EXPOSED =
  'ETag, X-Request-Id, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, Idempotency-Replayed, Location';

/** Headers for a browser that calls from an allowed origin; none for others, and none by default. */
export function corsHeaders(req: IncomingMessage, origins: readonly string[]): Record<string, string> {
  const { origin } = req.headers;
  if (origin === undefined || !(origins.includes('*') || origins.includes(origin))) return {};
  return {
    'Access-Control-Allow-Origin': origins.includes('*') ? '*' : origin,
    Vary: 'Origin',
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
