import { isLoopback, isPassedOn } from '../http/local.ts';
import type { Reply } from '../http/reply.ts';
import { allows } from '../resource/permissions.ts';
import type { Deadline } from '../store/deadline.ts';
import { forbidden } from '../words/errors.ts';
import type { MaybePromise } from '../words/maybe.ts';
import type { Admission } from './admission.ts';
import type { Arrival } from './arrival.ts';

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Figures of the machine: on loopback for everybody, unless somebody has passed the request on from elsewhere. */
export function metricsReply(
  arrival: Arrival,
  deadline: Deadline,
  { host, read, admitted }: { host: string; read: () => Promise<string>; admitted: Admission['admitted'] },
): MaybePromise<Reply> {
  const show = async (): Promise<Reply> => ({
    status: 200,
    headers: { 'Content-Type': METRICS_TYPE },
    body: await read(),
  });
  if (isLoopback(host) && !isPassedOn(arrival.req)) return show();
  return admitted(arrival, deadline, ({ principal }) => {
    if (!allows(principal.permissions, 'metrics:read')) throw forbidden('metrics:read');
    return show();
  });
}
