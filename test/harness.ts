import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient, ObjectId } from 'mongodb';
import { pino } from 'pino';
import { describe } from 'vitest';
import { collections } from '../src/catalog/collections.ts';
import { createHttpServer } from '../src/http/server.ts';
import { type AppConfig, createApp } from '../src/process/app.ts';
import { createLocalProvisioner } from '../src/process/buckets/folder.ts';
import { federation } from '../src/process/federation.ts';
import { observe } from '../src/process/observe/observe.ts';
import { createOrg } from '../src/process/operator/orgs.ts';
import { type Runner, startRunner } from '../src/process/runner/runner.ts';
import type { Config } from '../src/process/setup/config.ts';
import type { OtlpConfig } from '../src/process/setup/otlp.ts';
import type { Deps } from '../src/resource/context.ts';
import { openMongo } from '../src/store/mongodb/open.ts';
import { openSqlite } from '../src/store/sqlite/engine.ts';
import type { Key, Store } from '../src/store/store.ts';
import { createBell } from '../src/words/bell.ts';
import { createIds } from '../src/words/ids.ts';
import { required } from './required.ts';
import { shard } from './sharded.ts';

/** How long a test waits for what has to come, however busy the machine is: only what never comes takes so long. */
export const PATIENCE_MS = 300_000;

/** What a request may take where a test does not say: far more than the product's own, as the machine may be busy. */
const REQUEST_MS = 120_000;

export type EngineName = 'sqlite' | 'mongodb';

/** `npm test` says where a MongoDB-compatible server is; without one its half of the tests is skipped, and counted. */
export const MONGODB_URI = process.env.MONGODB_TEST_URI;

/** `describe` for each engine, the one that this machine lacks skipped. */
export function describeEngines(title: string, body: (engine: EngineName) => void): void {
  describe(`${title} on sqlite`, () => body('sqlite'));
  describe.skipIf(!MONGODB_URI)(`${title} on mongodb`, () => body('mongodb'));
}

export interface Opened {
  store: Store;
  /** The file, or the server's address. */
  place: string;
  /** Changes a stored document behind the engine's back, as another program would have stored it. */
  rewrite: Rewrite;
  /** The same database opened once more, as another process would. */
  again(): Promise<Opened>;
  close(): Promise<void>;
}

type Stored = Record<string, unknown>;
export type Rewrite = (collection: string, key: Key, change: (doc: Stored) => Stored) => Promise<void>;

/** A fresh, empty database of one engine. */
export async function openEngine(
  engine: EngineName,
  now: () => string = () => new Date().toISOString(),
  appName = 'switchyard',
  /** The way to MongoDB, where it is another one. */
  through: (uri: string) => string = (uri) => uri,
): Promise<Opened> {
  return engine === 'mongodb' ? openTestMongo(now, through(freshMongoUri(appName))) : openTestSqlite(now);
}

function openTestSqlite(now: () => string): Opened {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-test-'));
  const file = join(folder, 'switchyard.db');
  const open = () => openSqlite({ file, collections, now });
  return asOpened(open(), async () => open(), {
    place: file,
    async rewrite(collection, { orgId, id }, change) {
      const db = new DatabaseSync(file);
      const row = db.prepare(`SELECT doc FROM ${collection} WHERE org = ? AND id = ?`).get(orgId, id);
      const doc = JSON.stringify(change(JSON.parse(required(row).doc as string)));
      db.prepare(`UPDATE ${collection} SET doc = ? WHERE org = ? AND id = ?`).run(doc, orgId, id);
      db.close();
    },
    async remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  });
}

function asOpened(
  store: Store,
  open: () => Promise<Store>,
  { place, rewrite, remove }: { place: string; rewrite: Rewrite; remove(): Promise<void> },
): Opened {
  return {
    store,
    place,
    rewrite,
    again: async () => asOpened(await open(), open, { place, rewrite, remove: async () => {} }),
    async close() {
      await store.close();
      await remove();
    },
  };
}

/** The server's address with a database name of its own. */
export function freshMongoUri(appName = 'switchyard'): string {
  const uri = new URL(required(MONGODB_URI));
  uri.pathname = `/t_${crypto.randomUUID().slice(0, 8)}`;
  uri.searchParams.set('appName', appName);
  return uri.toString();
}

async function openTestMongo(now: () => string, uri: string): Promise<Opened> {
  // As a request of the harness: a busy server must not fail what a test only prepares.
  const open = () => openMongo({ uri, collections, now, patienceMs: REQUEST_MS });
  const store = await open();
  if (process.env.MONGODB_TEST_SHARDED) await shard(uri);
  return asOpened(store, open, {
    place: uri,
    async rewrite(name, { orgId, id }, change) {
      const client = new MongoClient(uri);
      const collection = client.db().collection<{ _id: string; doc: Stored }>(name);
      const row = await collection.findOne({ _id: `${orgId}/${id}` });
      await collection.updateOne({ _id: `${orgId}/${id}` }, { $set: { doc: change(required(row).doc) } });
      // As every program says of what it has changed.
      const told = { $set: { stamped: { rest: new ObjectId() } } };
      await client
        .db()
        .collection<{ _id: string }>('numberings')
        .updateOne({ _id: `${orgId}/feed` }, told);
      await client.close();
    },
    async remove() {
      const client = new MongoClient(uri);
      await client.db().dropDatabase();
      await client.close();
    },
  });
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON the server sends.
  body: any;
  text: string;
}

export interface Client {
  token: string;
  rest(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  graphql(query: string, variables?: Record<string, unknown>, headers?: Record<string, string>): Promise<Answer>;
}

export interface Harness {
  engine: EngineName;
  deps: Deps;
  url: string;
  rewrite: Rewrite;
  /** Milliseconds added to the wall clock; where these grow, to what has elapsed, which never goes back. */
  clock: { offsetMs: number };
  runner: Runner;
  /** What has been logged, line by line. */
  logs: string[];
  org(name?: string): Promise<Tenant>;
  client(token: string): Client;
  /** Another server on the same database. */
  again(deps?: Partial<Deps>): Promise<Harness>;
  close(): Promise<void>;
}

export interface Tenant extends Client {
  orgId: string;
  memberId: string;
  /** `/v1/orgs/{org_id}` */
  base: string;
  /** A token with another role (or other fields). */
  as(fields: Record<string, unknown>): Promise<Client & { tokenId: string }>;
}

function createClock() {
  let offsetMs = 0;
  let elapsedMs = 0;
  return {
    get elapsedMs() {
      return elapsedMs;
    },
    get offsetMs() {
      return offsetMs;
    },
    set offsetMs(ms: number) {
      elapsedMs += Math.max(0, ms - offsetMs);
      offsetMs = ms;
    },
  };
}

/** The real app behind a real port, on a fresh database. */
export async function startHarness(
  engine: EngineName = 'sqlite',
  config: Partial<AppConfig> &
    Partial<OtlpConfig> &
    Partial<Pick<Config, 'METRICS' | 'OIDC_ISSUER' | 'OIDC_AUDIENCE' | 'OIDC_ORG_CLAIM' | 'OIDC_ROLE_CLAIM'>> & {
      deps?: Partial<Deps>;
      appName?: string;
      opened?: Opened;
    } = {},
): Promise<Harness> {
  const clock = createClock();
  const now = () => Date.now() + clock.offsetMs;
  const opened = config.opened ?? (await openEngine(engine, () => new Date(now()).toISOString(), config.appName));
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-buckets-'));
  const logs: string[] = [];
  const unobserved: Deps = {
    store: opened.store,
    now,
    elapsed: () => performance.now() + clock.elapsedMs,
    ids: createIds(now),
    random: Math.random,
    randomBytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
    log: pino({ level: 'debug' }, { write: (line: string) => void logs.push(line) }),
    provisioner: createLocalProvisioner(folder),
    env: (name) => process.env[name],
    allowPrivateAddresses: false,
    wake: () => {},
    bell: createBell(),
    ...config.deps,
  };
  const { deps, observer } = await observe(unobserved, { ...config, METRICS: config.METRICS ?? false });
  // A busy machine must not turn answers into 503s; tests of the deadline set their own.
  const app = createApp(
    deps,
    { RATE_LIMIT_PER_MINUTE: 0, CORS_ORIGINS: '', requestMs: REQUEST_MS, ...config },
    { observer, federated: await federation(deps, config) },
  );
  const server = createHttpServer(app);
  // Nor may it close connections whose answers are late: the real limits are tried on real processes.
  server.timeout = 0;
  server.on('connection', (socket) => socket.setTimeout(0));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const runner = startRunner(deps);
  deps.wake = () => runner.wake();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = (token: string) => createClient(url, token);
  return {
    engine,
    deps,
    rewrite: opened.rewrite,
    url,
    clock,
    runner,
    logs,
    client,
    again: async (deps = {}) =>
      startHarness(engine, { ...config, deps: { ...config.deps, ...deps }, opened: await opened.again() }),
    org: async (name = 'Acme') => tenantOf(client, await createOrg(deps, name)),
    async close() {
      await stop(server);
      await runner.stop();
      await opened.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

export function createClient(url: string, token: string): Client {
  const send = async (
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<Answer> => {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : raw ? (body as string) : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson(response) && text ? JSON.parse(text) : null,
    };
  };
  return {
    token,
    rest: (method, path, body, headers = {}) => send(method, path, body, headers),
    graphql: (query, variables, headers = {}) => send('POST', '/graphql', { query, variables }, headers),
  };
}

/** What a busy machine refused is asked for again, under one key where it may have happened. */
export async function persist(send: () => Promise<Answer>): Promise<Answer> {
  for (let pause = 100; ; pause = Math.min(2_000, pause * 2)) {
    const answer = await send();
    if (answer.status !== 503) return answer;
    await sleep(Math.random() * pause);
  }
}

/** What this process has worked, whatever else the machine does: milliseconds. */
export function workedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function isJson(response: Response): boolean {
  return /json/.test(response.headers.get('content-type') ?? '');
}

function tenantOf(
  client: (token: string) => Client,
  { orgId, memberId, token }: { orgId: string; memberId: string; token: string },
): Tenant {
  const admin = client(token);
  const base = `/v1/orgs/${orgId}`;
  return {
    ...admin,
    orgId,
    memberId,
    base,
    async as(fields) {
      const made = await admin.rest('POST', `${base}/tokens`, { name: 'test', ...fields });
      if (made.status !== 201) throw new Error(`cannot make a token: ${made.text}`);
      return { ...client(made.body.token), tokenId: made.body.token_id };
    },
  };
}
