import type { ServerResponse } from 'node:http';
import { type Authenticate, createAuthenticate } from '../access/authenticate.ts';
import { errorCatalog } from '../catalog/error-catalog.ts';
import { schema } from '../catalog/graph.ts';
import { rows } from '../catalog/nouns.ts';
import { createConsole } from '../console/page.ts';
import { createSite } from '../docs/site.ts';
import { createGraphQLFront, GRAPHQL_METHODS } from '../graphql/front.ts';
import { createGraphiQL } from '../graphql/graphiql/page.ts';
import { isLast } from '../http/connections.ts';
import { corsHeaders, isPreflight } from '../http/cors.ts';
import type { Draining } from '../http/drain.ts';
import { createPauses } from '../http/pauses.ts';
import { createPressure } from '../http/pressure.ts';
import { locatedAt, prefixCutter } from '../http/public-url.ts';
import { createRateLimiter, type RateLimiter } from '../http/rate-limit.ts';
import { json, type Reply, send } from '../http/reply.ts';
import type { Handler } from '../http/server.ts';
import type { Deps } from '../resource/context.ts';
import { createRooms } from '../resource/feed/rooms.ts';
import { createRestAdapter } from '../rest/adapter.ts';
import { openApiDocument } from '../rest/openapi/document.ts';
import { afterMs, type Deadline, REQUEST_MS } from '../store/deadline.ts';
import { chain, type MaybePromise, rescue } from '../words/maybe.ts';
import { createAdmission } from './admission.ts';
import { type Arrival, allowedWith, methodOf, requestIdOf, splitUrl, targetOf, wantsPage } from './arrival.ts';
import { createKeptReplies, mannerOf, textOf } from './kept-replies.ts';
import { metricsReply } from './metrics-reply.ts';
import type { Observer } from './observe/observe.ts';
import { noteRow, unreadVisit, visitOf } from './observe/visit.ts';
import { createRefusals } from './refusals.ts';
import { type Config, listOf } from './setup/config.ts';

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
  const limiter = around.limiter ?? createRateLimiter(config.RATE_LIMIT_PER_MINUTE, deps.elapsed);
  const rooms = createRooms(deps, async (authorization) =>
    authenticate(authorization, deps.store.until(afterMs(REQUEST_MS)), true),
  );
  const doors = { now: deps.now, log: deps.log, rooms };
  const rest = createRestAdapter(schema, rows, doors);
  const graphql = createGraphQLFront(schema, doors);
  const graphiql = createGraphiQL();
  const publicUrl = config.PUBLIC_URL ?? '';
  const unprefixed = prefixCutter(publicUrl);
  // As bytes: a text with one sign that is not Latin takes two for each.
  const openApi = Buffer.from(JSON.stringify(openApiDocument(schema, rows, publicUrl || '/', errorCatalog)));
  const origins = listOf(config.CORS_ORIGINS);
  const pressure = createPressure();
  const pauses = createPauses(pressure.rest);
  const refusals = createRefusals(deps.now, deps.log);
  const { error, failed } = refusals;
  const { admitted, endStreams } = createAdmission(deps, refusals, { authenticate, limiter, pauses });
  const kept = createKeptReplies();
  // Read at each arrival, where nothing may fail: only what is answered below is rescued.
  const { stats } = deps.store;
  let draining = false;
  let ending = false;

  /** What is open to everybody: all by GET alone. */
  const pages: Record<string, (arrival: Arrival, deadline: Deadline) => MaybePromise<Reply>> = {
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
  const open = new Map(Object.entries(pages));

  function answer(arrival: Arrival, refused: boolean): MaybePromise<Reply> {
    const { req, path, search, visit } = arrival;
    const deadline = afterMs(config.requestMs ?? REQUEST_MS);
    const method = methodOf(req);
    const only = (methods: readonly string[]) => error(arrival, 'METHOD_NOT_ALLOWED', { allow: allowedWith(methods) });
    const page = open.get(path);
    if (page) visit.isRoute = true;
    if (page) return method === 'GET' ? page(arrival, deadline) : only(['GET']);
    if (refused) return refusals.overload(arrival);
    if (path === '/graphql') {
      if (!GRAPHQL_METHODS.includes(method)) return only(GRAPHQL_METHODS);
      if (wantsPage(req)) return graphiql.page;
      return admitted(arrival, deadline, (by, bytes) => {
        const manner = mannerOf(req.headers);
        const text = method === 'GET' ? req.url : textOf(bytes);
        return kept({ text, manner }, by, (own) => graphql.handle({ method, search, headers: manner, bytes }, own));
      });
    }
    if (path === '/metrics' && observer?.metrics) {
      visit.isRoute = true;
      if (method !== 'GET') return only(['GET']);
      return metricsReply(arrival, deadline, { host: config.HOST ?? '127.0.0.1', read: observer.metrics, admitted });
    }
    const match = rest.match(method, path);
    if (!match)
      return error(arrival, 'RESOURCE_NOT_FOUND', { resource_type: 'route', resource_id: path.slice(0, 1_000) });
    if ('allow' in match) return only(match.allow);
    noteRow(visit, match.row);
    if (match.row.stream) arrival.head.push('Vary', 'Accept');
    return admitted(arrival, deadline, (by, bytes) => {
      if (method !== 'GET') return rest.handle(match, { path, search, headers: req.headers, bytes }, by.context());
      const manner = mannerOf(req.headers);
      return kept({ text: req.url, manner }, by, (own) =>
        rest.handle(match, { path, search, headers: manner, bytes: NOTHING }, own),
      );
    });
  }

  async function ready(arrival: Arrival, deadline: Deadline): Promise<Reply> {
    if (draining || !isReady()) return error(arrival, 'SERVICE_UNAVAILABLE', { retry_after: 1 });
    await deps.store.until(deadline).ping();
    return json(200, { status: 'ready' });
  }

  /** What needs not wait is answered at once, without a promise: most reads are. */
  function serve(arrival: Arrival, res: ServerResponse, refused: boolean, onEnd: () => void): void {
    const { req, path, visit, head } = arrival;
    const isAsked = !isPreflight(req, origins);
    if (isAsked && path === '/graphql') head.push('Vary', 'Accept');
    const deliver = (reply: Reply) => {
      send(req, res, locatedAt(publicUrl, reply), head, onEnd);
      observer?.answered(visit, reply, refused && reply.status === 503);
    };
    const reply = rescue(
      () => (isAsked ? answer(arrival, refused) : PREFLIGHT),
      (cause) => failed(arrival, cause),
    );
    void chain(reply, (made) => {
      if (!ending) return deliver(made);
      return isLast(req).then((endsIt) => {
        if (endsIt) head.push('Connection', 'close');
        deliver(made);
      });
    });
  }

  return {
    meet: pressure.meet,
    handle(req, res) {
      const [path, search] = splitUrl(unprefixed(targetOf(req)));
      const { looks } = stats;
      const start = (refused: boolean, onEnd: () => void) => {
        const visit = visitOf(req, path, requestIdOf(req) ?? deps.ids.next('req_'));
        observer?.begun?.(visit, req.headers);
        const head = ['X-Request-Id', visit.requestId, ...corsHeaders(req, origins)];
        serve({ req, path, search, visit, looks, head }, res, refused, onEnd);
      };
      if (neverWaits(path)) pressure.pass(start);
      else pressure.enter(start);
    },
    unread(status) {
      const visit = unreadVisit(deps.ids.next('req_'));
      observer?.answered(visit, { status, headers: {}, body: null }, false);
      return visit.requestId;
    },
    drain() {
      draining = true;
      pauses.end();
    },
    endConnections() {
      ending = true;
      endStreams();
    },
    get inFlight() {
      return pressure.inFlight;
    },
  };
}

const NOTHING = Buffer.alloc(0);
const PREFLIGHT: Reply = { status: 204, headers: {}, body: null };
/** What tells of an overload is answered under it. */
const neverWaits = (path: string): boolean => path.startsWith('/health/') || path === '/metrics';
