import type { Attempt } from './attempt.ts';
import { failureOfAnswer } from './failures.ts';
import { parsed } from './meter.ts';

/**
 * What the provider has answered, as the caller gets it: the same, read along. It comes when its first part is there, so that a
 * provider that fails before it has said anything can be passed over.
 */
export async function watch<T>(answer: T, attempt: Attempt, nowMs: () => number): Promise<T> {
  if (answer instanceof Response) return (await watchResponse(answer, attempt, nowMs)) as T;
  if (answer instanceof ReadableStream) return (await watchReadable(answer, attempt)) as T;
  if (isIterable(answer)) return watchIterable(answer, attempt);
  attempt.meter.add(typeof answer === 'string' ? null : answer);
  attempt.end(attempt.meter.verdict());
  return answer;
}

async function watchResponse(response: Response, attempt: Attempt, nowMs: () => number): Promise<Response> {
  const { status, headers, body, ok } = response;
  const type = headers.get('content-type') ?? '';
  const isJson = /\bjson\b/.test(type);
  if (ok && body && !isJson) return remade(response, await watchReadable(body, attempt, type.includes('event-stream')));
  const text = await attempt.race(response.text());
  const value: unknown = isJson && ok ? JSON.parse(text) : parsed(text);
  attempt.meter.add(value);
  attempt.end(ok ? attempt.meter.verdict() : failureOfAnswer({ status, headers, body: value }, nowMs()));
  return body ? remade(response, text) : response;
}

/** Its bytes are no longer those that these headers tell of. */
function remade({ status, statusText, headers }: Response, body: ReadableStream | string): Response {
  const kept = new Headers(headers);
  for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) kept.delete(name);
  return new Response(body, { status, statusText, headers: kept });
}

async function watchReadable<C>(
  stream: ReadableStream<C>,
  attempt: Attempt,
  saysMore = false,
): Promise<ReadableStream<C>> {
  const reader = stream.getReader();
  const source: AsyncIterator<C> = {
    next: () => reader.read() as Promise<IteratorResult<C>>,
    return: async (reason) => {
      await reader.cancel(reason);
      return { done: true, value: undefined };
    },
  };
  const watched = await follow(source, attempt, saysMore);
  return new ReadableStream<C>(
    {
      async pull(controller) {
        const step = await watched.next();
        if (step.done) controller.close();
        else controller.enqueue(step.value);
      },
      cancel: async (reason) => void (await watched.return?.(reason)),
    },
    { highWaterMark: 0 },
  );
}

type Iterable = AsyncIterable<unknown> & Partial<AsyncIterator<unknown>>;

function isIterable(value: unknown): value is Iterable {
  return typeof (value as Iterable | null | undefined)?.[Symbol.asyncIterator] === 'function';
}

/** The very object that the SDK has made, with its methods and types; only what comes out of it is read along. */
async function watchIterable<T extends Iterable>(answer: T, attempt: Attempt): Promise<T> {
  const source = answer[Symbol.asyncIterator]();
  const plain = { next: source.next.bind(source), ...(source.return && { return: source.return.bind(source) }) };
  const watched = await follow(plain, attempt);
  const own = { ...watched, [Symbol.asyncIterator]: () => own };
  const isIterator = typeof answer.next === 'function';
  for (const key of isIterator ? Reflect.ownKeys(own) : [Symbol.asyncIterator])
    Object.defineProperty(answer, key, { value: own[key as keyof typeof own], configurable: true, writable: true });
  return answer;
}

/** The same steps in the same order; who stops early has gone away, and need not wait for a provider that is silent. */
async function follow<C>(source: AsyncIterator<C>, attempt: Attempt, saysMore = false): Promise<AsyncIterator<C>> {
  let hasSaid = false;
  const take = async () => {
    try {
      const step = await attempt.race(source.next());
      if (step.done && saysMore && !hasSaid) throw new SyntaxError('the provider began a stream and said nothing');
      hasSaid = true;
      if (step.done) attempt.end(attempt.meter.verdict());
      else attempt.meter.add(step.value);
      return step;
    } catch (error) {
      attempt.endBy(error);
      letGo(source, error);
      throw error;
    }
  };
  let first: IteratorResult<C> | null = await take();
  if (attempt.meter.error()) attempt.end(attempt.meter.error());
  return {
    next: async () => {
      const step = first ?? (await take());
      first = null;
      return step;
    },
    return: async (value) => {
      attempt.leave();
      letGo(source, value);
      return { done: true, value };
    },
  };
}

function letGo(source: AsyncIterator<unknown>, reason: unknown): void {
  source.return?.(reason).then(undefined, () => {});
}
