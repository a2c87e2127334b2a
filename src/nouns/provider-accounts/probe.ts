import { validateHeaderValue } from 'node:http';
import { statusFrom } from '../../http/asking.ts';
import { namesInside, POINTS_INSIDE } from '../../http/outside.ts';
import type { TracedCall } from '../../resource/trace.ts';
import type { Credentials } from './credentials.ts';
import type { ProviderAccount } from './model.ts';

/** What one check saw: an answer, one that says nothing of the account, refused credentials, or a failure with its reason. */
export type CheckResult = CheckVerdict | { kind: 'unknown' };
export type CheckVerdict = { kind: 'ok' } | { kind: 'refused' | 'failed'; reason: string };

const TIMEOUT_MS = 10_000;

type ProviderType = ProviderAccount['providerType'];

/** The header in which each kind of provider takes its key. */
function headersOf(type: ProviderType, apiKey: string): Record<string, string> {
  switch (type) {
    case 'anthropic':
      return { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' };
    case 'azure_openai':
      return { 'api-key': apiKey };
    case 'google_gemini':
      return { 'x-goog-api-key': apiKey };
    default:
      return { Authorization: `Bearer ${apiKey}` };
  }
}

/** Where it lists its models. */
function addressOf(type: ProviderType, baseUrl: string): URL {
  const url = new URL(baseUrl);
  const base = url.pathname.replace(/\/+$/, '');
  if (type !== 'azure_openai' || base.endsWith('/openai/v1')) {
    url.pathname = `${base}/models`;
    return url;
  }
  // Azure's documents and SDKs give a resource's address with and without this.
  url.pathname = `${base.replace(/\/openai$/, '')}/openai/models`;
  if (!url.searchParams.has('api-version')) url.searchParams.set('api-version', '2024-10-21');
  return url;
}

/** Only a refusal of the credentials, or a provider that does not serve, tells against an account: not one that is busy, has no listing or wants to be asked otherwise. */
function verdictOf(status: number): CheckResult {
  if (status >= 200 && status < 300) return { kind: 'ok' };
  if (status === 401 || status === 403)
    return { kind: 'refused', reason: `the provider refused the credentials (${status})` };
  return FAILING.has(status) ? { kind: 'failed', reason: `the provider answered ${status}` } : { kind: 'unknown' };
}
const FAILING: ReadonlySet<number> = new Set([500, 502, 503, 504]);

interface Asking {
  allowPrivate: boolean;
  /** The call as part of a trace, where there is one; it begins when the provider is asked. */
  begin?: () => TracedCall | undefined;
}

/** GET the provider's list of models: one request, no redirects, ten seconds, and no address inside unless allowed. */
export async function probe(
  type: ProviderType,
  { apiKey, baseUrl }: Credentials,
  { allowPrivate, begin }: Asking,
): Promise<CheckResult> {
  const url = addressOf(type, baseUrl);
  const mayAsk = ['http:', 'https:'].includes(url.protocol) && (allowPrivate || !namesInside(url));
  if (!mayAsk) return { kind: 'unknown' };
  const call = begin?.();
  const headers = { ...call?.headers, ...headersOf(type, apiKey), Accept: 'application/json' };
  const verdict = await ask(url, headers, allowPrivate);
  call?.ended(null, verdict.kind === 'failed' ? verdict.reason : null);
  return verdict;
}

async function ask(url: URL, headers: Record<string, string>, allowPrivate: boolean): Promise<CheckResult> {
  // A key that no header can hold cannot be asked with.
  if (!isSendable(headers)) return { kind: 'unknown' };
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    return verdictOf(await statusFrom(url, { method: 'GET', headers, allowPrivate, signal }));
  } catch (error) {
    return verdictOfSilence(error as Error);
  }
}

function isSendable(headers: Record<string, string>): boolean {
  try {
    for (const [name, value] of Object.entries(headers)) validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

/** Never more than the kind of failure: an address or a key has no place in a status. */
function verdictOfSilence(error: Error & { code?: string }): CheckResult {
  if (error.message === POINTS_INSIDE) return { kind: 'unknown' };
  const isLate = error.name === 'TimeoutError' || error.name === 'AbortError';
  const reason = isLate
    ? 'the provider did not answer within 10 s'
    : `the provider cannot be reached (${error.code ?? 'network error'})`;
  return { kind: 'failed', reason };
}
