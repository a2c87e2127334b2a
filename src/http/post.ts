import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { guarded, namesInside, POINTS_INSIDE } from './outside.ts';

export interface Posting {
  url: string;
  headers: Record<string, string>;
  body: string;
  allowPrivate: boolean;
  timeoutMs: number;
  signal: AbortSignal;
}

export interface Posted {
  statusCode: number | null;
  /** Why there was no answer, in words. */
  error: string | null;
}

/** One POST to an address that somebody else has chosen: no redirects, no proxy, and no address inside unless allowed. */
export function post({ url, headers, body, allowPrivate, timeoutMs, signal }: Posting): Promise<Posted> {
  const address = new URL(url);
  if (!allowPrivate && namesInside(address)) return Promise.resolve({ statusCode: null, error: POINTS_INSIDE });
  const send = address.protocol === 'https:' ? httpsRequest : httpRequest;
  const late = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    const request = send(
      address,
      {
        method: 'POST',
        headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
        lookup: guarded(allowPrivate),
        agent: false,
        signal: AbortSignal.any([signal, late]),
      },
      (response) => {
        response.destroy();
        resolve({ statusCode: response.statusCode ?? null, error: null });
      },
    );
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason);
      else
        resolve({ statusCode: null, error: late.aborted ? `no answer within ${timeoutMs / 1_000} s` : wordsOf(error) });
    });
    request.end(body);
  });
}

/** Never more than the kind of failure. */
function wordsOf({ message, code }: NodeJS.ErrnoException): string {
  return message === POINTS_INSIDE ? POINTS_INSIDE : `it cannot be reached (${code ?? 'network error'})`;
}
