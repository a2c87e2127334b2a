import { EventSource } from 'eventsource';
import { createClient } from 'graphql-sse';
import { vi } from 'vitest';
import { type Client, PATIENCE_MS } from '../harness.ts';

/** What a reader of a stream has been given so far. */
export interface Following {
  ids: string[];
  events: Record<string, unknown>[];
  errors: { code?: string; status?: number }[];
  close(): void;
}

export const until = (holds: () => void | Promise<void>) => vi.waitFor(holds, { timeout: PATIENCE_MS });

/** By REST, with the client that browsers have; answers once the stream is open. */
export async function byRest(url: string, { token }: Client, path: string, lastEventId?: string): Promise<Following> {
  const following: Following = { ids: [], events: [], errors: [], close: () => source.close() };
  const source = new EventSource(url + path, {
    fetch: (input, init) =>
      fetch(input, {
        ...init,
        headers: {
          ...init.headers,
          Authorization: `Bearer ${token}`,
          ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
        },
      }),
  });
  source.onmessage = ({ lastEventId: id, data }) => {
    following.ids.push(id);
    following.events.push(JSON.parse(data));
  };
  const opened = Promise.withResolvers<void>();
  source.onopen = () => opened.resolve();
  source.addEventListener('error', (error) => {
    const { data } = error as unknown as { data?: string };
    following.errors.push(data === undefined ? { status: error.code } : { code: JSON.parse(data).error });
    // What it comes back for is another stream.
    source.close();
    opened.resolve();
  });
  await opened.promise;
  return following;
}

/** By the graph, with the client of the protocol's authors; answers once the stream is open. */
export async function byGraph(
  url: string,
  { token }: Client,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Following> {
  const opened = Promise.withResolvers<void>();
  const client = createClient({
    url: `${url}/graphql`,
    headers: { Authorization: `Bearer ${token}` },
    retryAttempts: 0,
    fetchFn: (async (...args: Parameters<typeof fetch>) => {
      const response = await fetch(...args);
      opened.resolve();
      return response;
    }) as never,
  });
  const following: Following = { ids: [], events: [], errors: [], close: () => stop() };
  const stop = client.subscribe<Record<string, Record<string, unknown>>>(
    { query, variables },
    {
      next({ data, errors }) {
        for (const told of Object.values(data ?? {})) {
          following.events.push(told);
          following.ids.push(String(told.eventId ?? told.cursor));
        }
        if (errors) following.errors.push(...errors.map(({ extensions }) => ({ code: String(extensions?.code) })));
      },
      error: (error) => void following.errors.push({ status: (error as { response?: Response }).response?.status }),
      complete: () => {},
    },
  );
  await opened.promise;
  return following;
}
