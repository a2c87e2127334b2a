import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import { type Details, ERRORS, type ErrorCode, envelope, type Issue } from '../words/errors.ts';
import { inTurns, pace } from '../words/pace.ts';
import { inPieces, isLarge } from './pieces.ts';

/** What a door answers; headers by their usual names. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  /** Sent as it is, pieces one behind the other; null: no body. */
  body: string | Buffer | readonly Buffer[] | null;
  /** What was run, where only the door knows it: for logs and figures, not for the caller. */
  operation?: { kind: string; name: string | null; codes: readonly string[] };
}

const JSON_TYPE = 'application/json; charset=utf-8';

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return { status, headers: { 'Content-Type': JSON_TYPE, ...headers }, body: JSON.stringify(value) };
}

/** The same for what may be large, which is written in as many turns of the event loop as it takes; null: it is too long. */
export function jsonInTurns(
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): Reply | null | Promise<Reply | null> {
  if (!isLarge(value)) return json(status, value, headers);
  const replyWith = (body: Buffer[] | null) =>
    body && { status, headers: { 'Content-Type': JSON_TYPE, ...headers }, body };
  const written = inTurns(inPieces(value), pace);
  return written instanceof Promise ? written.then(replyWith) : replyWith(written);
}

/** An error in the documented envelope; a 422 is the list of issues alone. */
export function errorReply(code: ErrorCode, details: Details, now: number, message?: string): Reply {
  const { status } = ERRORS[code];
  if (code === 'VALIDATION_FAILED') return json(status, { detail: details.detail as Issue[] });
  return json(status, envelope(code, details, now, message), errorHeaders(code, details));
}

/** The headers that go with an error, whatever the form of its body. */
export function errorHeaders(code: ErrorCode, details: Details): Record<string, string> {
  if (code === 'AUTHENTICATION_FAILED') return { 'WWW-Authenticate': 'Bearer' };
  if (code === 'METHOD_NOT_ALLOWED') return { Allow: (details.allow as string[]).join(', ') };
  if (code === 'PRECONDITION_FAILED' && typeof details.current_etag === 'string') return { ETag: details.current_etag };
  return typeof details.retry_after === 'number' ? { 'Retry-After': String(details.retry_after) } : {};
}

/**
 * A reply is sent at once, and ended once the request has been read: a socket that is closed with unread bytes (either
 * side may have asked to close it) takes the reply with it. Who never stops sending meets the server's request timeout.
 * Resolves when the reply has been handed to the system, or nobody is there to take it.
 */
export function send(req: IncomingMessage, res: ServerResponse, reply: Reply): Promise<void> {
  return new Promise((resolve) => {
    if (res.destroyed || res.headersSent) return resolve();
    res.on('close', resolve);
    write(req, res, reply, resolve);
  });
}

function write(req: IncomingMessage, res: ServerResponse, reply: Reply, onHandedOver: () => void): void {
  const bodyless = reply.status === 204 || reply.status === 304;
  const pieces = reply.body === null ? [] : Array.isArray(reply.body) ? reply.body : [reply.body as string | Buffer];
  const length = pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);
  const { Vary, ...headers } = reply.headers;
  // Beside what CORS makes every reply vary by.
  if (Vary) res.appendHeader('Vary', Vary);
  res.writeHead(reply.status, { ...headers, ...(bodyless ? {} : { 'Content-Length': String(length) }) });
  const [last, ...before] = req.method === 'HEAD' ? [] : pieces.toReversed();
  for (const piece of before.toReversed()) res.write(piece);
  if (req.complete) {
    res.end(last);
    return;
  }
  if (last === undefined) res.flushHeaders();
  res.write(last ?? '', onHandedOver);
  finished(req, () => res.end());
  req.resume();
}
