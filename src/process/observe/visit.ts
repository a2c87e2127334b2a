import type { IncomingMessage } from 'node:http';
import type { Reply } from '../../http/reply.ts';
import type { Principal } from '../../resource/context.ts';
import type { Trace } from '../../resource/trace.ts';
import type { Row } from '../../rest/row.ts';
import type { Store } from '../../store/store.ts';

export type Door = 'rest' | 'graphql' | 'other';

/** What is known of a request so far: written by the app as it goes on, read when it is answered. */
export interface Visit {
  readonly requestId: string;
  /** Empty, as the route is, where nothing was read as a request. */
  readonly method: string;
  /** Of the caller's `traceparent`; a span of our own has it too. */
  traceId: string | null;
  readonly begunMs: number;
  door: Door;
  /** The pattern that the path has matched, or the path itself: what stands behind a `?` is never in it. */
  route: string;
  /** Whether that is a pattern of ours, and no word of a caller's. */
  isRoute: boolean;
  /** The row's operation, or the kind and the root field of a GraphQL operation: as many as there are of these. */
  operation: string;
  /** What the caller, or the row, calls it. */
  operationName: string | null;
  principal: Principal | null;
  /** Absent where nothing is traced. */
  span?: RequestSpan;
}

/** The span of a request. */
export interface RequestSpan {
  /** The same store, each call of which is a span below this one. */
  over(store: Store): Store;
  /** What is done elsewhere for this request belongs below it. */
  readonly trace: Trace;
  answered(status: number): void;
}

export function noteRow(visit: Visit, { path, operationId }: Pick<Row, 'path' | 'operationId'>): void {
  visit.route = path;
  visit.isRoute = true;
  visit.operation = operationId;
  visit.operationName = operationId;
}

/** What only the door knows: which operation of the graph it was. */
export function noteOperation(visit: Visit, { operation }: Reply): void {
  if (!operation) return;
  visit.operation = operation.kind;
  visit.operationName = operation.name;
}

const PATH_MAX = 200;

export function visitOf(req: IncomingMessage, path: string, requestId: string): Visit {
  return {
    requestId,
    method: req.method ?? 'GET',
    traceId: traceIdOf(req.headers.traceparent),
    begunMs: performance.now(),
    door: path === '/graphql' ? 'graphql' : path.startsWith('/v1/') ? 'rest' : 'other',
    route: path.slice(0, PATH_MAX),
    isRoute: path === '/graphql',
    operation: '',
    operationName: null,
    principal: null,
  };
}

/** Of what was answered before it was a request, nothing is known. */
export function unreadVisit(requestId: string): Visit {
  return {
    requestId,
    method: '',
    traceId: null,
    begunMs: performance.now(),
    door: 'other',
    route: '',
    isRoute: true,
    operation: '',
    operationName: null,
    principal: null,
  };
}

/** By W3C's Trace Context: a version that is not known yet may have more behind the flags. */
function traceIdOf(header: string | string[] | undefined): string | null {
  if (typeof header !== 'string') return null;
  const [, version, traceId = '', spanId = '', more] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/.exec(header.trim()) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return null;
  return /^0+$/.test(traceId) || /^0+$/.test(spanId) ? null : traceId;
}
