import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { required } from '../required.ts';

/** What a provider does with one request. */
export type Behaviour =
  | 'ok'
  | 'error'
  | 'busy'
  | 'overloaded'
  | 'hang'
  | 'half'
  | 'cut'
  | 'empty'
  | 'filtered'
  | 'wrong';

export const FAILING: readonly Behaviour[] = ['error', 'busy', 'overloaded', 'half', 'cut', 'empty'];

export interface Provider {
  url: string;
  /** What the following requests meet, the last one for ever. */
  behave(...behaviours: Behaviour[]): void;
  /** What was asked, in order. */
  requests: { key: string | null; body: { model: string; stream?: boolean } }[];
  /** How many of its answers are under way. */
  open(): number;
  close(): Promise<void>;
}

const USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
const WORDS = ['Hello', ', ', 'world'];

/** A provider of the test's own that speaks OpenAI's protocol. */
export async function startProvider(): Promise<Provider> {
  const requests: Provider['requests'] = [];
  let script: Behaviour[] = ['ok'];
  let open = 0;
  const server = createServer(async (request, response) => {
    open += 1;
    response.once('close', () => {
      open -= 1;
    });
    const body = (await json(request)) as { model: string; stream?: boolean };
    requests.push({ key: keyOf(request), body });
    const behaviour = script.length > 1 ? required(script.shift()) : required(script[0]);
    answer(behaviour, body, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    open: () => open,
    behave: (...behaviours) => {
      script = behaviours;
    },
    close: () => stop(server),
  };
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

function keyOf({ headers }: IncomingMessage): string | null {
  return headers.authorization?.replace('Bearer ', '') ?? null;
}

const FAILURES: Partial<Record<Behaviour, [number, object, Record<string, string>?]>> = {
  error: [500, { error: { message: 'it broke', type: 'server_error' } }],
  busy: [429, { error: { message: 'slow down', code: 'rate_limit_exceeded' } }, { 'Retry-After': '1' }],
  overloaded: [503, { error: { message: 'overloaded' } }],
  filtered: [400, { error: { message: 'no', code: 'content_filter' } }],
  wrong: [400, { error: { message: 'what?', type: 'invalid_request_error' } }],
};

function answer(
  behaviour: Behaviour,
  { model, stream }: { model: string; stream?: boolean },
  response: ServerResponse,
) {
  const failure = FAILURES[behaviour];
  if (failure) {
    const [status, body, headers] = failure;
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
  } else if (stream) answerStream(behaviour, model, response);
  else answerWhole(behaviour, model, response);
}

function answerWhole(behaviour: Behaviour, model: string, response: ServerResponse): void {
  if (behaviour === 'hang') return;
  const message = { role: 'assistant', content: WORDS.join('') };
  const text = JSON.stringify({
    ...{ id: 'c', object: 'chat.completion', created: 1, model },
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage: USAGE,
  });
  response.writeHead(200, { 'Content-Type': 'application/json' });
  if (behaviour === 'ok') response.end(text);
  else if (behaviour === 'cut') response.write(text.slice(0, 40), () => response.destroy());
  else response.end(behaviour === 'half' ? text.slice(0, 40) : '');
}

function answerStream(behaviour: Behaviour, model: string, response: ServerResponse): void {
  const chunk = (delta: object, finish_reason: string | null, usage?: object) =>
    `data: ${JSON.stringify({
      ...{ id: 'c', object: 'chat.completion.chunk', created: 1, model },
      choices: usage ? [] : [{ index: 0, delta, finish_reason }],
      ...(usage ? { usage } : {}),
    })}\n\n`;
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.flushHeaders();
  if (behaviour === 'empty') return void response.end();
  // A provider that is cut off at once, before anything that a caller could have seen.
  if (behaviour === 'cut') return void setImmediate(() => response.destroy());
  const [first, ...rest] = WORDS;
  response.write(chunk({ role: 'assistant', content: first }, null));
  if (behaviour === 'hang') return;
  if (behaviour === 'half') return void response.end();
  for (const content of rest) response.write(chunk({ content }, null));
  response.write(chunk({}, 'stop'));
  response.write(chunk({}, null, USAGE));
  response.end('data: [DONE]\n\n');
}
