import type { IncomingMessage, ServerResponse } from 'node:http';
import { createAuthenticate } from '../access/authenticate.ts';
import { schema } from '../catalog/graph.ts';
import { rows } from '../catalog/nouns.ts';
import { toPublic } from '../graphql/errors.ts';
import { createGraphQLFront, GRAPHQL_METHODS } from '../graphql/front.ts';
import { createGraphiQL } from '../graphql/graphiql/page.ts';
import { refusal } from '../graphql/refusal.ts';
import { createPreference } from '../http/accept.ts';
import { BODY_MAX_BYTES, readBody } from '../http/body.ts';
import { createConnections } from '../http/connections.ts';
import { corsHeaders, isPreflight } from '../http/cors.ts';
import type { Draining } from '../http/drain.ts';
import { isLoopback, isPassedOn } from '../http/local.ts';
import { createPressure } from '../http/pressure.ts';
import { locatedAt, prefixCutter } from '../http/public-url.ts';
import { createRateLimiter, type RateState } from '../http/rate-limit.ts';
import { errorReply, json, type Reply, send } from '../http/reply.ts';
import type { Handler } from '../http/server.ts';
import { type Context, type Deps, NO_TERMS, type Principal } from '../resource/context.ts';
import { createLoaders } from '../resource/loaders.ts';
import { allows } from '../resource/permissions.ts';
import { createRestAdapter } from '../rest/adapter.ts';
import { openApiDocument } from '../rest/openapi.ts';
import { afterMs, type Deadline, REQUEST_MS } from '../store/deadline.ts';
import { codeOf, type Details, detailsOf, type ErrorCode, fault, forbidden } from '../words/errors.ts';
import { type Config, listOf } from './config.ts';
import type { Observer } from './observe/observe.ts';
import { noteRow, type Visit, visitOf } from './observe/visit.ts';

export interface App extends Handler, Draining {
  /** From now on not ready; everything is still answered. */
  drain(): void;
}

export interface AppConfig extends Pick<Config, 'RATE_LIMIT_PER_MINUTE' | 'CORS_ORIGINS'> {
  /** Where it listens: on loopback, `/metrics` asks for no token. */
  HOST?: string;
  /** Where callers reach it. */
  PUBLIC_URL?: string | undefined;
  /** What a request may take from its arrival; not counted is what its body takes to come in. */
  requestMs?: number;
}

/** Which request goes to which door; no port and no globals. */
export function createApp(deps: Deps, config: AppConfig, observer: Observer | null = null): App {
  const authenticate = createAuthenticate(deps);
  const limiter = createRateLimiter(config.RATE_LIMIT_PER_MINUTE, deps.now);
  const rest = createRestAdapter(schema, rows, deps);
  const graphql = createGraphQLFront(schema, deps);
  const graphiql = createGraphiQL();
  const publicUrl = config.PUBLIC_URL ?? '';
  const unprefixed = prefixCutter(publicUrl);
  const openApi = JSON.stringify(openApiDocument(schema, rows, publicUrl || '/'));
  const origins = listOf(config.CORS_ORIGINS);
  const pressure = createPressure();
  const connections = createConnections();
  let draining = false;
  let ending = false;

  /** An error in the form of the door that the request came to. */
  const error = (req: IncomingMessage, code: ErrorCode, details: Details = {}, message?: string) =>
    pathOf(req) === '/graphql'
      ? refusal(req.headers.accept, fault(code, details, message))
      : errorReply(code, details, deps.now(), message);

  /** What is open to everybody: all by GET alone. */
  const open: Record<string, (req: IncomingMessage, deadline: Deadline) => Reply | Promise<Reply>> = {
    '/': () => ({ status: 302, headers: { Location: '/graphql' }, body: null }),
    '/health/live': () => json(200, { status: 'live' }),
    '/health/ready': ready,
    '/v1/openapi.json': () => ({
      status: 200,
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
      body: openApi,
    }),
    ...graphiql.assets,
  };

  async function answer(req: IncomingMessage, visit: Visit, refused: boolean): Promise<Reply> {
    const deadline = afterMs(config.requestMs ?? REQUEST_MS);
    const [path, search] = splitUrl(req.url ?? '/');
    const method = methodOf(req);
    const page = Object.hasOwn(open, path) ? open[path]! : null;
    if (page) return method === 'GET' ? page(req, deadline) : error(req, 'METHOD_NOT_ALLOWED', { allow: ['GET'] });
    if (refused) return error(req, 'SERVICE_UNAVAILABLE', { retry_after: 1 });
    if (path === '/graphql') {
      if (!GRAPHQL_METHODS.includes(method)) return error(req, 'METHOD_NOT_ALLOWED', { allow: GRAPHQL_METHODS });
      if (wantsPage(req)) return graphiql.page;
      return admitted(req, visit, deadline, async (ctx, bytes) =>
        graphql.handle({ method, search, headers: req.headers, bytes }, ctx),
      );
    }
    if (path === '/metrics' && observer?.metrics) {
      if (method !== 'GET') return error(req, 'METHOD_NOT_ALLOWED', { allow: ['GET'] });
      return metrics(req, visit, deadline, observer.metrics);
    }
    const match = rest.match(method, path);
    if (!match) return error(req, 'RESOURCE_NOT_FOUND', { resource_type: 'route', resource_id: path.slice(0, 1_000) });
    if ('allow' in match) return error(req, 'METHOD_NOT_ALLOWED', { allow: match.allow });
    noteRow(visit, match.row);
    return admitted(req, visit, deadline, async (ctx, bytes) =>
      rest.handle(match.row, match.parameters, { path, search, headers: req.headers, bytes }, ctx),
    );
  }

  /** Token, rate, size: the checks that both doors begin with. */
  async function admitted(
    req: IncomingMessage,
    visit: Visit,
    deadline: Deadline,
    next: (ctx: Context, bytes: Buffer) => Promise<Reply>,
  ): Promise<Reply> {
    const principal = await authenticate(req.headers.authorization, deps.store.until(deadline));
    if (!principal) return error(req, 'AUTHENTICATION_FAILED');
    visit.principal = principal;
    const rate = limiter.take(principal.tokenId, principal.rateLimitPerMinute);
    const reply = await within(rate).catch((cause: unknown) => failed(req, visit.requestId, cause));
    return { ...reply, headers: { ...reply.headers, ...rateHeaders(rate) } };

    async function within(rate: RateState | null): Promise<Reply> {
      if (rate && !rate.allowed) return error(req, 'RATE_LIMIT_EXCEEDED', { retry_after: rate.retryAfterSeconds });
      const begun = performance.now();
      const bytes = await readBody(req);
      const arrived = deadline + performance.now() - begun;
      if (bytes === 'too_large') return error(req, 'PAYLOAD_TOO_LARGE', { max_bytes: BODY_MAX_BYTES });
      return next(createContext(deps, principal!, visit.requestId, arrived), bytes);
    }
  }

  function failed(req: IncomingMessage, requestId: string, cause: unknown): Reply {
    // Whoever hangs up in the middle of a body hears nothing, and it is no fault of ours.
    if (req.readableAborted) return error(req, 'INTERNAL_SERVER_ERROR');
    const shown = toPublic(cause, deps.log, { requestId, isCommitted: false });
    return error(req, codeOf(shown) ?? 'INTERNAL_SERVER_ERROR', detailsOf(shown), shown.message);
  }

  /** Figures of the machine: on loopback for everybody, unless somebody has passed the request on from elsewhere. */
  async function metrics(
    req: IncomingMessage,
    visit: Visit,
    deadline: Deadline,
    read: () => Promise<string>,
  ): Promise<Reply> {
    const show = async (): Promise<Reply> => ({
      status: 200,
      headers: { 'Content-Type': METRICS_TYPE },
      body: await read(),
    });
    if (isLoopback(config.HOST ?? '127.0.0.1') && !isPassedOn(req)) return show();
    return admitted(req, visit, deadline, async ({ principal }) => {
      if (!allows(principal.permissions, 'metrics:read')) throw forbidden('metrics:read');
      return show();
    });
  }

  async function ready(req: IncomingMessage, deadline: Deadline): Promise<Reply> {
    if (draining) return error(req, 'SERVICE_UNAVAILABLE', { retry_after: 1 });
    await deps.store.until(deadline).ping();
    return json(200, { status: 'ready' });
  }

  async function serve(req: IncomingMessage, res: ServerResponse, refused: boolean): Promise<void> {
    const requestId = requestIdOf(req) ?? deps.ids.next('req_');
    const cors = corsHeaders(req, origins);
    res.setHeader('X-Request-Id', requestId);
    for (const [name, value] of Object.entries(cors)) res.setHeader(name, value);
    const visit = visitOf(req, pathOf(req), requestId);
    const reply = isPreflight(req, origins)
      ? PREFLIGHT
      : await answer(req, visit, refused).catch((cause: unknown) => failed(req, requestId, cause));
    if (reply !== PREFLIGHT && pathOf(req) === '/graphql') res.appendHeader('Vary', 'Accept');
    const endsIt = ending && (await connections.isLast(req));
    const located = locatedAt(publicUrl, reply);
    const sent = send(
      req,
      res,
      endsIt ? { ...located, headers: { ...located.headers, Connection: 'close' } } : located,
    );
    observer?.answered(visit, reply, refused && reply.status === 503);
    return sent;
  }

  return {
    handle(req, res) {
      req.url = unprefixed(req.url ?? '/');
      connections.came(req);
      const start = (refused: boolean) => serve(req, res, refused);
      if (NEVER_WAITS.test(pathOf(req))) pressure.pass(start);
      else pressure.enter(start);
    },
    drain() {
      draining = true;
    },
    endConnections() {
      ending = true;
    },
    get inFlight() {
      return pressure.inFlight;
    },
  };
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const PREFLIGHT: Reply = { status: 204, headers: {}, body: null };
/** What tells of an overload is answered under it. */
const NEVER_WAITS = /^\/(health\/|metrics$)/;

/** With a deadline, all that the context asks of the store has until then. */
export function createContext(deps: Deps, principal: Principal, requestId: string, deadline?: Deadline): Context {
  const store = deadline === undefined ? deps.store : deps.store.until(deadline);
  const loaders = createLoaders(store, principal);
  return {
    deps: { ...deps, store },
    principal,
    loaders,
    requestId,
    terms: NO_TERMS,
  };
}

function splitUrl(url: string): [string, string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

function pathOf(req: IncomingMessage): string {
  return splitUrl(req.url ?? '/')[0];
}

/** HEAD is answered as GET is; what is sent leaves the body out. */
function methodOf(req: IncomingMessage): string {
  return req.method === 'HEAD' ? 'GET' : (req.method ?? 'GET');
}

function requestIdOf(req: IncomingMessage): string | null {
  const given = req.headers['x-request-id'];
  return typeof given === 'string' && /^[A-Za-z0-9._~:+/=-]{1,128}$/.test(given) ? given : null;
}

const preferred = createPreference(['application/json', 'application/graphql-response+json', 'text/html']);

/** A person's browser asks for the page, with a query in its address or without; everything else asks the graph. */
function wantsPage(req: IncomingMessage): boolean {
  return methodOf(req) === 'GET' && preferred(req.headers.accept) === 'text/html';
}

function rateHeaders(rate: RateState | null): Record<string, string> {
  if (!rate) return {};
  return {
    'RateLimit-Limit': String(rate.limit),
    'RateLimit-Remaining': String(rate.remaining),
    'RateLimit-Reset': String(rate.resetSeconds),
  };
}
