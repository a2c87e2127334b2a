import type { ServerResponse } from 'node:http';
import { type Authenticate, createAuthenticate } from '../access/authenticate.ts';
import { errorCatalog } from '../catalog/error-catalog.ts';
import { schema } from '../catalog/graph.ts';
import { rows } from '../catalog/nouns.ts';
import { createConsole } from '../console/page.ts';
import { createSite } from '../docs/site.ts';
import { toPublic } from '../graphql/errors.ts';
import { createGraphQLFront, GRAPHQL_METHODS } from '../graphql/front.ts';
import { createGraphiQL } from '../graphql/graphiql/page.ts';
import { refusal } from '../graphql/refusal.ts';
import { BODY_MAX_BYTES, readBody } from '../http/body.ts';
import { createConnections } from '../http/connections.ts';
import { corsHeaders, isPreflight } from '../http/cors.ts';
import type { Draining } from '../http/drain.ts';
import { isLoopback, isPassedOn } from '../http/local.ts';
import { createPauses, noPause } from '../http/pauses.ts';
import { createPressure } from '../http/pressure.ts';
import { locatedAt, prefixCutter } from '../http/public-url.ts';
import { createRateLimiter, type RateLimiter, type RateState } from '../http/rate-limit.ts';
import { errorReply, json, type Reply, send } from '../http/reply.ts';
import type { Handler } from '../http/server.ts';
import { createStreams } from '../http/streams.ts';
import { type Caller, type Context, type Deps, NO_TERMS, type Principal } from '../resource/context.ts';
import { createRooms } from '../resource/feed/rooms.ts';
import { createLoaders } from '../resource/loaders.ts';
import { allows } from '../resource/permissions.ts';
import { createRestAdapter } from '../rest/adapter.ts';
import { openApiDocument } from '../rest/openapi/document.ts';
import { afterMs, type Deadline, REQUEST_MS } from '../store/deadline.ts';
import type { Store } from '../store/store.ts';
import { codeOf, type Details, detailsOf, type ErrorCode, fault, forbidden } from '../words/errors.ts';
import { chain, type MaybePromise, rescue } from '../words/maybe.ts';
import { type Arrival, lastEventIdOf, methodOf, requestIdOf, splitUrl, wantsPage } from './arrival.ts';
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

/** What is there only where it is configured. */
export interface Around {
  observer?: Observer | null;
  /** Who asks by a token of another issuer. */
  federated?: Authenticate | null;
  /** Who counts requests, where several processes do so together. */
  limiter?: RateLimiter | undefined;
  /** Whether those that serve with it do, too. */
  isReady?: (() => boolean) | undefined;
}

/** Which request goes to which door; no port and no globals. */
export function createApp(deps: Deps, config: AppConfig, around: Around = {}): App {
  const { observer = null, federated = null, isReady = () => true } = around;
  const authenticate = createAuthenticate(deps, federated);
  const limiter = around.limiter ?? createRateLimiter(config.RATE_LIMIT_PER_MINUTE, deps.now);
  const rooms = createRooms(deps, async (authorization) =>
    authenticate(authorization, deps.store.until(afterMs(REQUEST_MS)), true),
  );
  const doors = { now: deps.now, log: deps.log, rooms };
  const rest = createRestAdapter(schema, rows, doors);
  const graphql = createGraphQLFront(schema, doors);
  const graphiql = createGraphiQL();
  const publicUrl = config.PUBLIC_URL ?? '';
  const unprefixed = prefixCutter(publicUrl);
  const openApi = JSON.stringify(openApiDocument(schema, rows, publicUrl || '/', errorCatalog));
  const origins = listOf(config.CORS_ORIGINS);
  const pressure = createPressure();
  const pauses = createPauses(pressure.rest);
  const connections = createConnections();
  const streams = createStreams(deps.meter?.streaming);
  let draining = false;
  let ending = false;

  const storeFor = ({ span }: Visit, deadline: Deadline): Store => {
    const store = deps.store.until(deadline);
    return span ? span.over(store) : store;
  };

  /** An error in the form of the door that the request came to. */
  const error = ({ req, path }: Arrival, code: ErrorCode, details: Details = {}, message?: string) =>
    path === '/graphql'
      ? refusal(req.headers.accept, fault(code, details, message))
      : errorReply(code, details, deps.now(), message);

  /** What is open to everybody: all by GET alone. */
  const open: Record<string, (arrival: Arrival, deadline: Deadline) => MaybePromise<Reply>> = {
    '/health/live': () => json(200, { status: 'live' }),
    '/health/ready': ready,
    '/v1/openapi.json': () => ({
      status: 200,
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
      body: openApi,
    }),
    ...graphiql.assets,
    ...createSite(errorCatalog, publicUrl),
    ...createConsole(),
  };

  function answer(arrival: Arrival, refused: boolean): MaybePromise<Reply> {
    const { req, path, search, visit } = arrival;
    const deadline = afterMs(config.requestMs ?? REQUEST_MS);
    const method = methodOf(req);
    const only = (allow: string[]) => error(arrival, 'METHOD_NOT_ALLOWED', { allow });
    const page = Object.hasOwn(open, path) ? open[path]! : null;
    if (page) visit.isRoute = true;
    if (page) return method === 'GET' ? page(arrival, deadline) : only(['GET']);
    if (refused) return error(arrival, 'SERVICE_UNAVAILABLE', { retry_after: 1 });
    if (path === '/graphql') {
      if (!GRAPHQL_METHODS.includes(method)) return only(GRAPHQL_METHODS);
      if (wantsPage(req)) return graphiql.page;
      return admitted(arrival, deadline, (ctx, bytes) =>
        graphql.handle({ method, search, headers: req.headers, bytes }, ctx),
      );
    }
    if (path === '/metrics' && observer?.metrics) {
      visit.isRoute = true;
      return method === 'GET' ? metrics(arrival, deadline, observer.metrics) : only(['GET']);
    }
    const match = rest.match(method, path);
    if (!match)
      return error(arrival, 'RESOURCE_NOT_FOUND', { resource_type: 'route', resource_id: path.slice(0, 1_000) });
    if ('allow' in match) return only(match.allow);
    noteRow(visit, match.row);
    return admitted(arrival, deadline, (ctx, bytes) =>
      rest.handle(match.row, match.parameters, { path, search, headers: req.headers, bytes }, ctx),
    );
  }

  /** Token, rate, size: the checks that both doors begin with. */
  function admitted(arrival: Arrival, deadline: Deadline, next: Next): MaybePromise<Reply> {
    const { req, visit } = arrival;
    const store = storeFor(visit, deadline);
    return chain(authenticate(req.headers.authorization, store), (principal) => {
      if (!principal) return error(arrival, 'AUTHENTICATION_FAILED');
      visit.principal = principal;
      visit.span?.askedBy(principal.orgId);
      return chain(limiter.take(principal.tokenId, principal.rateLimitPerMinute), (rate) => {
        const reply = rescue(
          () => chain(within(principal, rate), (made) => (made.stream ? placed(arrival, principal, made) : made)),
          (cause) => failed(arrival, cause),
        );
        return rate ? chain(reply, (made) => withHeaders(made, rateHeaders(rate))) : reply;
      });
    });

    function within(principal: Principal, rate: RateState | null): MaybePromise<Reply> {
      if (rate && !rate.allowed) return error(arrival, 'RATE_LIMIT_EXCEEDED', { retry_after: rate.retryAfterSeconds });
      const body = readBody(req);
      const pause = pauses.of(req.socket);
      const caller = { authorization: req.headers.authorization!, lastEventId: lastEventIdOf(req) };
      const context = (of: Store) => createContext(deps, principal, visit.requestId, of, pause, caller);
      if (Buffer.isBuffer(body)) return next(context(store), body);
      const begun = performance.now();
      return chain(body, (bytes) => {
        if (bytes === 'too_large') return error(arrival, 'PAYLOAD_TOO_LARGE', { max_bytes: BODY_MAX_BYTES });
        return next(context(storeFor(visit, deadline + performance.now() - begun)), bytes);
      });
    }
  }

  /** A stream takes its place before it is answered. */
  function placed(arrival: Arrival, { tokenId }: Principal, reply: Reply): Reply {
    if (ending) return error(arrival, 'SERVICE_UNAVAILABLE', { retry_after: 1 });
    const claim = streams.claim(tokenId);
    if (claim) return { ...reply, claim };
    return error(arrival, 'RATE_LIMIT_EXCEEDED', { retry_after: FULL_RETRY_SECONDS }, FULL);
  }

  function failed(arrival: Arrival, cause: unknown): Reply {
    // Whoever hangs up in the middle of a body hears nothing, and it is no fault of ours.
    if (arrival.req.readableAborted) return error(arrival, 'INTERNAL_SERVER_ERROR');
    const shown = toPublic(cause, deps.log, { requestId: arrival.visit.requestId, isCommitted: false });
    return error(arrival, codeOf(shown) ?? 'INTERNAL_SERVER_ERROR', detailsOf(shown), shown.message);
  }

  /** Figures of the machine: on loopback for everybody, unless somebody has passed the request on from elsewhere. */
  function metrics(arrival: Arrival, deadline: Deadline, read: () => Promise<string>): MaybePromise<Reply> {
    const show = async (): Promise<Reply> => ({
      status: 200,
      headers: { 'Content-Type': METRICS_TYPE },
      body: await read(),
    });
    if (isLoopback(config.HOST ?? '127.0.0.1') && !isPassedOn(arrival.req)) return show();
    return admitted(arrival, deadline, ({ principal }) => {
      if (!allows(principal.permissions, 'metrics:read')) throw forbidden('metrics:read');
      return show();
    });
  }

  async function ready(arrival: Arrival, deadline: Deadline): Promise<Reply> {
    if (draining || !isReady()) return error(arrival, 'SERVICE_UNAVAILABLE', { retry_after: 1 });
    await deps.store.until(deadline).ping();
    return json(200, { status: 'ready' });
  }

  /** What needs not wait is answered at once, without a promise: most reads are. */
  function serve(arrival: Arrival, res: ServerResponse, refused: boolean, onEnd: () => void): void {
    const { req, path, visit } = arrival;
    const first = ['X-Request-Id', visit.requestId, ...corsHeaders(req, origins)];
    const isAsked = !isPreflight(req, origins);
    if (isAsked && path === '/graphql') first.push('Vary', 'Accept');
    const deliver = (reply: Reply) => {
      send(req, res, locatedAt(publicUrl, reply), first, onEnd);
      observer?.answered(visit, reply, refused && reply.status === 503);
    };
    const reply = rescue(
      () => (isAsked ? answer(arrival, refused) : PREFLIGHT),
      (cause) => failed(arrival, cause),
    );
    void chain(reply, (made) => {
      if (!ending) return deliver(made);
      return connections.isLast(req).then((isLast) => {
        if (isLast) first.push('Connection', 'close');
        deliver(made);
      });
    });
  }

  return {
    handle(req, res) {
      connections.came(req);
      const [path, search] = splitUrl(unprefixed(req.url ?? '/'));
      const start = (refused: boolean, onEnd: () => void) => {
        const visit = visitOf(req, path, requestIdOf(req) ?? deps.ids.next('req_'));
        observer?.begun?.(visit, req.headers);
        serve({ req, path, search, visit }, res, refused, onEnd);
      };
      if (NEVER_WAITS.test(path)) pressure.pass(start);
      else pressure.enter(start);
    },
    drain() {
      draining = true;
      pauses.end();
    },
    endConnections() {
      ending = true;
      streams.endAll(() => Math.round(STREAM_RETRY_MS * (1 + deps.random())));
    },
    get inFlight() {
      return pressure.inFlight;
    },
  };
}

/** What a door does once the caller and the body are known. */
type Next = (ctx: Context, bytes: Buffer) => MaybePromise<Reply>;

/** Who followed a stream that a shutdown ends comes back after this, or up to twice as much. */
const STREAM_RETRY_MS = 1_000;
const FULL = 'There are as many streams as this token, or this server, may have';
const FULL_RETRY_SECONDS = 10;
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const PREFLIGHT: Reply = { status: 204, headers: {}, body: null };
/** What tells of an overload is answered under it. */
const NEVER_WAITS = /^\/(health\/|metrics$)/;

/** The context asks the given store, which may have a deadline. */
export function createContext(
  deps: Deps,
  principal: Principal,
  requestId: string,
  store = deps.store,
  pause = noPause,
  caller?: Caller,
): Context {
  return {
    deps: { ...deps, store },
    principal,
    loaders: createLoaders(store, principal),
    requestId,
    terms: NO_TERMS,
    pause,
    caller,
  };
}

function withHeaders(reply: Reply, headers: Record<string, string>): Reply {
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

function rateHeaders(rate: RateState): Record<string, string> {
  return {
    'RateLimit-Limit': String(rate.limit),
    'RateLimit-Remaining': String(rate.remaining),
    'RateLimit-Reset': String(rate.resetSeconds),
  };
}
