import { createAttempt } from './attempt.ts';
import { within } from './clock.ts';
import { createGrants, type Grant, targetOf } from './grants.ts';
import { wire } from './options.ts';
import { createPlane } from './plane.ts';
import { createReports } from './reports.ts';
import type { Call, Failure, Options, RouteContext, Switchyard } from './types.ts';
import { watch } from './watch.ts';

export type { Clock } from './clock.ts';
export * from './errors.ts';
export * from './types.ts';

/** What one attempt came to; a stream that has begun has not failed, and is told later. */
interface Done<T> {
  result: PromiseSettledResult<T>;
  failure: Failure | null;
  told: Promise<boolean>;
}

const FLUSH_MS = 10_000;
const AGAIN_MS = 200;
const ELSEWHERE = ['provider_error', 'timeout', 'rate_limited', 'overloaded'];

export function createSwitchyard(options: Options): Switchyard {
  const wired = wire(options);
  const { clock, random } = wired;
  const plane = createPlane(wired);
  const reports = createReports(plane, wired);
  const grants = createGrants(wired, plane, reports);

  async function callOnce<T>(
    grant: Grant,
    attempt: number,
    call: Call<T>,
    signal: AbortSignal | undefined,
  ): Promise<Done<T>> {
    let told = Promise.resolve(false);
    let failure: Failure | null = null;
    const running = createAttempt(wired, { leaseMs: grant.leaseMs, signal }, (end) => {
      failure = end.failure;
      told = grants.report(grant, end);
    });
    const called = running.race(Promise.resolve({ ...grant.route, attempt, signal: running.signal }).then(call));
    const [result] = await Promise.allSettled([called.then((answer) => watch(answer, running, clock.now))]);
    if (result.status === 'rejected') running.endBy(result.reason);
    return { result, failure, told };
  }

  /** Whether a decision may say that it retries this one: what could not be told in time is not known to have failed. */
  const isTold = ({ told }: Done<unknown>) =>
    within(clock, wired.decideMs, new AbortController(), told).catch(() => false);

  async function route<T>(context: RouteContext, call: Call<T>, { signal }: { signal?: AbortSignal } = {}): Promise<T> {
    if (typeof call !== 'function') throw new TypeError('call: expected a function');
    const tried = new Set<string>();
    let waitedMs = 0;
    const pause = async (ms: number) => {
      if (waitedMs + ms > wired.waitMs) return false;
      waitedMs += ms;
      await clock.sleep(ms, signal);
      return true;
    };
    let retryOf: string | null = null;
    let failed: Done<T> | null = null;
    for (let attempt = 1; ; attempt += 1) {
      signal?.throwIfAborted();
      let grant: Grant;
      try {
        grant = await grants.ask({ context, retryOf, tried, signal, pause });
      } catch (error) {
        if (failed && !signal?.aborted) return given(failed);
        throw error;
      }
      const target = targetOf(grant);
      const again = tried.has(target) ? failed : null;
      if (again && !(await pause(pauseBefore(again, attempt)).catch(() => false))) {
        void grants.giveBack(grant);
        signal?.throwIfAborted();
        return given(again);
      }
      const done = await callOnce(grant, attempt, call, signal);
      const mayGoOn = done.failure && attempt < wired.attempts && ELSEWHERE.includes(done.failure.error_class);
      if (!mayGoOn || signal?.aborted) return given(done);
      retryOf = (await isTold(done)) ? grant.route.decisionId : null;
      tried.add(target);
      failed = done;
    }
  }

  /** Nobody else is left: as late as the provider says, or a little later each time. */
  function pauseBefore({ failure }: Done<unknown>, attempt: number): number {
    const after = failure?.retry_after_seconds ?? 0;
    return Math.max(after * 1_000, AGAIN_MS * 2 ** (attempt - 2) * (0.5 + random() / 2));
  }

  const flush = ({ withinMs = FLUSH_MS } = {}) => reports.flush(withinMs);
  return { route, flush, [Symbol.asyncDispose]: async () => void (await flush()) };
}

function given<T>({ result }: Done<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
