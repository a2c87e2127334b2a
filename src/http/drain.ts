import type { Server } from 'node:http';
import { type AddressInfo, connect, Server as NetServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often in a row nothing may be in flight before the connections are closed, and how long lies between two looks. */
const QUIET_LOOKS = 10;
const LOOK_MS = 5;
/** How long to look for newcomers where the server cannot be reached from here. */
const NEWCOMERS_MS = 250;

export interface Draining {
  /** From now on the answer to the last request of a connection ends it. */
  endConnections(): void;
  /** Requests that are not answered yet. */
  readonly inFlight: number;
}

/**
 * Answers everything that was sent before, and closes every connection: silent ones and half-sent heads hold nothing up.
 * `server.close()` alone would reset the connections that wait to be accepted, and wait for those that never say a word.
 * Who is given connections by somebody else says when it has been given the last. Answers how many requests were left
 * unanswered after `seconds`.
 */
export async function drain(
  server: Server,
  app: Draining,
  { seconds, lastGiven }: { seconds: number; lastGiven?: (() => Promise<unknown>) | undefined },
): Promise<number> {
  const until = performance.now() + seconds * 1000;
  const isLate = () => performance.now() >= until;
  await (lastGiven ? Promise.race([lastGiven(), sleep(seconds * 1000)]) : takeUpWaiting(server, isLate));
  app.endConnections();
  // The HTTP server's own `close` ends what it takes for idle, and so an answer that is still on its way out.
  NetServer.prototype.close.call(server);
  // Looks are counted, not time: after one long turn of the loop, what came meanwhile has not been read yet.
  for (let quiet = 0; quiet < QUIET_LOOKS && !isLate(); quiet = app.inFlight > 0 ? 0 : quiet + 1) await sleep(LOOK_MS);
  const left = app.inFlight;
  server.closeAllConnections();
  return left;
}

/** Connections are accepted in their order, one a turn of the loop: once one of our own is, so are all that waited before it. */
export async function takeUpWaiting(server: NetServer, isLate: () => boolean): Promise<void> {
  const accepted = new Set<number | undefined>();
  let lastAt = performance.now();
  const onConnection = (socket: Socket) => {
    accepted.add(socket.remotePort);
    lastAt = performance.now();
  };
  server.on('connection', onConnection);
  const own = connect(placeOf(server.address() as AddressInfo));
  let ownPort: number | undefined;
  own
    .on('error', () => {})
    .on('connect', () => {
      ownPort = own.localPort;
    });
  const isDone = () => ownPort !== undefined && accepted.has(ownPort);
  while (!isDone() && !isLate() && performance.now() - lastAt < NEWCOMERS_MS)
    await new Promise((resolve) => setImmediate(resolve));
  server.off('connection', onConnection);
  own.destroy();
}

/** A server that listens on every address is reached by the loopback. */
function placeOf({ address, port }: AddressInfo): { host: string; port: number } {
  const host = address === '::' ? '::1' : address === '0.0.0.0' ? '127.0.0.1' : address;
  return { host, port };
}
