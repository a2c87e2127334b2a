import type { IncomingMessage } from 'node:http';
import { parse } from 'content-type';
import type { MaybePromise } from '../words/maybe.ts';

export const BODY_MAX_BYTES = 1_048_576;

const EMPTY = Buffer.alloc(0);

/** Without either header there is no body (RFC 9112, section 6.3): nothing to wait for. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/**
 * The body's bytes, or `too_large` as soon as there are more than the limit: counted while they stream in.
 * The rest is left in the request, which stays open: to destroy it would take the reply with it.
 */
export function readBody(req: IncomingMessage, maxBytes: number = BODY_MAX_BYTES): MaybePromise<Buffer | 'too_large'> {
  if (!hasBody(req)) return EMPTY;
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) return 'too_large';
  return new Promise((resolve, reject) => {
    // Its caller has gone while it waited for its turn: nothing more comes of it, not even an error.
    if (req.destroyed) return reject(new Error('the request was aborted'));
    const chunks: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) return void chunks.push(chunk);
      req.off('data', take).pause();
      resolve('too_large');
    };
    req.on('data', take);
    req.on('end', () => {
      const [only = EMPTY] = chunks;
      resolve(chunks.length > 1 ? Buffer.concat(chunks) : only);
    });
    req.on('error', reject);
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Strict: invalid UTF-8 is not JSON, nor is a byte order mark. */
export function parseJson(bytes: Buffer): { value: unknown } | { error: string; offset: number } {
  try {
    return { value: JSON.parse(utf8.decode(bytes)) as unknown };
  } catch (error) {
    if (!(error instanceof SyntaxError)) return { error: 'the body is not valid UTF-8', offset: 0 };
    const position = /position (\d+)/.exec(error.message)?.[1];
    return {
      error: error.message.replace(/,? \.*".*is not valid JSON/s, ''),
      offset: position === undefined ? 0 : Number(position),
    };
  }
}

/** The media type of a Content-Type header, lower case, when its charset (if any) is UTF-8. */
export function mediaTypeOf(contentType: string | undefined): string | null {
  if (contentType === undefined) return null;
  const { type, parameters } = parse(contentType);
  const charset = parameters.charset?.toLowerCase() ?? 'utf-8';
  return charset === 'utf-8' || charset === 'utf8' ? type.toLowerCase() : null;
}

/** Whether a body is sent as it is; codings are named in either case. */
export function isAsItIs(contentEncoding = 'identity'): boolean {
  return contentEncoding.toLowerCase() === 'identity';
}
