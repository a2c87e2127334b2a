import type { Logger } from 'pino';
import type { Visit } from './visit.ts';

/** One line per request at `info`. */
export function writeAccessLine(log: Logger, visit: Visit, status: number, ms: number): void {
  const { requestId, traceId, method, route, operationName, principal } = visit;
  log.info(
    {
      requestId,
      traceId,
      method,
      route,
      status,
      ms: Math.round(ms * 1000) / 1000,
      org: principal?.orgId ?? null,
      actor: principal?.actorId ?? null,
      operation: operationName,
    },
    'answered',
  );
}
