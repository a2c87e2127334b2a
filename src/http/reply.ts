import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import { type Details, ERRORS, type ErrorCode, envelope, type Issue } from '../words/errors.ts';
import { jsonText, keptText } from '../words/json-text.ts';
import { inTurns, pace } from '../words/pace.ts';
import { hasBody } from './body.ts';
import { inPieces, isLarge } from './pieces.ts';
import { type Claim, STREAM_HEADERS, type Streaming } from './streams.ts';

/** What a door answers; headers by their usual names. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  /** Sent as it is, pieces one behind the other; null: no body. */
  body: string | Buffer | readonly Buffer[] | null;
  /** The body's length, where it is known without counting. */
  bytes?: number;
  /** Its headers as they are sent (`asSent`), where they were put together before. */
  sent?: readonly string[];
  /** Instead of a body: an answer that goes on. */
  stream?: Streaming;
  /** The place that such an answer has. */
  claim?: Claim;
  /** What was run, where only the door knows it: for logs and figures, not for the caller. */
  operation?: { kind: string; name: string | null; codes: readonly string[] };
}

const JSON_TYPE = 'application/json; charset=utf-8';

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return { status, headers: { 'Content-Type': JSON_TYPE, ...headers }, ...bodyOf(value) };
}

function bodyOf(value: unknown): Pick<Reply, 'body' | 'bytes'> {
  const kept = keptText(value);
  return kept ? { body: kept.text, bytes: kept.bytes } : { body: jsonText(value) };
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
 * A reply is sent at once, with `first` (names and values in turn) before its own headers, and ended once the request has
 * been read: a socket that is closed with unread bytes (either side may have asked to close it) takes the reply with it.
 * Who never stops sending meets the server's request timeout. `onSent` is called once, when the reply has been handed to
 * the system, or nobody is there to take it.
 */
export function send(
  req: IncomingMessage,
  res: ServerResponse,
  reply: Reply,
  first: readonly string[],
  onSent: () => void,
): void {
  if (reply.claim) return begin(req, res, reply, reply.claim, first, onSent);
  if (res.destroyed || res.headersSent) return onSent();
  const { status, body } = reply;
  const length = reply.bytes ?? lengthOf(body);
  res.writeHead(status, [...first, ...(reply.sent ?? asSent(reply, length))]);
  const pieces = req.method === 'HEAD' || body === null ? [] : Array.isArray(body) ? body : [body as string | Buffer];
  for (let at = 0; at < pieces.length - 1; at += 1) res.write(pieces[at]);
  const last: Last = { piece: pieces.at(-1), encoding: length === body?.length ? 'latin1' : 'utf8' };
  // Where no body comes the request has been read, though its end may not have been told yet.
  if (!req.complete && hasBody(req)) return endWhenRead(req, res, last, onSent);
  res.on('close', onSent);
  res.end(last.piece, last.encoding);
}

/**
 * What may be done on the way with a reply that does not say: a shared cache (which may guess a time, or not look at who asks)
 * keeps nothing, a caller's own does not give it again unasked.
 */
const KEPT_BY_CALLERS = 'private, no-cache';
/** Who compresses what is tagged weakens its tag, or gives it another name: `If-Match` would find no such version. */
const TAGGED = `${KEPT_BY_CALLERS}, no-transform`;

/** Names and values in turn, with the body's length. One flat list: what is set one by one is kept, folded and copied by Node for each reply. */
export function asSent({ status, headers }: Reply, length: number): string[] {
  const list: string[] = [];
  if (headers['Cache-Control'] === undefined) list.push('Cache-Control', headers.ETag ? TAGGED : KEPT_BY_CALLERS);
  // biome-ignore lint/style/noNonNullAssertion: one of their own names; to list entries costs an array for each.
  for (const name in headers) list.push(name, headers[name]!);
  if (status !== 204 && status !== 304) list.push('Content-Length', String(length));
  return list;
}

/** Text whose characters are a byte each is ASCII, which Latin-1 writes alike and for less: Node makes room for three bytes of each in UTF-8. */
interface Last {
  piece: string | Buffer | undefined;
  encoding: 'latin1' | 'utf8';
}

/** A stream that has begun is no request under way any more. */
function begin(
  { method }: IncomingMessage,
  res: ServerResponse,
  { status, headers, stream }: Reply,
  claim: Claim,
  first: readonly string[],
  onSent: () => void,
): void {
  const isGone = res.destroyed || res.headersSent;
  if (!isGone) res.writeHead(status, [...first, ...Object.entries({ ...headers, ...STREAM_HEADERS }).flat()]);
  if (stream && !isGone && method !== 'HEAD') claim.start(res, stream);
  else {
    claim.release();
    if (!isGone) res.end();
  }
  onSent();
}

function lengthOf(body: Reply['body']): number {
  if (body === null) return 0;
  if (typeof body === 'string') return Buffer.byteLength(body);
  return Buffer.isBuffer(body)
    ? body.length
    : (body as readonly Buffer[]).reduce((sum, piece) => sum + piece.length, 0);
}

function endWhenRead(req: IncomingMessage, res: ServerResponse, { piece, encoding }: Last, onSent: () => void): void {
  let isSent = false;
  const sent = () => {
    if (!isSent) onSent();
    isSent = true;
  };
  res.on('close', sent);
  if (piece === undefined) res.flushHeaders();
  res.write(piece ?? '', encoding, sent);
  finished(req, () => res.end());
  req.resume();
}
