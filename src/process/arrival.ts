import type { IncomingMessage } from 'node:http';
import { createPreference } from '../http/accept.ts';
import type { Visit } from './observe/visit.ts';

/** A request as it has come: where it goes, and what is known of it so far. */
export interface Arrival {
  req: IncomingMessage;
  path: string;
  search: string;
  visit: Visit;
  /** How often the store had been looked at when it came. */
  looks: number;
  /** Headers (names and values in turn) that the answer has whatever it is. */
  head: string[];
}

/**
 * What is asked for. A server must take the absolute form (RFC 9112, 3.2.2), by which proxies are asked; the origin that it
 * begins with says no more than `Host`.
 */
export function targetOf({ url = '/' }: IncomingMessage): string {
  if (url.startsWith('/')) return url;
  const rest = url.replace(/^https?:\/\/[^/?#]*/i, '');
  return rest === url || rest.startsWith('/') ? rest : `/${rest}`;
}

export function splitUrl(url: string): [string, string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

/** HEAD is answered as GET is; what is sent leaves the body out. */
export function methodOf(req: IncomingMessage): string {
  return req.method === 'HEAD' ? 'GET' : (req.method ?? 'GET');
}

/** What `Allow` names: all that is answered (RFC 9110, 10.2.1). */
export function allowedWith(methods: readonly string[]): string[] {
  return methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
}

export function requestIdOf(req: IncomingMessage): string | null {
  const given = req.headers['x-request-id'];
  return typeof given === 'string' && /^[A-Za-z0-9._~:+/=-]{1,128}$/.test(given) ? given : null;
}

const preferred = createPreference(['application/json', 'application/graphql-response+json', 'text/html']);

/** A person's browser asks for the page, with a query in its address or without; everything else asks the graph. */
export function wantsPage(req: IncomingMessage): boolean {
  return methodOf(req) === 'GET' && preferred(req.headers.accept) === 'text/html';
}

/** Behind which event a stream goes on that broke off. */
export function lastEventIdOf({ headers }: IncomingMessage): string | null {
  return (headers['last-event-id'] as string | undefined) || null;
}
