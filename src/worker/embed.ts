import { AccountFailure, Failure, type Provider, resting } from './account.ts';
import { type Call, call, isLong, type Pace, Unanswered } from './http.ts';

export type Vector = number[];

export interface Embedding {
  provider: Provider;
  model: string;
  pace: Pace;
  signal: AbortSignal;
  waits?: Call['waits'];
}

const CALL_MS = 60_000;
const ANSWER_BYTES = 64 * 2 ** 20;
const TRIES = 5;
/** What a provider says of a request that it will not take as it is. */
const TOO_MUCH: readonly (number | null)[] = [400, 413, 422];

/** A vector for each text, or why there is none. What a provider will not take as a whole is halved until it does. */
export async function embed(texts: readonly string[], how: Embedding): Promise<(Vector | Failure)[]> {
  try {
    return vectorsOf(await ask(texts, how), texts.length);
  } catch (error) {
    how.signal.throwIfAborted();
    if (error instanceof Failure) return texts.map(() => error);
    if (!(error instanceof Unanswered)) throw error;
    if (error.status === 429 && isLong(how.pace)) return texts.map(() => resting(error.message, how.pace.until));
    if (!TOO_MUCH.includes(error.status) || texts.length === 1) return texts.map(() => failureOf(error, how.provider));
    const half = Math.ceil(texts.length / 2);
    return [...(await embed(texts.slice(0, half), how)), ...(await embed(texts.slice(half), how))];
  }
}

function ask(input: readonly string[], { provider, model, pace, signal, waits }: Embedding): Promise<string> {
  return call({
    url: `${provider.baseUrl}/embeddings`,
    method: 'POST',
    headers: { Authorization: `Bearer ${provider.apiKey}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ model, input }),
    timeoutMs: CALL_MS,
    maxBytes: ANSWER_BYTES,
    tries: TRIES,
    pace,
    signal,
    waits,
  });
}

/** By `index`, where there is one: the order of an answer is not promised. */
function vectorsOf(text: string, count: number): Vector[] {
  const vectors: Vector[] = [];
  for (const [at, one] of dataOf(text).entries()) {
    const { index = at, embedding } = (one ?? {}) as { index?: number; embedding?: unknown };
    if (isVector(embedding)) vectors[index] = embedding;
  }
  for (let at = 0; at < count; at += 1)
    if (!vectors[at]) throw new Failure(`the provider sent no vector for ${count === 1 ? 'it' : 'each of the texts'}`);
  return vectors;
}

function dataOf(text: string): unknown[] {
  try {
    const { data } = JSON.parse(text) as { data?: unknown };
    if (Array.isArray(data)) return data;
  } catch {
    // Told below, as everything else that is no list.
  }
  throw new Failure('the provider answered, but not as /embeddings does');
}

function isVector(value: unknown): value is Vector {
  return Array.isArray(value) && value.length > 0 && value.every((number) => Number.isFinite(number));
}

/** What is said of refused credentials may quote them. */
function failureOf({ status, message }: Unanswered, { apiKey }: Provider): Failure {
  if (status === 401 || status === 403) return new AccountFailure(`the provider refused the credentials (${status})`);
  const words = `the provider ${message.replaceAll(apiKey, '…')}`;
  return TOO_MUCH.includes(status) ? new Failure(words) : new AccountFailure(words);
}
