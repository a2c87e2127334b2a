import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { StartRefused } from '../words/refused.ts';
import { answered, began, newestOn } from './connections.ts';

/** What answers requests. */
export interface Handler {
  /** Somebody has connected. */
  meet(): void;
  handle(req: IncomingMessage, res: ServerResponse): void;
  /** What came is answered with this status before it is a request: no HTTP, a method that there is not, a head too large or too slow. Answers its id. */
  unread(status: number): string;
}

/** Where to listen; port 0 takes a free one. */
export interface Address {
  HOST: string;
  PORT: number;
}

const HEAD_TIMEOUT_MS = 30_000;
const BODY_TIMEOUT_MS = 40_000;
const SILENCE_TIMEOUT_MS = 30_000;
const LINGER_MS = 1_000;
/** Connections that wait to be accepted: a full queue would cost their owners a second and more. */
const BACKLOG = 4_096;

export function createHttpServer(app: Handler): Server {
  const serve = (req: IncomingMessage, res: ServerResponse): void => {
    began(req, res);
    if (hasHost(req)) app.handle(req, res);
    else res.writeHead(400, ['X-Request-Id', app.unread(400), 'Connection', 'close', 'Content-Length', '0']).end();
  };
  // What has no body is read to its end as it comes: it needs no stream that begins, ends and is closed.
  const options = {
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 65_536,
    optimizeEmptyRequests: true,
    requireHostHeader: false,
  };
  const server = createServer(options, serve);
  // Node would refuse what it does not know to expect, as what names no host, by a reply of its own.
  server.on('checkExpectation', serve);
  // To CONNECT it would say nothing at all: a method like any other that is not allowed.
  server.on('connect', async (req: IncomingMessage, socket: Socket) => {
    socket.on('error', () => {});
    await answered(socket);
    if (!socket.destroyed) serve(req, lastOn(socket, req));
  });
  server.headersTimeout = HEAD_TIMEOUT_MS;
  server.requestTimeout = BODY_TIMEOUT_MS;
  server.keepAliveTimeout = SILENCE_TIMEOUT_MS;
  server.timeout = BODY_TIMEOUT_MS;
  server.on('connection', (socket) => {
    // Until the first byte a connection is silent: neither of the timeouts above has begun.
    socket.setTimeout(SILENCE_TIMEOUT_MS);
    app.meet();
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const answer = newestOn(socket);
    if (!socket.writable) return socket.destroy();
    linger(socket);
    // An answer that is under way while its request still comes (a 413) is the only one that the request gets.
    if (answer?.headersSent && !answer.writableEnded) return socket.end();
    const status =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? '408 Request Timeout'
          : '400 Bad Request';
    const id = app.unread(Number.parseInt(status, 10));
    socket.end(`HTTP/1.1 ${status}\r\nX-Request-Id: ${id}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
  return server;
}

/** Whoever goes on sending does not hold the connection half open; who has stopped gets to read the answer first. */
function linger(socket: Duplex): void {
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** The answer to a request behind which the connection is not read as HTTP any more: it is the last. */
function lastOn(socket: Socket, req: IncomingMessage): ServerResponse {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(socket);
  return res.once('finish', () => {
    res.detachSocket(socket);
    res.emit('close');
    linger(socket);
    socket.resume().end();
  });
}

/** HTTP/1.1 has every request name its host, and none name two (RFC 9112, 3.2). */
function hasHost({ rawHeaders, httpVersionMinor }: IncomingMessage): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts === 1 || (hosts === 0 && httpVersionMinor === 0);
}

/** Serves without a port of its own, by the connections that it is given. */
export function begin(server: Server): void {
  // With it Node begins to watch how long heads and bodies take.
  server.emit('listening');
}

export function take(server: Server, connection: Socket): void {
  // As a server makes its own: who has sent all of its request still hears the answer.
  connection.allowHalfOpen = true;
  server.emit('connection', connection);
}

/** Answers the address, once it can be called. */
export async function listen(server: NetServer, { HOST, PORT }: Address): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new StartRefused(whyNot(error, HOST, PORT))));
    server.listen({ port: PORT, host: HOST, backlog: BACKLOG }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return `http://${HOST.includes(':') ? `[${HOST}]` : HOST}:${port}`;
}

function whyNot(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE')
    return `PORT: ${port} is in use on ${host}; stop what listens there, or start with another PORT (PORT=0 takes a free one)`;
  if (error.code === 'EACCES') return `PORT: not allowed to listen on ${port}; take one above 1023`;
  return `HOST: cannot listen on ${host}:${port}: ${error.message}`;
}
