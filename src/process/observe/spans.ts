import type { IncomingHttpHeaders } from 'node:http';
import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { Trace, Tracer } from '../../resource/trace.ts';
import type { Store } from '../../store/store.ts';
import { ObservedStore, type StoreListener } from './observed-store.ts';
import type { Visit } from './visit.ts';

/** Begins the span of a request: the visit has it from then on, and its trace's id. */
export type BeginSpan = (visit: Visit, headers: IncomingHttpHeaders) => void;

const propagator = new W3CTraceContextPropagator();

export function createSpans(tracer: OtelTracer, engine: Store['engine']): BeginSpan {
  return (visit, headers) => {
    const parent = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    const span = tracer.startSpan(visit.method, { kind: SpanKind.SERVER, startTime: visit.begunMs }, parent);
    const within = trace.setSpan(ROOT_CONTEXT, span);
    const stored = listenBelow(tracer, span, within, engine);
    visit.traceId = span.spanContext().traceId;
    visit.span = {
      over: (store) => (span.isRecording() ? new ObservedStore(store, stored) : store),
      get trace() {
        return traceOf(within);
      },
      answered: (status) => end(span, visit, status),
    };
  };
}

function traceOf(within: Context): Trace {
  const headers: Record<string, string> = {};
  propagator.inject(within, headers, defaultTextMapSetter);
  return headers;
}

/** Calls of the store, while the request is not answered: what a stream reads later is no part of it. */
function listenBelow(tracer: OtelTracer, span: Span, within: Context, engine: Store['engine']): StoreListener {
  const kind = engine === 'sqlite' ? SpanKind.INTERNAL : SpanKind.CLIENT;
  return (call, from, begunMs, failed) => {
    if (!span.isRecording()) return;
    const collection = typeof from === 'string' ? from : undefined;
    const child = tracer.startSpan(
      collection === undefined ? `store ${call}` : `store ${call} ${collection}`,
      {
        kind,
        startTime: begunMs,
        attributes: {
          'db.system.name': engine,
          'db.operation.name': call,
          'db.collection.name': collection,
          'db.operation.batch.size': typeof from === 'number' && from > 1 ? from : undefined,
        },
      },
      within,
    );
    if (failed) child.setStatus({ code: SpanStatusCode.ERROR });
    child.end(performance.now());
  };
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'];

/** By HTTP's semantic conventions, but for the address: what stands in it may be a tenant's. */
function end(span: Span, visit: Visit, status: number): void {
  if (span.isRecording()) {
    const method = METHODS.includes(visit.method) ? visit.method : '_OTHER';
    const route = visit.isRoute ? visit.route : undefined;
    const type = /^(query|mutation|subscription)\b/.exec(visit.door === 'graphql' ? visit.operation : '')?.[0];
    const name = type === undefined ? undefined : (visit.operationName ?? undefined);
    const shown = method === '_OTHER' ? 'HTTP' : method;
    span.updateName([...(type === undefined ? [shown, route] : [type, name])].filter(Boolean).join(' '));
    span.setAttributes({
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      'url.scheme': 'http',
      'graphql.operation.type': type,
      'graphql.operation.name': name,
      'error.type': status >= 500 ? String(status) : undefined,
      'switchyard.request_id': visit.requestId,
    });
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end(performance.now());
}

/** Calls of others, each a span. Whom it calls is not told: a tenant has chosen it. */
export function createCalls(tracer: OtelTracer): Tracer {
  return {
    call(name, method, { trace: above, requestId }) {
      const parent = above ? propagator.extract(ROOT_CONTEXT, above, defaultTextMapGetter) : ROOT_CONTEXT;
      const attributes = { 'http.request.method': method, 'switchyard.request_id': requestId ?? undefined };
      const startTime = performance.now();
      const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime, attributes }, parent);
      return {
        headers: traceOf(trace.setSpan(ROOT_CONTEXT, span)),
        ended(status, error) {
          if (status !== null) span.setAttribute('http.response.status_code', status);
          if (error !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
          span.end(performance.now());
        },
      };
    },
  };
}
