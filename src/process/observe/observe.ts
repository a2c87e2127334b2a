import type { IncomingHttpHeaders } from 'node:http';
import type { Registry } from '@prometheus-io/client';
import type { Reply } from '../../http/reply.ts';
import type { Deps } from '../../resource/context.ts';
import type { Config } from '../setup/config.ts';
import { type OtlpConfig, otlpOf } from '../setup/otlp.ts';
import { accessLines } from './access-line.ts';
import { ObservedStore } from './observed-store.ts';
import { noteOperation, type Visit } from './visit.ts';

/** Who hears of what the process does. */
export interface Observer {
  /** A request has come; null: nobody wants to know. */
  begun: ((visit: Visit, headers: IncomingHttpHeaders) => void) | null;
  /** A request was answered; `refused` says that it was for overload. */
  answered(visit: Visit, reply: Reply, refused: boolean): void;
  /** What `/metrics` answers; null: there is none. */
  metrics: (() => Promise<string>) | null;
  /** Hands on what nobody has heard of yet. */
  flush(): Promise<void>;
}

/** The part of a request's way that a trace adds, where there is one. */
type Traced = Pick<Observer, 'begun' | 'flush'>;
const UNTRACED: Traced = { begun: null, flush: async () => {} };

/** The same process under observation, as far as it is configured: nothing else is loaded. */
export async function observe(
  unobserved: Deps,
  config: Pick<Config, 'METRICS'> & OtlpConfig,
  figures: (registry: Registry) => () => Promise<string> = (registry) => () => registry.metrics(),
): Promise<{ deps: Deps; observer: Observer }> {
  const writeLine = accessLines(unobserved.log);
  const { deps, traced } = await trace(unobserved, config);
  if (!config.METRICS) return { deps, observer: unmeasured(writeLine, traced) };
  const { createMetrics } = await import('./metrics.ts');
  const { meter, answered, stored, grouped, registry } = createMetrics(deps);
  deps.store.stats.onGroup = grouped;
  return {
    deps: { ...deps, meter, store: new ObservedStore(deps.store, stored) },
    observer: {
      ...traced,
      answered(visit, reply, refused) {
        noteOperation(visit, reply);
        const ms = performance.now() - visit.begunMs;
        answered(visit, reply, refused, ms);
        writeLine(visit, reply.status, ms);
        visit.span?.answered(reply.status);
      },
      metrics: figures(registry),
    },
  };
}

async function trace(deps: Deps, config: OtlpConfig): Promise<{ deps: Deps; traced: Traced }> {
  const otlp = otlpOf(config);
  if (!otlp) return { deps, traced: UNTRACED };
  const { openTracing } = await import('./tracing.ts');
  const { begin, calls, flush } = await openTracing(otlp, deps.store.engine, deps.log);
  return { deps: { ...deps, tracer: calls }, traced: { begun: begin, flush } };
}

function unmeasured(writeLine: ReturnType<typeof accessLines>, traced: Traced): Observer {
  return {
    ...traced,
    answered(visit, reply) {
      noteOperation(visit, reply);
      writeLine(visit, reply.status, performance.now() - visit.begunMs);
      visit.span?.answered(reply.status);
    },
    metrics: null,
  };
}
