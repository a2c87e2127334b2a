import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { guarded } from './outside.ts';

export interface Asking {
  method: 'GET' | 'POST';
  headers: Record<string, string | number>;
  body?: string;
  allowPrivate: boolean;
  signal: AbortSignal;
}

/**
 * Asks an address that somebody else has chosen: no redirects, no proxy, and no address inside unless allowed. Answers
 * the status, and reads no more; rejects where there is none, however the exchange ends.
 */
export function statusFrom(url: URL, { body, allowPrivate, ...options }: Asking): Promise<number> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage) => {
      response.socket.destroy();
      resolve(response.statusCode ?? 0);
    };
    const request = send(url, { ...options, lookup: guarded(allowPrivate), agent: false }, answered);
    // Where nobody listens to a 101, Node closes the connection and says nothing.
    request.on('upgrade', answered);
    request.on('error', reject);
    request.on('close', () => reject(new Error('the exchange ended without an answer')));
    request.end(body);
  });
}
