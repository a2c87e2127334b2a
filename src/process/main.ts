import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pkg from '../../package.json' with { type: 'json' };
import { drain } from '../http/drain.ts';
import { createHttpServer, listen } from '../http/server.ts';
import type { Deps } from '../resource/context.ts';
import { createApp } from './app.ts';
import { type Demo, type NoDemo, openDemo, welcome } from './demo/demo.ts';
import { startDemoTraffic } from './demo/traffic.ts';
import { startDemoWorker } from './demo/worker.ts';
import { federation } from './federation.ts';
import { startHealthChecks } from './health-checks.ts';
import { initOrganization } from './init.ts';
import { observe } from './observe/observe.ts';
import { startRunner } from './runner/runner.ts';
import { giveBackAtRest } from './setup/at-rest.ts';
import type { Config } from './setup/config.ts';
import { createDeps, dataFolder } from './setup/deps.ts';
import type { Env } from './setup/env.ts';
import { growSlowly } from './setup/heap.ts';
import { hasOrganizations, placeOf } from './setup/place.ts';
import type { Team } from './workers/worker.ts';

/** Background work that is under way when everything is answered: its lease lets another process do it again. */
const BACKGROUND_SECONDS = 1;

/** Serves in this process until a signal; answers all that was sent before it and exits 0. */
export async function serveHere(stop: AbortSignal, config: Config, env: Env, team: Team | null): Promise<void> {
  // Buckets are made in it with either engine.
  dataFolder(config.DATA_DIR);
  const deps = await unlessStopped(stop, () => createDeps(config, env));
  await initOrganization(deps, config);
  const demo = await openDemo(deps, config);
  if (!stop.aborted) await serveUntil(stop, deps, config, demo, team);
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

const NEXT_STEP = 'No organization yet: switchyard org create "Acme Corp"\n';

/** What stands below the address: where the data are, whether the demo is there, and what to do next. */
async function greeting(deps: Deps, config: Config, demo: Demo | NoDemo): Promise<(url: string) => string> {
  const data = `  Data       ${await placeOf(config)}\n`;
  if (typeof demo !== 'string') return (url) => `\n${data}${welcome(demo, url)}`;
  const next = (await hasOrganizations(deps.store)) ? '' : `\n${NEXT_STEP}`;
  return () => `\n${data}  Demo       ${demo}\n${next}`;
}

async function serveUntil(
  stop: AbortSignal,
  unobserved: Deps,
  config: Config,
  demo: Demo | NoDemo,
  team: Team | null,
): Promise<void> {
  const greet = await greeting(unobserved, config, demo);
  const { deps, observer } = await observe(unobserved, config, team?.figures);
  const federated = await federation(deps, config);
  const app = createApp(deps, config, { observer, federated, limiter: team?.limiter, isReady: team?.isReady });
  const server = createHttpServer(app);
  const url = await (team ? team.listen(server) : listen(server, config));
  const background = startBackground(deps, config, demo);
  const text = `Switchyard listens on ${url}\n${greet(url)}`;
  if (team) team.ready(url, text);
  else process.stdout.write(text);
  deps.log.info({ url, version: pkg.version, engine: deps.store.engine }, 'serving');
  const endings = [growSlowly(), giveBackAtRest()];
  if (!stop.aborted) await once(stop, 'abort');
  for (const end of endings) end();
  deps.log.info({ inFlight: app.inFlight }, 'stopping');
  app.drain();
  await sleep(config.SHUTDOWN_DELAY_SECONDS * 1000);
  const stopped = background.stop();
  const left = await drain(server, app, { seconds: config.SHUTDOWN_SECONDS, lastGiven: team?.close });
  if (left > 0) deps.log.warn({ left }, 'requests were left unanswered after SHUTDOWN_SECONDS');
  const flushed = Promise.all([observer.flush(), stopped.then(observer.flush)]);
  await Promise.race([flushed, sleep(BACKGROUND_SECONDS * 1000)]);
  deps.log.info({ unanswered: left }, 'stopped');
}

function startBackground(deps: Deps, config: Config, demo: Demo | NoDemo): { stop(): Promise<unknown> } {
  const runner = startRunner(deps);
  deps.wake = () => runner.wake();
  const checks =
    config.HEALTH_CHECK_SECONDS === undefined ? null : startHealthChecks(deps, config.HEALTH_CHECK_SECONDS);
  const worker = typeof demo === 'string' ? null : startDemoWorker(deps, demo.orgId);
  const traffic = typeof demo === 'string' || !config.DEMO_TRAFFIC ? null : startDemoTraffic(deps, demo.orgId);
  return { stop: () => Promise.all([runner.stop(), checks?.stop(), worker?.stop(), traffic?.stop()]) };
}
