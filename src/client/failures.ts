import type { ErrorClass, Failure } from './types.ts';

const WAIT_MAX_MS = 86_400_000;

/** `Retry-After` in its two forms, and OpenAI's in milliseconds; null: none that could be read. */
export function retryAfterMs(headers: { get(name: string): string | null }, nowMs: number): number | null {
  const exact = Number(headers.get('retry-after-ms') ?? Number.NaN);
  const value = headers.get('retry-after');
  const seconds = value === null ? Number.NaN : Number(value) * 1_000;
  const ms = [exact, seconds, value === null ? Number.NaN : Date.parse(value) - nowMs].find(
    (one) => !Number.isNaN(one),
  );
  return ms === undefined ? null : Math.min(Math.max(0, ms), WAIT_MAX_MS);
}

/** The account's troubles (its key, its money, its models) are the provider's: another may do better. */
function classOfStatus(status: number): ErrorClass {
  if (status === 429) return 'rate_limited';
  if (status === 408 || status === 504) return 'timeout';
  if (status === 503 || status === 529) return 'overloaded';
  if (status >= 500 || [401, 402, 403, 404].includes(status)) return 'provider_error';
  return 'caller_error';
}

const KINDS: [RegExp, ErrorClass][] = [
  [/content_(filter|policy)|ResponsibleAI/i, 'content_policy'],
  [/rate_limit|insufficient_quota|RESOURCE_EXHAUSTED/, 'rate_limited'],
  [/overloaded|UNAVAILABLE/, 'overloaded'],
  [/timeout|DEADLINE_EXCEEDED/, 'timeout'],
  [/invalid_request|context_length|INVALID_ARGUMENT/, 'caller_error'],
];

/** What the body of an error calls it, in OpenAI's, Anthropic's or Gemini's words; null where it says nothing known. */
function classOfWords(body: unknown): ErrorClass | null {
  const { error = body } = (body ?? {}) as { error?: unknown };
  const { code, type, status } = (error ?? {}) as Record<string, unknown>;
  return (
    KINDS.find(([words]) => [code, type, status].some((word) => typeof word === 'string' && words.test(word)))?.[1] ??
    null
  );
}

/** An error that a stream or a 2xx answer brings in its body. */
export function failureOfBody(body: unknown): Failure {
  return { error_class: classOfWords(body) ?? 'provider_error', retry_after_seconds: null };
}

export function failureOfAnswer(
  { status, headers, body }: { status: number; headers: Headers | null; body: unknown },
  nowMs: number,
): Failure {
  const afterMs = headers && retryAfterMs(headers, nowMs);
  const words = classOfWords(body);
  return {
    error_class: words === 'content_policy' || words === 'overloaded' ? words : classOfStatus(status),
    retry_after_seconds: afterMs === null ? null : Math.ceil(afterMs / 1_000),
  };
}

/** What a call has thrown: `fetch` itself, an SDK of a provider, or the caller's own mistake, which no provider can help. */
export function failureOf(error: unknown, nowMs: number): Failure {
  const { status, statusCode, headers, error: body, name = '', message = '', code, cause } = Object(error);
  const answered = status ?? statusCode;
  if (typeof answered === 'number')
    return failureOfAnswer({ status: answered, headers: readable(headers), body }, nowMs);
  const as = (error_class: ErrorClass): Failure => ({ error_class, retry_after_seconds: null });
  const words = `${name} ${String(code)} ${Object(cause).code} ${Object(error).constructor?.name}`;
  if (/Timeout|TIMEDOUT|_TIMEOUT/i.test(words)) return as('timeout');
  if (body) return failureOfBody({ error: body });
  const isNetwork = /\bE[A-Z]{4,}\b|UND_ERR|Connection|Network|SyntaxError/.test(words);
  return as(
    isNetwork || /fetch|network|terminated|socket|sending request/i.test(message) ? 'provider_error' : 'caller_error',
  );
}

function readable(headers: unknown): Headers | null {
  if (typeof (headers as Headers | undefined)?.get === 'function') return headers as Headers;
  return headers && typeof headers === 'object' ? new Headers(headers as Record<string, string>) : null;
}
