import { randomUUID } from 'node:crypto';
import { type ExportResult, ExportResultCode, parseKeyPairsIntoRecord } from '@opentelemetry/core';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Logger } from 'pino';
import pkg from '../../../package.json' with { type: 'json' };
import type { Tracer } from '../../resource/trace.ts';
import type { Store } from '../../store/store.ts';
import type { Otlp } from '../setup/otlp.ts';
import { hearDropped, saidWhile } from './sdk-words.ts';
import { type BeginSpan, createCalls, createSpans } from './spans.ts';

export interface Tracing {
  begin: BeginSpan;
  calls: Tracer;
  /** Sends what has not been sent yet. */
  flush(): Promise<void>;
}

const MINUTE_MS = 60_000;

/** Sampling, batches, headers and limits are read from OpenTelemetry's variables by its SDK. */
export async function openTracing(otlp: Otlp, engine: Store['engine'], log: Logger): Promise<Tracing> {
  const [provider, said] = await saidWhile(otlp, () => openProvider(otlp, log));
  if (said.length > 0) log.warn({ said }, 'some of the variables of OpenTelemetry cannot be followed');
  hearDropped(seldom(log, 'traces were dropped: more came than could wait to be sent'));
  const tracer = provider.getTracer(pkg.name, pkg.version);
  return {
    begin: createSpans(tracer, engine),
    calls: createCalls(tracer),
    flush: () => provider.forceFlush().catch(() => {}),
  };
}

async function openProvider(otlp: Otlp, log: Logger): Promise<BasicTracerProvider> {
  return new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': pkg.name,
      'service.version': pkg.version,
      'service.instance.id': randomUUID(),
    }).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(telling(await createExporter(otlp), log))],
  });
}

async function createExporter({ url, protocol, headers }: Otlp): Promise<SpanExporter> {
  const { OTLPTraceExporter } = await (protocol === 'http/json'
    ? import('@opentelemetry/exporter-trace-otlp-http')
    : import('@opentelemetry/exporter-trace-otlp-proto'));
  const sent = headers.map(([, text]) => parseKeyPairsIntoRecord(text));
  return new OTLPTraceExporter({ url, headers: Object.assign({}, ...sent) });
}

/** Lines that say the same come at most once a minute, with what has come together meanwhile. */
function seldom(log: Logger, message: string): (spans: number, reason?: string) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  let lost = 0;
  return (spans, reason) => {
    lost += spans;
    if (performance.now() - toldAt < MINUTE_MS) return;
    toldAt = performance.now();
    log.warn({ spans: lost, reason }, message);
    lost = 0;
  };
}

/** What cannot be sent is lost. */
function telling(exporter: SpanExporter, log: Logger): SpanExporter {
  const tell = seldom(log, 'traces could not be sent');
  const heard = (count: number, { code, error }: ExportResult) => {
    if (code !== ExportResultCode.SUCCESS) tell(count, error?.message.slice(0, 200));
  };
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        heard(spans.length, result);
        done({ code: ExportResultCode.SUCCESS });
      });
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
