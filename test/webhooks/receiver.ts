import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { required } from '../required.ts';

export interface Received {
  path: string;
  id: string;
  headers: Record<string, string>;
  raw: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON was sent.
  event: any;
}

/** What a receiver answers: a status, with headers or not; `hang`: nothing. */
export type Behave = (received: Received, nth: number) => number | [number, Record<string, string>] | 'hang';

export interface Receiver {
  url: string;
  /** Every call, in the order in which they came. */
  received: Received[];
  behave: Behave;
  close(): Promise<void>;
}

/** A receiver on this machine, for as many webhooks as there are paths. */
export async function startReceiver(): Promise<Receiver> {
  const server: Server = createServer(async (req, res) => {
    const one = await read(req);
    receiver.received.push(one);
    const answer = receiver.behave(one, receiver.received.length);
    if (answer === 'hang') return;
    const [status, headers] = Array.isArray(answer) ? answer : [answer, {}];
    res.writeHead(status, headers).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    behave: () => 204,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

async function read(req: IncomingMessage): Promise<Received> {
  let raw = '';
  for await (const chunk of req.setEncoding('utf8')) raw += chunk;
  const headers = req.headers as Record<string, string>;
  return { path: required(req.url), id: required(headers['webhook-id']), headers, raw, event: JSON.parse(raw) };
}

/** As a receiver that uses the library of Standard Webhooks: throws where the signature is not by the secret. */
export function verified(secret: string, { raw, headers }: Received): unknown {
  return new Webhook(secret).verify(raw, headers);
}
