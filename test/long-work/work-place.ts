import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { BIN } from '../e2e/process.ts';
import { type EngineName, type Harness, PATIENCE_MS, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';

export const PATIENT = { timeout: PATIENCE_MS, interval: 100 };
export const KEY = 'sk-of-the-test';

/** An `/embeddings` address of OpenAI's protocol, which does what a test sets. */
export interface Embeddings {
  url: string;
  /** The texts of each request, as they came. */
  asked: { at: number; input: string[]; model: string; authorization: string }[];
  /** Answers by itself and says so, or leaves it to the default. */
  answer: (
    input: string[],
    respond: (status: number, body: unknown, headers?: Record<string, string>) => void,
  ) => boolean;
  close(): void;
}

export async function startEmbeddings(): Promise<Embeddings> {
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.method !== 'POST') return void response.writeHead(404).end();
    const { input, model } = JSON.parse(body) as { input: string[]; model: string };
    self.asked.push({ at: Date.now(), input, model, authorization: request.headers.authorization ?? '' });
    const respond = (status: number, answer: unknown, headers = {}) =>
      void response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(answer));
    if (self.answer(input, respond)) return;
    const data = input.map((text, index) => ({ object: 'embedding', index, embedding: [text.length, index / 64] }));
    respond(200, { object: 'list', data: data.toReversed(), model });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: Embeddings = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked: [],
    answer: () => false,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return self;
}

export interface Started {
  child: ChildProcess;
  sink: string;
  out: () => string;
  exit: Promise<number | null>;
}

export interface Line {
  item_id: string;
  subject: { type: string; id: string };
  vector: number[];
}

/** A server, an address for embeddings, and workers as processes of their own between them. */
export interface WorkPlace {
  harness: Harness;
  tenant: Tenant;
  embeddings: Embeddings;
  folder: string;
  start(name: string, options?: string[], env?: Record<string, string>): Started;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON the server sends.
  job(id: string): Promise<any>;
  ends(id: string, status: string): Promise<void>;
  close(): Promise<void>;
}

export async function openWorkPlace(engine: EngineName): Promise<WorkPlace> {
  const harness = await startHarness(engine);
  const tenant = await harness.org();
  const embeddings = await startEmbeddings();
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-worker-'));
  writeFileSync(join(folder, 'token'), `${tenant.token}\n`);
  const workers: Started[] = [];
  const job = async (id: string) => (await tenant.rest('GET', `${tenant.base}/jobs/${id}`)).body;
  return {
    harness,
    tenant,
    embeddings,
    folder,
    start(name, options = [], env = {}) {
      const sink = join(folder, `${name}.jsonl`);
      const place = ['--url', harness.url, '--token-file', join(folder, 'token'), '--sink', sink];
      const OPENAI_KEY = JSON.stringify({ api_key: KEY, base_url: embeddings.url });
      const child = spawn(process.execPath, [BIN, 'worker', ...place, ...options], {
        env: { ...process.env, OPENAI_KEY, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let out = '';
      for (const stream of [required(child.stdout), required(child.stderr)])
        stream.on('data', (chunk) => {
          out += chunk;
        });
      const exit = once(child, 'exit').then(([code]) => code as number | null);
      const started = { child, sink, out: () => out, exit };
      workers.push(started);
      return started;
    },
    job,
    ends: (id, status) => expect.poll(async () => (await job(id)).status, PATIENT).toBe(status),
    async close() {
      for (const { child } of workers) child.kill('SIGKILL');
      embeddings.close();
      await harness.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function stopped({ child, exit }: Started, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  child.kill(signal);
  return exit;
}

/** What a reader of a file of vectors takes: a line that a kill has torn is none. */
export function linesIn(text: string): Line[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
}

export const linesOf = ({ sink }: Started) => linesIn(readFileSync(sink, 'utf8'));

export async function startTexts(texts: Record<string, string>): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const text = texts[required(new URL(required(request.url), 'http://localhost').searchParams.get('id'))];
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => void server.close(),
  };
}
