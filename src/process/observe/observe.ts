import type { Registry } from '@prometheus-io/client';
import type { Logger } from 'pino';
import type { Reply } from '../../http/reply.ts';
import type { Deps } from '../../resource/context.ts';
import type { Config } from '../config.ts';
import { writeAccessLine } from './access-line.ts';
import { ObservedStore } from './observed-store.ts';
import { noteOperation, type Visit } from './visit.ts';

/** Who hears of what the process does. */
export interface Observer {
  /** A request was answered; `refused` says that it was for overload. */
  answered(visit: Visit, reply: Reply, refused: boolean): void;
  /** What `/metrics` answers; null: there is none. */
  metrics: (() => Promise<string>) | null;
}

/** The same process under observation, as far as it is configured: nothing else is loaded. */
export async function observe(
  deps: Deps,
  config: Pick<Config, 'METRICS'>,
  figures: (registry: Registry) => () => Promise<string> = (registry) => () => registry.metrics(),
): Promise<{ deps: Deps; observer: Observer }> {
  const access = accessLog(deps.log);
  if (!config.METRICS) return { deps, observer: unmeasured(access) };
  const { createMetrics } = await import('./metrics.ts');
  const { meter, answered, stored, grouped, registry } = createMetrics(deps);
  deps.store.stats.onGroup = grouped;
  return {
    deps: { ...deps, meter, store: new ObservedStore(deps.store, stored) },
    observer: {
      answered(visit, reply, refused) {
        noteOperation(visit, reply);
        const ms = performance.now() - visit.begunMs;
        answered(visit, reply, refused, ms);
        if (access.isLevelEnabled('info')) writeAccessLine(access, visit, reply.status, ms);
      },
      metrics: figures(registry),
    },
  };
}

/** Its lines hold nothing that a secret could stand in: to look for one would cost more than the line. */
function accessLog(log: Logger): Logger {
  return log.child({}, { redact: [] });
}

function unmeasured(log: Logger): Observer {
  return {
    answered(visit, reply) {
      noteOperation(visit, reply);
      if (log.isLevelEnabled('info')) writeAccessLine(log, visit, reply.status, performance.now() - visit.begunMs);
    },
    metrics: null,
  };
}
