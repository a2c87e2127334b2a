import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import type { Deps } from './context.ts';
import { openDemo, welcome } from './demo/demo.ts';
import { createDeps, dataFolder } from './deps.ts';
import { drain } from './http/drain.ts';
import { createHttpServer, listen } from './http/server.ts';
import { startHealthChecks } from './jobs/health-checks.ts';
import { startRunner } from './jobs/runner.ts';
import { stopSignal } from './signals.ts';

/** Background work that is under way when everything is answered: its lease lets another process do it again. */
const BACKGROUND_SECONDS = 1;

/** Serves until a signal; answers all that was sent before it and exits 0. */
export async function serve(env: Record<string, string | undefined> = process.env): Promise<void> {
  const stop = stopSignal();
  const config = readConfig(env);
  // Buckets are made in it with either engine.
  dataFolder(config.DATA_DIR);
  const deps = await unlessStopped(stop, () => createDeps(config, env));
  // A demo that is being made is finished: half of it would stay so.
  const demo = await openDemo(deps, config);
  if (!stop.aborted) await serveUntil(stop, deps, config, (url) => (demo ? welcome(demo, url) : ''));
  await Promise.race([deps.store.close(), sleep(BACKGROUND_SECONDS * 1000)]);
  // Whatever else holds the process (a call that nobody waits for any more) holds no answer.
  process.exit(0);
}

/** Before anything is served, a signal ends the process at once: a start has nothing to lose. */
async function unlessStopped<T>(stop: AbortSignal, step: () => Promise<T>): Promise<T> {
  const leave = () => process.exit(0);
  if (stop.aborted) leave();
  stop.addEventListener('abort', leave);
  const done = await step();
  stop.removeEventListener('abort', leave);
  return done;
}

async function serveUntil(
  stop: AbortSignal,
  deps: Deps,
  config: Config,
  greeting: (url: string) => string,
): Promise<void> {
  const app = createApp(deps, config);
  const server = createHttpServer(app);
  const url = await listen(server, config);
  const background = startBackground(deps, config);
  process.stdout.write(`Switchyard listens on ${url}\n${greeting(url)}`);
  if (!stop.aborted) await once(stop, 'abort');
  app.drain();
  await sleep(config.SHUTDOWN_DELAY_SECONDS * 1000);
  const stopped = background.stop();
  const left = await drain(server, app, { seconds: config.SHUTDOWN_SECONDS });
  if (left > 0) deps.log.warn({ left }, 'requests were left unanswered after SHUTDOWN_SECONDS');
  await Promise.race([stopped, sleep(BACKGROUND_SECONDS * 1000)]);
}

function startBackground(deps: Deps, config: Config): { stop(): Promise<unknown> } {
  const runner = startRunner(deps);
  deps.wake = () => runner.wake();
  const checks =
    config.HEALTH_CHECK_SECONDS === undefined ? null : startHealthChecks(deps, config.HEALTH_CHECK_SECONDS);
  return { stop: () => Promise.all([runner.stop(), checks?.stop()]) };
}
