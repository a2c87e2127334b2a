import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type App, createApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import type { Deps } from './context.ts';
import { openDemo, welcome } from './demo/demo.ts';
import { createDeps } from './deps.ts';
import { startHealthChecks } from './jobs/health-checks.ts';
import { startRunner } from './jobs/runner.ts';
import { StartRefused } from './refused.ts';

const HEAD_TIMEOUT_MS = 30_000;
const BODY_TIMEOUT_MS = 40_000;
const SILENCE_TIMEOUT_MS = 30_000;

/** Serves until a signal; answers all that was sent before it and exits 0. */
export async function serve(env: Record<string, string | undefined> = process.env): Promise<void> {
  const config = readConfig(env);
  const deps = await createDeps(config, env);
  const demo = await openDemo(deps, config);
  const app = createApp(deps, config);
  const server = createHttpServer(app);
  await listen(server, config);
  const runner = startRunner(deps);
  deps.wake = () => runner.wake();
  const checks =
    config.HEALTH_CHECK_SECONDS === undefined ? null : startHealthChecks(deps, config.HEALTH_CHECK_SECONDS);
  const url = urlOf(config, server.address() as AddressInfo);
  process.stdout.write(`Switchyard listens on ${url}\n${demo ? welcome(demo, url) : ''}`);
  const stop = onSignal();
  await stop;
  await shutDown(server, app, deps, config, async () => {
    await checks?.stop();
    await runner.stop();
  });
}

function urlOf({ HOST }: Config, { port }: AddressInfo): string {
  return `http://${HOST.includes(':') ? `[${HOST}]` : HOST}:${port}`;
}

export function createHttpServer(app: App): Server {
  const server = createServer({ connectionsCheckingInterval: 1_000, maxHeaderSize: 65_536 }, (req, res) =>
    app.handle(req, res),
  );
  server.headersTimeout = HEAD_TIMEOUT_MS;
  server.requestTimeout = BODY_TIMEOUT_MS;
  server.keepAliveTimeout = SILENCE_TIMEOUT_MS;
  server.timeout = BODY_TIMEOUT_MS;
  server.on('connection', (socket) => {
    // Until the first byte a connection is silent: neither of the timeouts above has begun.
    socket.setTimeout(SILENCE_TIMEOUT_MS);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return socket.destroy();
    const status =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? '408 Request Timeout'
          : '400 Bad Request';
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
  return server;
}

/** Connections that wait to be accepted: a full queue would cost their owners a second and more. */
const BACKLOG = 4_096;

async function listen(server: Server, { HOST, PORT }: Config): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new StartRefused(whyNot(error, HOST, PORT))));
    server.listen({ port: PORT, host: HOST, backlog: BACKLOG }, resolve);
  });
}

function whyNot(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE')
    return `PORT: ${port} is in use on ${host}; stop what listens there, or start with another PORT (PORT=0 takes a free one)`;
  if (error.code === 'EACCES') return `PORT: not allowed to listen on ${port}; take one above 1023`;
  return `HOST: cannot listen on ${host}:${port}: ${error.message}`;
}

function onSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}

async function shutDown(
  server: Server,
  app: App,
  deps: Deps,
  config: Config,
  stopRunner: () => Promise<void>,
): Promise<void> {
  app.drain();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const until = Date.now() + config.SHUTDOWN_SECONDS * 1000;
  while (app.inFlight > 0 && Date.now() < until) {
    server.closeIdleConnections();
    await sleep(10);
  }
  await sleep(20);
  server.closeIdleConnections();
  await Promise.race([closed, sleep(Math.max(0, until - Date.now()), undefined, { ref: false })]);
  server.closeAllConnections();
  await stopRunner();
  await deps.store.close();
}
