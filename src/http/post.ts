import { statusFrom } from './asking.ts';
import { namesInside, POINTS_INSIDE } from './outside.ts';

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

/** One POST to an address that somebody else has chosen; rejects where it is called off. */
export async function post({ url, headers, body, allowPrivate, timeoutMs, signal }: Posting): Promise<Posted> {
  const address = new URL(url);
  if (!allowPrivate && namesInside(address)) return { statusCode: null, error: POINTS_INSIDE };
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const statusCode = await statusFrom(address, {
      method: 'POST',
      headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
      body,
      allowPrivate,
      signal: AbortSignal.any([signal, late]),
    });
    return { statusCode, error: null };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return {
      statusCode: null,
      error: late.aborted ? `no answer within ${timeoutMs / 1_000} s` : wordsOf(error as Error),
    };
  }
}

/** Never more than the kind of failure. */
function wordsOf({ message, code }: NodeJS.ErrnoException): string {
  return message === POINTS_INSIDE ? POINTS_INSIDE : `it cannot be reached (${code ?? 'network error'})`;
}
