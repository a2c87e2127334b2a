import type { IncomingMessage } from 'node:http';

/** All that the OpenAPI document names, and what a refusal says further. */
const EXPOSED = [
  ...['ETag', 'X-Request-Id', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset', 'Retry-After'],
  ...['Idempotency-Replayed', 'Location', 'WWW-Authenticate', 'Allow', 'Accept-Patch'],
].join(', ');

/** Headers (names and values in turn) for a browser that calls from an allowed origin. Where only some are allowed, every reply tells caches so. */
export function corsHeaders(req: IncomingMessage, origins: readonly string[]): readonly string[] {
  if (origins.length === 0) return NONE;
  const isAny = origins.includes('*');
  const varies = isAny ? NONE : ['Vary', 'Origin'];
  const origin = isAny ? '*' : origins.find((one) => one === req.headers.origin);
  if (origin === undefined) return varies;
  const allowed = ['Access-Control-Allow-Origin', origin, 'Access-Control-Expose-Headers', EXPOSED];
  return [...allowed, ...varies, ...preflight(req)];
}

const NONE: readonly string[] = [];

export function isPreflight(req: IncomingMessage, origins: readonly string[]): boolean {
  return req.method === 'OPTIONS' && req.headers['access-control-request-method'] !== undefined && origins.length > 0;
}

function preflight(req: IncomingMessage): readonly string[] {
  if (req.method !== 'OPTIONS') return NONE;
  const asked = req.headers['access-control-request-headers'] ?? 'authorization, content-type';
  return [
    ...['Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE'],
    ...['Access-Control-Allow-Headers', asked],
    ...['Access-Control-Max-Age', '600'],
  ];
}
