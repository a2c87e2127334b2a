import { lookup } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { Credentials } from './credentials.ts';
import type { CheckResult } from './health.ts';
import type { ProviderAccount } from './model.ts';

const TIMEOUT_MS = 10_000;

/** Addresses inside: loopback, link-local, private, carrier-grade, unique-local, multicast and reserved. */
const INSIDE = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  INSIDE.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  INSIDE.addSubnet(net, bits, 'ipv6');

export function isInside(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return isInside(mapped);
  if (isIP(address) === 6 && /^::ffff:/i.test(new URL(`http://[${address}]`).hostname.slice(1))) return true;
  return INSIDE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Resolves and judges in one step, so that the address that is called is the address that was judged. */
function guarded(allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      const outside = addresses.filter(({ address }) => allowPrivate || !isInside(address));
      if (outside.length === 0) return callback(new Error('the address points inside'), '', 0);
      if (options.all) return (callback as (error: Error | null, all: typeof outside) => void)(null, outside);
      return callback(null, outside[0]!.address, outside[0]!.family);
    });
  };
}

/** The header in which each kind of provider takes its key, and where it lists its models. */
function askOf(
  type: ProviderAccount['providerType'],
  apiKey: string,
): { path: string; headers: Record<string, string> } {
  switch (type) {
    case 'anthropic':
      return { path: '/models', headers: { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' } };
    case 'azure_openai':
      return { path: '/openai/models?api-version=2024-10-21', headers: { 'api-key': apiKey } };
    case 'google_gemini':
      return { path: '/models', headers: { 'x-goog-api-key': apiKey } };
    default:
      return { path: '/models', headers: { Authorization: `Bearer ${apiKey}` } };
  }
}

/** GET the provider's list of models: one request, no redirects, ten seconds, and no address inside unless allowed. */
export function probe(
  type: ProviderAccount['providerType'],
  { apiKey, baseUrl }: Credentials,
  { allowPrivate }: { allowPrivate: boolean },
): Promise<CheckResult> {
  const ask = askOf(type, apiKey);
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}${ask.path}`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!['http:', 'https:'].includes(url.protocol))
    return Promise.resolve({ kind: 'failed', reason: 'base_url must be http or https' });
  if (!allowPrivate && isIP(host) && isInside(host))
    return Promise.resolve({ kind: 'failed', reason: 'base_url points inside; an operator can allow it' });
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const failed = (reason: string) => resolve({ kind: 'failed', reason });
    const request = send(
      url,
      {
        headers: { ...ask.headers, Accept: 'application/json' },
        lookup: guarded(allowPrivate),
        agent: false,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (response) => {
        response.destroy();
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) resolve({ kind: 'ok' });
        // Busy, or a host without a listing: neither tells whether the account works.
        else if (status === 429 || status === 404) resolve({ kind: 'unknown' });
        else if (status === 401 || status === 403)
          resolve({ kind: 'refused', reason: `the provider refused the credentials (${status})` });
        else
          failed(
            status >= 300 && status < 400
              ? 'the provider answered with a redirect, which is not followed'
              : `the provider answered ${status}`,
          );
      },
    );
    request.on('error', (error) =>
      failed(
        error.name === 'TimeoutError' || error.name === 'AbortError'
          ? 'the provider did not answer within 10 s'
          : reasonOf(error),
      ),
    );
    request.end();
  });
}

/** Never more than the kind of failure: an address or a key has no place in a status. */
function reasonOf(error: Error & { code?: string }): string {
  if (error.message === 'the address points inside') return 'base_url points inside; an operator can allow it';
  return `the provider cannot be reached (${error.code ?? 'network error'})`;
}
