import type { IncomingMessage, ServerResponse } from 'node:http';
import { createAuthenticate } from './auth/authenticate.ts';
import { createRateLimiter, type RateState } from './auth/rate-limit.ts';
import type { Config } from './config.ts';
import type { Context, Deps, Principal } from './context.ts';
import type { Details, ErrorCode } from './errors.ts';
import { createGraphQLFront } from './graphql/front.ts';
import { BODY_MAX_BYTES, readBody } from './http/body.ts';
import { corsHeaders, isPreflight } from './http/cors.ts';
import { createPressure } from './http/pressure.ts';
import { errorReply, json, type Reply, send } from './http/reply.ts';
import { createLoaders } from './loaders.ts';
import { createRestAdapter } from './rest/adapter.ts';
import { openApiDocument } from './rest/openapi.ts';
import { rows } from './rest/rows.ts';
import { schema } from './schema.ts';
import { StoreUnavailable } from './store/store.ts';

export interface App {
  handle(req: IncomingMessage, res: ServerResponse): void;
  /** From now on not ready; what is under way is still answered. */
  drain(): void;
  readonly inFlight: number;
}

export type AppConfig = Pick<Config, 'RATE_LIMIT_PER_MINUTE' | 'CORS_ORIGINS'>;

const CSRF_HEADERS = [
  'x-graphql-yoga-csrf',
  'apollo-require-preflight',
  'graphql-require-preflight',
  'x-requested-with',
];

/** Which request goes to which door; no port and no globals. */
export function createApp(deps: Deps, config: AppConfig): App {
  const authenticate = createAuthenticate(deps);
  const limiter = createRateLimiter(config.RATE_LIMIT_PER_MINUTE, deps.now);
  const rest = createRestAdapter(schema, rows, deps);
  const graphql = createGraphQLFront(schema, deps);
  const openApi = JSON.stringify(openApiDocument(schema, rows));
  const origins = config.CORS_ORIGINS.split(',')
    .map((origin) => origin.trim())
    .filter(Boolean);
  const pressure = createPressure();
  let draining = false;

  const error = (code: ErrorCode, details: Details) => errorReply(code, details, deps.now());

  async function answer(
    req: IncomingMessage,
    res: ServerResponse,
    requestId: string,
    refused: boolean,
  ): Promise<Reply | null> {
    const [path = '/', search = ''] = splitUrl(req.url ?? '/');
    const method = req.method ?? 'GET';
    if (path === '/health/live') return json(200, { status: 'live' });
    if (path === '/health/ready') return ready();
    if (path === '/v1/openapi.json' && method !== 'GET') return error('METHOD_NOT_ALLOWED', { allow: ['GET'] });
    if (path === '/v1/openapi.json')
      return { status: 200, headers: { 'Content-Type': 'application/json; charset=utf-8' }, body: openApi };
    if (refused) return error('SERVICE_UNAVAILABLE', { retry_after: 1 });
    if (path === '/') return { status: 302, headers: { Location: '/graphql' }, body: null };
    if (path === '/graphql') return wantsPage(req) ? graphiql() : serveGraphQL(req, res, requestId);
    const match = rest.match(method, path);
    if (!match) return error('RESOURCE_NOT_FOUND', { resource_type: 'route', resource_id: path.slice(0, 1_000) });
    if ('allow' in match) return error('METHOD_NOT_ALLOWED', { allow: match.allow });
    return admitted(req, requestId, async (ctx, bytes) =>
      rest.handle(match.row, match.parameters, { path, search, headers: req.headers, bytes }, ctx),
    );
  }

  async function serveGraphQL(req: IncomingMessage, res: ServerResponse, requestId: string): Promise<Reply | null> {
    if (!graphql.isHot(req)) {
      const principal = await authenticate(req.headers.authorization);
      if (!principal) return error('AUTHENTICATION_FAILED', {});
      const rate = limiter.take(principal.tokenId, principal.rateLimitPerMinute);
      if (rate && !rate.allowed) return limited(rate);
      if (Number(req.headers['content-length'] ?? 0) > BODY_MAX_BYTES || req.headers['transfer-encoding'] !== undefined)
        return error('PAYLOAD_TOO_LARGE', { max_bytes: BODY_MAX_BYTES });
      if (needsPreflight(req))
        return json(400, { errors: [{ message: `Send one of the headers ${CSRF_HEADERS.join(', ')}.` }] });
      for (const [name, value] of Object.entries(rateHeaders(rate))) res.setHeader(name, value);
      await graphql.yoga(req, res, createContext(deps, principal, requestId));
      return null;
    }
    return admitted(req, requestId, async (ctx, bytes) => graphql.run(req, bytes, ctx));
  }

  /** Token, rate, size: the checks that both doors begin with. */
  async function admitted(
    req: IncomingMessage,
    requestId: string,
    next: (ctx: Context, bytes: Buffer) => Promise<Reply>,
  ): Promise<Reply> {
    const principal = await authenticate(req.headers.authorization);
    if (!principal) return error('AUTHENTICATION_FAILED', {});
    const rate = limiter.take(principal.tokenId, principal.rateLimitPerMinute);
    if (rate && !rate.allowed) return limited(rate);
    const bytes = await readBody(req);
    const reply =
      bytes === 'too_large'
        ? error('PAYLOAD_TOO_LARGE', { max_bytes: BODY_MAX_BYTES })
        : await next(createContext(deps, principal, requestId), bytes);
    return {
      ...reply,
      headers: { ...reply.headers, ...rateHeaders(rate), ...(bytes === 'too_large' ? { Connection: 'close' } : {}) },
    };
  }

  function limited(rate: RateState): Reply {
    const reply = error('RATE_LIMIT_EXCEEDED', { retry_after: rate.retryAfterSeconds });
    return { ...reply, headers: { ...reply.headers, ...rateHeaders(rate) } };
  }

  async function ready(): Promise<Reply> {
    if (draining) return error('SERVICE_UNAVAILABLE', { retry_after: 1 });
    await deps.store.ping();
    return json(200, { status: 'ready' });
  }

  async function serve(req: IncomingMessage, res: ServerResponse, refused: boolean): Promise<void> {
    const requestId = requestIdOf(req) ?? deps.ids.next('req_');
    const cors = corsHeaders(req, origins);
    res.setHeader('X-Request-Id', requestId);
    for (const [name, value] of Object.entries(cors)) res.setHeader(name, value);
    if (isPreflight(req, origins)) return send(res, { status: 204, headers: {}, body: null });
    const reply = await answer(req, res, requestId, refused).catch((cause: unknown) => {
      if (cause instanceof StoreUnavailable)
        return error('SERVICE_UNAVAILABLE', { retry_after: cause.retryAfterSeconds });
      deps.log.error({ err: cause, requestId }, 'a request failed');
      return error('INTERNAL_SERVER_ERROR', {});
    });
    if (reply) send(res, draining ? { ...reply, headers: { ...reply.headers, Connection: 'close' } } : reply);
    deps.log.debug(
      { requestId, method: req.method, path: splitUrl(req.url ?? '/')[0], status: res.statusCode },
      'answered',
    );
  }

  return {
    handle(req, res) {
      const { refused } = pressure.enter();
      res.on('close', pressure.leave);
      void serve(req, res, refused).finally(() => req.resume());
    },
    drain() {
      draining = true;
    },
    get inFlight() {
      return pressure.inFlight;
    },
  };
}

export function createContext(deps: Deps, principal: Principal, requestId: string): Context {
  const loaders = createLoaders(deps.store, principal);
  return {
    deps,
    principal,
    loaders,
    requestId,
    ifMatch: null,
    idempotency: null,
    validated: false,
    preset: undefined,
    root: undefined,
  };
}

function splitUrl(url: string): [string, string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

function requestIdOf(req: IncomingMessage): string | null {
  const given = req.headers['x-request-id'];
  return typeof given === 'string' && /^[A-Za-z0-9._~:+/=-]{1,128}$/.test(given) ? given : null;
}

/** A person's browser asks for the page; everything else asks the graph. */
function wantsPage(req: IncomingMessage): boolean {
  return req.method === 'GET' && !req.url?.includes('?') && (req.headers.accept ?? '').includes('text/html');
}

let page: Promise<string> | null = null;

/** Nine megabytes of script: loaded when first asked for. */
async function graphiql(): Promise<Reply> {
  const { CONTENT_SECURITY_POLICY, graphiqlPage } = await import('./graphiql/page.ts');
  page ??= Promise.resolve(graphiqlPage());
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'Cache-Control': 'no-cache',
    'Referrer-Policy': 'no-referrer',
  };
  return { status: 200, headers, body: await page };
}

function needsPreflight(req: IncomingMessage): boolean {
  return !CSRF_HEADERS.some((name) => req.headers[name] !== undefined);
}

function rateHeaders(rate: RateState | null): Record<string, string> {
  if (!rate) return {};
  return {
    'RateLimit-Limit': String(rate.limit),
    'RateLimit-Remaining': String(rate.remaining),
    'RateLimit-Reset': String(rate.resetSeconds),
  };
}
