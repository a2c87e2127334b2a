/**
 * A proxy that speaks OpenAI's protocol: any SDK pointed at it is governed by the org's policies, and fails over without knowing.
 *
 *   SWITCHYARD_URL=http://127.0.0.1:4000 PORT=8080 npx node --conditions=switchyard-source examples/proxy.ts
 *
 *   OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=<a token of Switchyard's> <any program>
 *
 * The key that an SDK sends is the caller's token of Switchyard, so each caller has its own rights. The workspace is the header `X-Workspace-Id`, or
 * WORKSPACE_ID. The model that is asked for is used where no policy matches. A reference `env:OPENAI_KEY` means: the key is in OPENAI_KEY, and the
 * provider's address in OPENAI_KEY_URL where it is not OpenAI's.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createSwitchyard, Refused, Rejected, type Route, type Switchyard } from 'switchyard/client';

const { SWITCHYARD_URL = 'http://127.0.0.1:4000', HOST = '127.0.0.1', PORT = '8080', WORKSPACE_ID = '' } = process.env;
const SILENCE_MS = Number(process.env.SILENCE_MS ?? 60_000);

/** One client for each token: what it waits for, and what it has yet to report, is its own. */
const clients = new Map<string, Switchyard>();

function clientOf(token: string): Switchyard {
  const known = clients.get(token);
  if (known) return known;
  const client = createSwitchyard({
    url: SWITCHYARD_URL,
    token,
    silenceMs: SILENCE_MS,
    attempts: 10,
    whenUnreachable: { use: 60_000 },
  });
  clients.set(token, client);
  return client;
}

interface Asked {
  model?: string;
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  max_tokens?: number;
  tools?: unknown[];
  messages?: unknown;
}

const ENDPOINTS: Record<string, string> = {
  '/v1/chat/completions': 'chat',
  '/v1/completions': 'completion',
  '/v1/responses': 'chat',
  '/v1/embeddings': 'embedding',
};
/** English takes about four letters a token; what was really used is reported afterwards. */
const LETTERS_PER_TOKEN = 4;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://proxy').pathname;
  const endpoint = ENDPOINTS[path];
  const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (request.method !== 'POST' || !endpoint) return refuse(response, 404, `no such address: ${path}`);
  if (!token) return refuse(response, 401, 'the key is a token of Switchyard’s');
  const body = (await json(request)) as Asked;
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the caller went away')));
  const context = {
    workspace_id: String(request.headers['x-workspace-id'] ?? WORKSPACE_ID),
    endpoint_type: endpoint,
    logical_model_id: body.model ?? null,
    requires_streaming: body.stream ?? null,
    requires_function_calling: body.tools ? true : null,
    estimated_input_tokens: Math.ceil(JSON.stringify(body.messages ?? '').length / LETTERS_PER_TOKEN),
    estimated_output_tokens: body.max_tokens ?? 0,
  };
  const call = (route: Route) => forward(path, body, route);
  const answered = await clientOf(token).route(context, call, { signal: gone.signal });
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  if (answered.body) await pipeline(Readable.fromWeb(answered.body as never), response);
  else response.end();
}

function forward(path: string, body: Asked, { credentialsRef, upstreamModel, signal }: Route): Promise<Response> {
  const name = credentialsRef?.replace(/^env:/, '') ?? '';
  const base = process.env[`${name}_URL`] ?? 'https://api.openai.com/v1';
  // Without it a stream would not say what it has used.
  const counted = body.stream && path === '/v1/chat/completions' ? { stream_options: { include_usage: true } } : {};
  return fetch(base + path.replace(/^\/v1/, ''), {
    method: 'POST',
    headers: { Authorization: `Bearer ${process.env[name] ?? ''}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...body, ...counted, model: upstreamModel }),
    signal,
  });
}

function refuse(response: ServerResponse, status: number, message: string, retryAfter?: number | null): void {
  if (response.headersSent) return void response.destroy();
  const headers = { 'Content-Type': 'application/json', ...(retryAfter ? { 'Retry-After': String(retryAfter) } : {}) };
  response.writeHead(status, headers).end(JSON.stringify({ error: { message, type: 'switchyard', code: null } }));
}

function fail(response: ServerResponse, error: unknown): void {
  if (error instanceof Refused) {
    const { code, retry_after } = error.refusal;
    return refuse(
      response,
      /RATE|QUOTA|CONCURRENCY/.test(code) ? 429 : /CIRCUIT|UNAVAILABLE/.test(code) ? 503 : 403,
      code,
      retry_after,
    );
  }
  if (error instanceof Rejected) return refuse(response, error.status, error.message);
  if (error instanceof SyntaxError) return refuse(response, 400, 'the body is not JSON');
  refuse(response, 502, (error as Error).message);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => fail(response, error));
});
server.listen(Number(PORT), HOST, () => {
  process.stdout.write(`http://${HOST}:${(server.address() as { port: number }).port}/v1\n`);
});
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () =>
    server.close(async () => {
      await Promise.all([...clients.values()].map((client) => client.flush()));
      process.exit(0);
    }),
  );
