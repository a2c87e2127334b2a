import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { required } from '../required.ts';

/** One address before servers that come and go, which notes what became of each report. */
export interface Front {
  url: string;
  /** Those that are up. */
  servers: string[];
  /** By item: the leases under which it was accepted as done. */
  done: Map<string, Set<string>>;
  stale(): number;
  /** Requests that nobody answered. */
  refused(): number;
  close(): void;
}

const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host'];

export async function startFront(): Promise<Front> {
  const servers: string[] = [];
  const done = new Map<string, Set<string>>();
  let stale = 0;
  let refused = 0;

  function note(request: string, answer: string): void {
    const { results: asked } = JSON.parse(request) as { results: { lease: string; status: string }[] };
    const { results } = JSON.parse(answer) as { results: { item_id: string; accepted: boolean; reason: string }[] };
    for (const [at, { item_id, accepted, reason }] of results.entries()) {
      if (reason === 'stale') stale += 1;
      const { lease, status } = required(asked[at]);
      if (accepted && status === 'done') done.set(item_id, (done.get(item_id) ?? new Set()).add(lease));
    }
  }

  const server = createServer(async (request, response) => {
    // Whoever has gone waits for nothing there either.
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const body = await textOf(request);
    try {
      const to = servers[Math.floor(Math.random() * servers.length)];
      if (to === undefined) throw new Error('nobody is up');
      const answer = await fetch(to + request.url, {
        method: request.method,
        headers: headersOf(request),
        body: body === '' ? undefined : body,
        signal: gone.signal,
      });
      const text = await answer.text();
      if (answer.status === 200 && required(request.url).endsWith('/work-items/report')) note(body, text);
      const type = answer.headers.get('content-type');
      response.writeHead(answer.status, type === null ? {} : { 'Content-Type': type }).end(text);
    } catch {
      refused += 1;
      // Killed in the midst of it, perhaps behind its commit: nobody can tell.
      response.writeHead(503, { 'Retry-After': '0.1' }).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    servers,
    done,
    stale: () => stale,
    refused: () => refused,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

function headersOf({ headers }: IncomingMessage): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    HOP_BY_HOP.includes(name) || typeof value !== 'string' ? [] : [[name, value] as [string, string]],
  );
}
